/**
 * `npm run reliability`: runs the fault table and writes what it has seen to docs/reliability.md. With `--check` nothing
 * runs: the document must list exactly the faults, the expectations and the known gaps that the tests hold.
 */
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { format } from "prettier";
import { CATALOGUE } from "../test/faults/catalogue/index.js";
import { RESULTS } from "../test/faults/results.js";
import { SUBJECTS } from "../test/faults/subjects.js";
import { readResults, reliabilityDocument, surprises } from "./reliability/document.js";

const DOCUMENT = "docs/reliability.md";

async function main(): Promise<void> {
  const wanted = await format(reliabilityDocument(CATALOGUE, SUBJECTS), { parser: "markdown", printWidth: 120 });
  if (process.argv.includes("--check")) {
    const present = await readFile(DOCUMENT, "utf8").catch(() => "");
    if (present === wanted) return;
    process.stderr.write(
      `${DOCUMENT} does not list the faults as they are: run \`npm run reliability\` and commit it.\n`,
    );
    process.exitCode = 1;
    return;
  }
  const { status } = spawnSync("npx", ["vitest", "run", "--project", "faults", "test/faults/table.test.ts"], {
    stdio: "inherit",
  });
  const results = readResults(JSON.parse(await readFile(RESULTS, "utf8")));
  const found = surprises(results, CATALOGUE, SUBJECTS);
  for (const surprise of found) process.stderr.write(`${surprise}\n`);
  if (status !== 0 || found.length > 0) {
    process.stderr.write(`${DOCUMENT} was not written: it tells only what the tests have seen to hold.\n`);
    process.exitCode = 1;
    return;
  }
  await writeFile(DOCUMENT, wanted);
  process.stdout.write(`${DOCUMENT}: ${results.length} runs\n`);
}

await main();
