import { mkdir, writeFile } from "node:fs/promises";
import type { FaultReport } from "./run/play-fault.js";

/** Where a run of the table in Node leaves what it has seen. */
export const RESULTS = new URL("../../../../test-output/faults.json", import.meta.url);

/** The same of calls, in a browser. */
export const CALL_RESULTS = new URL("../../../../test-output/call-faults.json", import.meta.url);

/** A report, and what was wrong with it. */
export interface FaultResult extends FaultReport {
  readonly problems: readonly string[];
}

export function resultOf(report: FaultReport, problems: readonly string[]): FaultResult {
  return { ...report, gapMs: Math.round(report.gapMs), problems };
}

export async function writeResults(where: URL, results: readonly FaultResult[]): Promise<void> {
  await mkdir(new URL(".", where), { recursive: true });
  await writeFile(where, `${JSON.stringify(results, undefined, 2)}\n`);
}
