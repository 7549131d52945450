/**
 * `npm run readme`: writes the sizes into README's table. With `--check` nothing is written: sizes and browsers must be those of the
 * build, which has to be there.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const README = "README.md";
const CLIENT = "@pipecat-ai/client-js";

/** What is younger than one of the browsers that README names, as written in code, and in which versions it came. */
const YOUNGER: Readonly<Record<string, RegExp>> = {
  "URL.canParse": /\bURL\.canParse\b/,
  "URL.parse": /\bURL\.parse\b/,
  "AbortSignal.any": /\bAbortSignal\.any\b/,
  "Promise.withResolvers": /\bwithResolvers\b/,
  "Object.groupBy": /\b(Object|Map)\.groupBy\b/,
  "Array.fromAsync": /\bArray\.fromAsync\b/,
  "copying array methods": /\.(toSorted|toReversed|toSpliced)\(/,
  "set methods": /\.(isSubsetOf|isSupersetOf|symmetricDifference|isDisjointFrom)\(/,
};

/** gzip -9 of everything that a module exports, minified, without client-js. */
async function gzipped(module: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from ${JSON.stringify(module)}`, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: [CLIENT],
    logLevel: "silent",
  });
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length;
}

const kilobytes = async (module: string): Promise<string> => `${String(Math.round((await gzipped(module)) / 1000))} kB`;

/** README with today's sizes in the rows of its table: what is imported, instead, class, gzip theirs, gzip ours. */
async function withSizes(readme: string): Promise<string> {
  const lines = readme.split("\n");
  for (const [index, line] of lines.entries()) {
    const row = /^(\| .*`(rtvi-machine[/\w]*)` +\|[^|]+\|)( +\S+(?: kB)? \|)( +\S+(?: kB)? \|)$/.exec(line);
    if (!row) continue;
    const [, head = "", ours = "", their = "", our = ""] = row;
    const theirs = /`(@pipecat-ai\/[\w-]+)`/.exec(head)?.[1];
    const cell = (size: string, { length }: string): string => `${size} |`.padStart(length);
    const left = theirs === undefined || their.includes("–") ? their : cell(await kilobytes(theirs), their);
    lines[index] = head + left + cell(await kilobytes(ours), our);
  }
  return lines.join("\n");
}

/** Why the built files do not run in the browsers that README names. */
async function tooYoung(readme: string): Promise<readonly string[]> {
  const named = /Chrome and Edge (\d+), Firefox (\d+) and Safari ([\d.]+)/.exec(readme);
  if (!named) return ["README names no browsers."];
  const [, chrome = "", firefox = "", safari = ""] = named;
  const target = [`chrome${chrome}`, `edge${chrome}`, `firefox${firefox}`, `safari${safari}`];
  const files = (await readdir("dist", { recursive: true })).filter((file) => /\.c?js$/.test(file));
  if (files.length === 0) return ["There is no build: npm run build"];
  const problems: string[] = [];
  for (const file of files) {
    const code = await readFile(join("dist", file), "utf8");
    const [today, there] = await Promise.all([transform(code, { target: "esnext" }), transform(code, { target })]);
    if (today.code !== there.code) problems.push(`dist/${file} has syntax that ${target.join(", ")} do not have.`);
    for (const [name, pattern] of Object.entries(YOUNGER)) {
      if (pattern.test(code)) problems.push(`dist/${file} uses ${name}, which is younger than ${target.join(", ")}.`);
    }
  }
  return problems;
}

const readme = await readFile(README, "utf8");
const current = await withSizes(readme);
if (process.argv.includes("--check")) {
  const problems = [...(await tooYoung(readme))];
  if (current !== readme)
    problems.push("README's sizes are not those of the build: run `npm run readme` and commit it.");
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} else {
  await writeFile(README, current);
}
