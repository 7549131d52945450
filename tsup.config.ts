import { defineConfig } from "tsup";
import { minifyCommonJs } from "./tools/package/minify-common-js.js";
import { writeWorkletFiles } from "./tools/worklets.js";

const entry = [
  "src/index.ts",
  "src/providers/openai/index.ts",
  "src/providers/pipecat/index.ts",
  "src/providers/gemini/index.ts",
  "src/compat/thrive/index.ts",
  "src/services/index.ts",
  "src/dialogue/index.ts",
  "src/inspect/index.ts",
  "src/testing/index.ts",
];

/** The same in what `npm run declarations` wrote; tsup's own way to declarations takes ten times as long. */
const declared = entry.map((path): [name: string, path: string] => {
  const name = path.replace(/^src\/|\.ts$/g, "");
  return [name, `dist-types/src/${name}.d.ts`];
});

export default defineConfig({
  entry,
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
    entry: Object.fromEntries(declared),
    // tsup sets `baseUrl`, which TypeScript 6 calls deprecated.
    compilerOptions: { ignoreDeprecations: "6.0", types: ["node"] },
  },
  onSuccess: async () => {
    await writeWorkletFiles("dist/worklets");
    await minifyCommonJs("dist");
  },
});
