import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { findStaleDrawings } from "./charts/drawings.js";

const stale = await findStaleDrawings();
if (process.argv.includes("--check")) {
  for (const path of stale.keys()) process.stderr.write(`${path} is stale: run \`npm run charts\` and commit it.\n`);
  process.exitCode = stale.size === 0 ? 0 : 1;
} else {
  for (const [path, text] of stale) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    process.stdout.write(`${path}\n`);
  }
}
