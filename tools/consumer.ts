import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { entries, installPacked, run } from "./package/packed.js";

/*
 * Compiles an app against the packed library as its author would: strict, with `skipLibCheck: false`, which is TypeScript's default,
 * by three compilers and the ways in which they resolve modules.
 */

const RESOLUTIONS = {
  bundler: { module: "esnext", moduleResolution: "bundler" },
  node16: { module: "node16", moduleResolution: "node16" },
  // What many apps still have; it knows no `exports`.
  node10: { module: "esnext", moduleResolution: "node10" },
} as const;

type Resolution = keyof typeof RESOLUTIONS;

interface Compiler {
  readonly folder: string;
  readonly resolutions: readonly Resolution[];
}

const COMPILERS: Record<string, Compiler> = {
  "TypeScript 5.9": { folder: "typescript-5.9", resolutions: ["bundler", "node16", "node10"] },
  // It calls node10 deprecated, and its successor has none.
  "TypeScript 6.0": { folder: "typescript", resolutions: ["bundler", "node16"] },
  "TypeScript 7.0": { folder: "typescript-7", resolutions: ["bundler", "node16"] },
};

const root = resolve(".");
const { folder: work, remove } = await installPacked();

let failed = 0;
try {
  const imports = (await entries()).map((entry, index) => `import * as entry${index} from "${entry}";`);
  const uses = imports.map((_, index) => `entry${index}`).join(", ");
  await writeFile(join(work, "app.ts"), `${imports.join("\n")}\nexport const all = [${uses}];\n`);
  await writeFile(join(work, "package.json"), JSON.stringify({ name: "app", type: "module", private: true }));
  for (const [compiler, { folder, resolutions }] of Object.entries(COMPILERS)) {
    for (const resolution of resolutions) {
      const options = {
        ...RESOLUTIONS[resolution],
        target: "es2022",
        lib: ["es2023", "dom", "dom.iterable"],
        strict: true,
        noEmit: true,
      };
      const config = { compilerOptions: { ...options, skipLibCheck: false, types: [] }, files: ["app.ts"] };
      await writeFile(join(work, "tsconfig.json"), JSON.stringify(config));
      const { ok, output } = run(process.execPath, [join(root, "node_modules", folder, "bin/tsc"), "-p", work], work);
      process.stdout.write(`${ok ? "ok  " : "FAIL"} ${compiler}, ${resolution}\n${ok ? "" : `${output}\n`}`);
      if (!ok) failed += 1;
    }
  }
} finally {
  await remove();
}
process.exitCode = failed === 0 ? 0 : 1;
