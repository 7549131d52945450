import { execFileSync } from "node:child_process";
import { defineConfig } from "tsup";
import { minifyCommonJs } from "./tools/package/minify-common-js.js";
import { writeWorkletFiles } from "./tools/worklets.js";

const ENTRIES = [
  "index",
  "providers/openai/index",
  "providers/pipecat/index",
  "providers/gemini/index",
  "compat/thrive/index",
  "services/index",
  "dialogue/index",
  "inspect/index",
  "testing/index",
];

const entriesIn = (folder: string, end: string): Record<string, string> =>
  Object.fromEntries(ENTRIES.map((entry) => [entry, `${folder}/${entry}${end}`]));

export default defineConfig(() => {
  // Written by the compiler in Go and only bundled by tsup, whose own way takes ten times as long.
  execFileSync(process.execPath, ["node_modules/typescript-7/bin/tsc", "-p", "src/tsconfig.declarations.json"], {
    stdio: "inherit",
  });
  return {
    entry: entriesIn("src", ".ts"),
    format: ["esm", "cjs"],
    target: "es2022",
    // One build with shared chunks, or an error thrown by one entry would not be an instance of the class in another.
    splitting: true,
    // Rollup then writes the CommonJS chunks; without it tsup uses Sucrase, which lowers class fields and loses class names.
    treeshake: true,
    // Without maps: they were three times the code, and the code is readable as it is.
    sourcemap: false,
    clean: true,
    tsconfig: "src/tsconfig.json",
    dts: {
      entry: entriesIn("dist-types/src", ".d.ts"),
      // tsup sets `baseUrl`, which TypeScript 6 calls deprecated.
      compilerOptions: { ignoreDeprecations: "6.0", types: ["node"] },
    },
    onSuccess: async () => {
      await writeWorkletFiles("dist/worklets");
      await minifyCommonJs("dist");
    },
  };
});
