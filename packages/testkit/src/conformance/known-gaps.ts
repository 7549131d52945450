import { readFileSync, writeFileSync } from "node:fs";

/** From the root, where every tool and test of this project runs. */
const FILE = "packages/testkit/src/conformance/known-gaps.json";

/** What a package does instead, by the title of the case, by the name of the package. */
export type KnownGaps = Readonly<Record<string, Readonly<Record<string, string>>>>;

export function readKnownGaps(): KnownGaps {
  return JSON.parse(readFileSync(FILE, "utf8")) as KnownGaps;
}

export function writeKnownGaps(gaps: KnownGaps): void {
  writeFileSync(FILE, `${JSON.stringify(gaps, undefined, 2)}\n`);
}
