import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const SOURCES = "src/media/worklets";
const GENERATED = `${SOURCES}/generated.ts`;
const SUFFIX = ".worklet.ts";

interface Worklet {
  /** `capture` for `capture.worklet.ts`. */
  readonly name: string;
  /** One self-contained script. */
  readonly code: string;
}

async function bundleWorklets(): Promise<readonly Worklet[]> {
  const files = (await readdir(SOURCES)).filter((file) => file.endsWith(SUFFIX)).sort();
  return Promise.all(
    files.map(async (file) => {
      const result = await build({
        entryPoints: [join(SOURCES, file)],
        bundle: true,
        minify: true,
        format: "iife",
        target: "es2022",
        legalComments: "none",
        write: false,
        // The nearest one is for the type checker; its settings must not change the output.
        tsconfigRaw: {},
      });
      return { name: basename(file, SUFFIX), code: result.outputFiles.map((output) => output.text.trim()).join("") };
    }),
  );
}

const constantOf = (name: string): string =>
  `${name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}WorkletSource`;

const moduleOf = (worklets: readonly Worklet[]): string =>
  [
    "// Made by `npm run worklets` from the *.worklet.ts files beside it; do not edit.",
    "",
    ...worklets.map(({ name, code }) => `export const ${constantOf(name)} =\n  ${JSON.stringify(code)};`),
    "",
  ].join("\n");

/** Writes each worklet as a file of its own, for pages whose CSP forbids `blob:`. */
export async function writeWorkletFiles(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, code } of await bundleWorklets()) await writeFile(join(folder, `${name}.js`), `${code}\n`);
}

async function main(): Promise<void> {
  const wanted = moduleOf(await bundleWorklets());
  const present = await readFile(GENERATED, "utf8").catch(() => "");
  if (wanted === present) return;
  if (process.argv.includes("--check")) {
    process.stderr.write(`${GENERATED} is stale: run \`npm run worklets\` and commit it.\n`);
    process.exitCode = 1;
    return;
  }
  await writeFile(GENERATED, wanted);
  process.stdout.write(`${GENERATED}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
