import { defineConfig } from "tsup";
import { minifyCommonJs } from "./tools/package/minify-common-js.js";
import { writeWorkletFiles } from "./tools/worklets.js";

export default defineConfig({
  entry: [
    "src/index.ts",
    "src/providers/openai/index.ts",
    "src/providers/pipecat/index.ts",
    "src/providers/gemini/index.ts",
    "src/compat/thrive/index.ts",
    "src/services/index.ts",
    "src/dialogue/index.ts",
    "src/inspect/index.ts",
    "src/testing/index.ts",
  ],
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
    // tsup sets `baseUrl`, which TypeScript 6 calls deprecated.
    compilerOptions: { ignoreDeprecations: "6.0", types: ["node"], stripInternal: true },
  },
  onSuccess: async () => {
    await writeWorkletFiles("dist/worklets");
    await minifyCommonJs("dist");
  },
});
