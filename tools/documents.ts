/**
 * `npm run documents`: writes the page of options from the types, and the page of conformance from the known gaps, which `--conformance` finds
 * afresh. With `--check`, part of `npm run check`: those pages are current, what a
 * newcomer reads first is plain, every link of README, `docs/` and the pages of examples and packages leads somewhere, and every block of TypeScript in them compiles under
 * `strict`.
 */
import { compileBlocks } from "./documents/compile.js";
import { findGaps, isConformancePageCurrent, writeConformancePage } from "./documents/conformance.js";
import { deadLinks } from "./documents/links.js";
import { codeBlocks, readPages, repeatedHeadings } from "./documents/markdown.js";
import { hardToRead } from "./documents/plain.js";
import { isOptionsPageCurrent, writeOptionsPage } from "./documents/options.js";

async function check(): Promise<void> {
  const pages = await readPages();
  const blocks = pages.flatMap(codeBlocks);
  const problems = [
    ...deadLinks(pages).map((link) => `${link} leads nowhere`),
    ...pages.filter(({ path }) => !path.endsWith("CHANGELOG.md")).flatMap(repeatedHeadings),
    ...hardToRead(pages),
    ...(await compileBlocks(blocks)),
    ...((await isOptionsPageCurrent()) ? [] : ["docs/options.md is stale: run `npm run documents` and commit it."]),
    ...((await isConformancePageCurrent())
      ? []
      : ["docs/conformance.md is stale: run `npm run documents` and commit it."]),
  ];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(
    `${String(pages.length)} pages, ${String(blocks.length)} blocks of code, ${String(problems.length)} problems\n`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}

async function write(): Promise<void> {
  if (process.argv.includes("--conformance")) await findGaps();
  await writeOptionsPage();
  await writeConformancePage();
}

await (process.argv.includes("--check") ? check() : write());
