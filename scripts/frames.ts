import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const FOLDER = "src/codec/pipecat";
const GENERATED = `${FOLDER}/frames.ts`;
const OPTIONS = [
  "oneof=unions-value",
  "forceLong=bigint",
  "outputJsonMethods=false",
  "outputPartialMethods=false",
  "outputServices=none",
  "importSuffix=.js",
  "exportCommonSymbols=false",
  "useReadonlyTypes=true",
  "env=browser",
];

/** Pipecat's frames as TypeScript, from the `.proto` file: static code, of which the runtime is only a reader and a writer. */
async function generate(): Promise<string> {
  const out = await mkdtemp(join(tmpdir(), "rtvi-frames-"));
  try {
    const template = { version: "v2", plugins: [{ local: "protoc-gen-ts_proto", out, opt: OPTIONS }] };
    await buf(["generate", FOLDER, "--template", JSON.stringify(template)]);
    return await readFile(join(out, "frames.ts"), "utf8");
  } finally {
    await rm(out, { recursive: true });
  }
}

function buf(args: readonly string[]): Promise<void> {
  const PATH = `${resolve("node_modules/.bin")}${delimiter}${process.env.PATH ?? ""}`;
  const child = spawn("buf", args, { env: { ...process.env, PATH }, stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((settle, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? settle() : reject(new Error(`buf ended with code ${String(code)}`))));
  });
}

const wanted = await generate();
const present = await readFile(GENERATED, "utf8").catch(() => "");
if (wanted !== present && process.argv.includes("--check")) {
  process.stderr.write(`${GENERATED} is stale: run \`npm run frames\` and commit it.\n`);
  process.exitCode = 1;
} else if (wanted !== present) {
  await writeFile(GENERATED, wanted);
  process.stdout.write(`${GENERATED}\n`);
}
