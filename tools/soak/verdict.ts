import type { SoakView } from "./page.js";
import { trendOf } from "./trend.js";

/** What a page held at one moment. */
export interface Sample extends SoakView {
  readonly minutes: number;
  readonly heapMb: number;
}

/** What must not grow, and by how much it may differ from one moment to the next: a reconnection holds a little more. */
const HELD = { contexts: 0, sockets: 1, peers: 0, timers: 3, listeners: 2, tracks: 0 } as const;
type Held = keyof typeof HELD;
const KEYS = Object.keys(HELD) as readonly Held[];

/** Caches and the first gusts: left out, in minutes and as a part of the run, whichever is longer. */
const WARM_UP = { minutes: 0.5, part: 1 / 3 } as const;
/** MB/min: what the caches of V8 and of the charts still take in a run of ten minutes. One wire kept per loss is more. */
const ALLOWED = 0.03;
/** A line through fewer points than these says nothing that a verdict could rest on. */
const FEWEST = 8;

/** Lines for a person, and what is wrong; nothing is when `problems` is empty. */
export interface Verdict {
  readonly lines: readonly string[];
  readonly problems: readonly string[];
}

/**
 * @param before what the page held before the session began.
 * @param left what it held after it had ended.
 */
export function verdictOf(before: SoakView, samples: readonly Sample[], left: SoakView): Verdict {
  const heap = heapOf(samples);
  const problems = [...growth(samples), ...heap.problems];
  for (const key of KEYS) {
    if (left[key] <= before[key]) continue;
    const which = key === "listeners" ? ` (${newTypes(before, left).join(", ")})` : "";
    problems.push(`${left[key] - before[key]} ${key} left after disconnect()${which}`);
  }
  if (samples.at(-1)?.botTurns === 0) problems.push("the bot was never heard");
  return { lines: heap.lines, problems };
}

/** What grew from the first third of the samples to the last. */
function growth(samples: readonly Sample[]): string[] {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const most = (some: readonly Sample[], key: Held): number => Math.max(...some.map((each) => each[key]));
  return KEYS.flatMap((key) => {
    const [early, late] = [most(samples.slice(0, third), key), most(samples.slice(-third), key)];
    return late > early + HELD[key] ? [`${key} grew from ${early} to ${late}`] : [];
  });
}

function heapOf(samples: readonly Sample[]): Verdict {
  const warmUp = Math.max(WARM_UP.minutes, WARM_UP.part * (samples.at(-1)?.minutes ?? 0));
  const settled = samples.filter(({ minutes }) => minutes > warmUp);
  const { slope, error, margin } = trendOf(settled.map(({ minutes, heapMb }) => [minutes, heapMb] as const));
  const told = `heap: ${slope.toFixed(3)} MB/min ± ${error.toFixed(3)} (standard error)`;
  const how = `a least-squares line through ${settled.length} samples, each taken after a collection, the first ${warmUp.toFixed(1)} min left out`;
  if (settled.length < FEWEST) {
    return { lines: [`${told}: ${how}.`, "      Too few to tell growth from chance: run longer."], problems: [] };
  }
  const range = `${(slope - margin).toFixed(3)} to ${(slope + margin).toFixed(3)} MB/min`;
  const grows = slope - margin > ALLOWED;
  const lines = [
    `${told}: ${how}.`,
    `      By Student's t with ${settled.length - 2} degrees of freedom the true slope lies within ${range} with 95 % confidence;`,
    `      the heap is said to grow when all of that lies above ${ALLOWED} MB/min, which in a heap that does not happens by chance in`,
    "      fewer than 2.5 runs of 100. Neighbouring samples are not independent, so that the true range is somewhat wider.",
  ];
  return { lines, problems: grows ? [`the heap grows by ${slope.toFixed(3)} MB/min`] : [] };
}

function newTypes(before: SoakView, left: SoakView): string[] {
  const rest = [...left.listenerTypes];
  for (const type of before.listenerTypes) {
    const at = rest.indexOf(type);
    if (at >= 0) rest.splice(at, 1);
  }
  return [...new Set(rest)];
}
