import { bucketOf } from "./buckets.js";

/** What a run of the table has left about one fault. */
export interface SeenFault {
  readonly fault: string;
  readonly subject: string;
  readonly problems: readonly string[];
  readonly gapMs: number;
  /** Absent where the session stayed on its wire. */
  readonly continuity?: string;
}

/** What the document tells of one session that went on. */
export interface Measured {
  /** The bucket of the median. */
  readonly gap: string;
  /** What became of the conversation; absent where the session stayed on its connection. */
  readonly continuity?: string;
}

/** By transport and fault. */
export type Measurements = Readonly<Record<string, Readonly<Record<string, Measured>>>>;

/** @throws Error where the file is not what the table writes. */
export function readResults(json: unknown): readonly SeenFault[] {
  if (!Array.isArray(json)) throw new Error("the results of the fault table are no list");
  return json.map((each: unknown) => {
    if (!isSeen(each)) throw new Error(`no result of the fault table: ${JSON.stringify(each)}`);
    return each;
  });
}

/** The medians of several runs. */
export function measure(runs: readonly (readonly SeenFault[])[]): Measurements {
  const seen = runs.flat();
  const of = (subject: string): Readonly<Record<string, Measured>> => {
    const faults = [...new Set(seen.filter((each) => each.subject === subject).map(({ fault }) => fault))].sort();
    return Object.fromEntries(
      faults.map((fault) => {
        const same = seen.filter((each) => each.subject === subject && each.fault === fault);
        const continuity = same.find((each) => each.continuity !== undefined)?.continuity;
        const gap = bucketOf(median(same.map(({ gapMs }) => gapMs)));
        return [fault, { gap, ...(continuity !== undefined && { continuity }) }];
      }),
    );
  };
  return Object.fromEntries([...new Set(seen.map(({ subject }) => subject))].sort().map((name) => [name, of(name)]));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function isSeen(each: unknown): each is SeenFault {
  return (
    typeof each === "object" &&
    each !== null &&
    "fault" in each &&
    typeof each.fault === "string" &&
    "subject" in each &&
    typeof each.subject === "string" &&
    "gapMs" in each &&
    typeof each.gapMs === "number" &&
    "problems" in each &&
    Array.isArray(each.problems)
  );
}
