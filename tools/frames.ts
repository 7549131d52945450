import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

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

/**
 * Pipecat's frames as TypeScript, from the `.proto` file: static code, of which the runtime is only a reader and a writer.
 * Needs `protoc` (Debian: `apt-get install protobuf-compiler`), and only when the `.proto` file changes.
 */
async function generate(): Promise<string> {
  const out = await mkdtemp(join(tmpdir(), "rtvi-frames-"));
  try {
    const plugin = `protoc-gen-ts_proto=${resolve("node_modules/.bin/protoc-gen-ts_proto")}`;
    const options = [`--ts_proto_out=${out}`, `--ts_proto_opt=${OPTIONS.join(",")}`];
    await protoc([`--plugin=${plugin}`, ...options, `--proto_path=${FOLDER}`, "frames.proto"]);
    return await readFile(join(out, "frames.ts"), "utf8");
  } finally {
    await rm(out, { recursive: true });
  }
}

function protoc(args: readonly string[]): Promise<void> {
  const child = spawn("protoc", args, { stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((settle, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? settle() : reject(new Error(`protoc ended with code ${String(code)}`))));
  });
}

await writeFile(GENERATED, await generate());
process.stdout.write(`${GENERATED}\n`);
