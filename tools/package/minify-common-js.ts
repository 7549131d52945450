import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { transform } from "esbuild";

/**
 * Minifies the CommonJS half of a build in its place. Programs load it, and people read the ES modules. Names of classes and functions stay,
 * for what a test or a log shows of them. After the build, because Rollup writes the files anew.
 */
export async function minifyCommonJs(folder: string): Promise<void> {
  const files = await readdir(folder, { recursive: true });
  await Promise.all(
    files
      .filter((file) => file.endsWith(".cjs"))
      .map(async (file) => {
        const path = join(folder, file);
        const { code } = await transform(await readFile(path, "utf8"), {
          minify: true,
          keepNames: true,
          target: "es2022",
          legalComments: "inline",
        });
        await writeFile(path, code);
      }),
  );
}
