import type { FaultReport } from "./support/run-fault.js";

/** Where a run of the table leaves what it has seen. */
export const RESULTS = new URL("../../test-output/faults.json", import.meta.url);

/** A report, and what was wrong with it. */
export interface FaultResult extends FaultReport {
  readonly problems: readonly string[];
}

export function resultOf(report: FaultReport, problems: readonly string[]): FaultResult {
  return { ...report, gapMs: Math.round(report.gapMs), problems };
}
