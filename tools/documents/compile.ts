import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import ts from "typescript";
import type { CodeBlock } from "./markdown.js";

/** Languages that are compiled; `js` as TypeScript too, which shows what a name is. */
const EXTENSIONS: Readonly<Record<string, string>> = { ts: "ts", tsx: "tsx", js: "ts" };
/** Inside the tree, or packages would not be found. */
const WORK = "test-output/documents";

/** What a page's code leaves out: names of the app around it. */
const AROUND = resolve("tools/documents/around.d.ts");

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  jsx: ts.JsxEmit.ReactJSX,
  lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: ["node", "vite/client"],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
};

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
    const path = resolve(WORK, `${block.page.replace(/\W+/g, "-")}-${String(block.line)}.${extension}`);
    await writeFile(path, block.code);
    files.set(path, block);
  }
  const { paths } = configOf("tsconfig.json").options;
  const program = ts.createProgram([AROUND, ...files.keys()], { ...OPTIONS, paths: paths ?? {} });
  return ts.getPreEmitDiagnostics(program).flatMap((diagnostic) => describe(diagnostic, files));
}

function configOf(path: string): ts.ParsedCommandLine {
  const { config } = ts.readConfigFile(path, (file) => ts.sys.readFile(file)) as { config: unknown };
  return ts.parseJsonConfigFileContent(config, ts.sys, resolve("."));
}

function describe({ file, start, messageText }: ts.Diagnostic, files: ReadonlyMap<string, CodeBlock>): string[] {
  const text = ts.flattenDiagnosticMessageText(messageText, " ");
  if (file === undefined || start === undefined) return [text];
  const block = files.get(resolve(file.fileName));
  const { line } = file.getLineAndCharacterOfPosition(start);
  const place = block ? `${block.page}:${String(block.line + line)}` : relative(".", join(file.fileName));
  return [`${place}: ${text}`];
}
