/** Something that may know the time: a `Clock`. */
interface Timekeeper {
  readonly now?: number | (() => number);
}

/** Tells the clock's time in ms, or the system's where it has none; monotonic. */
export function timeOf(clock: Timekeeper | undefined): () => number {
  return () => {
    const now = clock?.now;
    if (now === undefined) return performance.now();
    return typeof now === "number" ? now : now.call(clock);
  };
}

/** Sets and clears timers, and may know the time: a `Clock`, or the system. */
export interface Timers extends Timekeeper {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
}

/** The longest wait that timers know, in ms; a longer one would be over at once. */
export const LONGEST_WAIT = 2 ** 31 - 1;

/** How long no chunk of a microphone may come until it counts as silent, in ms: as long as Pipecat's own input waits. */
export const MICROPHONE_PAUSE_MS = 500;

/** The clock's timers, or the system's, looked up at the call. */
export function timersOf(clock: Timers | undefined): Timers {
  return (
    clock ?? {
      setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
      clearTimeout: (id) => {
        globalThis.clearTimeout(id as number);
      },
    }
  );
}

/** Tells the clock's time in ms, or the wall's where it has none: unlike the monotonic clock, that one goes on in sleep. */
export function wallTimeOf(clock: Timekeeper | undefined): () => number {
  return clock?.now === undefined ? () => Date.now() : timeOf(clock);
}
