import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts", "src/cli.ts"],
  format: ["esm", "cjs"],
  target: "es2022",
  splitting: true,
  // Rollup then writes the CommonJS chunks; without it tsup uses Sucrase, which lowers class fields and loses class names.
  treeshake: true,
  sourcemap: false,
  clean: true,
  // What `npm run declarations` wrote; tsup's own way to declarations takes ten times as long.
  dts: {
    entry: {
      index: "../../dist-types/packages/local-service/src/index.d.ts",
      cli: "../../dist-types/packages/local-service/src/cli.d.ts",
    },
    // tsup sets `baseUrl`, which TypeScript 6 calls deprecated.
    compilerOptions: { ignoreDeprecations: "6.0", types: ["node"] },
  },
});
