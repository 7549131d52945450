import { spawnSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { CodeBlock } from "./markdown.js";

/** Languages that are compiled; `js` as TypeScript too, which shows what a name is. */
const EXTENSIONS: Readonly<Record<string, string>> = { ts: "ts", tsx: "tsx", js: "ts" };
/** Inside the tree, or packages would not be found. */
const WORK = "test-output/documents";

/**
 * Compiles the TypeScript of the pages under `strict`, each block as a module of its own, against the sources of this library.
 * @returns one line per mistake, with the page and line that it is on.
 */
export async function compileBlocks(blocks: readonly CodeBlock[]): Promise<readonly string[]> {
  await rm(WORK, { recursive: true, force: true });
  await mkdir(WORK, { recursive: true });
  const files = new Map<string, CodeBlock>();
  for (const block of blocks) {
    const extension = EXTENSIONS[block.language];
    if (extension === undefined) continue;
    const name = `${block.page.replace(/\W+/g, "-")}-${String(block.line)}.${extension}`;
    await writeFile(`${WORK}/${name}`, block.code);
    files.set(name, block);
  }
  await writeFile(`${WORK}/tsconfig.json`, JSON.stringify(config([...files.keys()])));
  const compiler = resolve("node_modules/typescript-7/bin/tsc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, "--pretty", "false", "-p", "."], {
    cwd: WORK,
    encoding: "utf8",
  });
  const mistakes = stdout.split("\n").flatMap((line) => describe(line, files));
  return status === 0 || mistakes.length > 0 ? mistakes : [`The compiler failed: ${stdout}${stderr}`];
}

/** As the project's own, but for what is told here: a page says neither whether an option may be undefined nor how it is transpiled. */
const config = (names: readonly string[]): object => ({
  extends: "../../tsconfig.json",
  compilerOptions: {
    moduleDetection: "force",
    exactOptionalPropertyTypes: false,
    noUncheckedIndexedAccess: false,
    noImplicitReturns: false,
    verbatimModuleSyntax: false,
    isolatedModules: false,
  },
  // What a page's code leaves out: names of the app around it.
  files: [resolve("tools/documents/around.d.ts"), ...names],
  include: [],
});

function describe(line: string, files: ReadonlyMap<string, CodeBlock>): string[] {
  const { name, row, message } = /^(?<name>[^(]+)\((?<row>\d+),\d+\): error (?<message>.*)$/.exec(line)?.groups ?? {};
  if (message === undefined) return line.startsWith("error ") ? [line] : [];
  const block = files.get(name ?? "");
  return [
    `${block === undefined ? String(name) : `${block.page}:${String(block.line + Number(row) - 1)}`}: ${message}`,
  ];
}
