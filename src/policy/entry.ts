import { LONGEST_WAIT, timeOf, timersOf, type Timers } from "./time.js";

/** Runs what comes from outside; see `CallbackQueue`. */
export type Enter = <Result>(run: () => Result) => Result;

/** A clock whose timers enter when they are due. Tells the time of `clock`, where that knows it. */
export function enteringClock(clock: Timers | undefined, enter: Enter): Timers {
  const timers = timersOf(clock);
  return {
    ...(clock?.now !== undefined && { now: timeOf(clock) }),
    // A browser would take what is longer for nothing at all.
    setTimeout: (run, ms) => timers.setTimeout(() => enter(run), Math.min(ms, LONGEST_WAIT)),
    clearTimeout: (id) => {
      timers.clearTimeout(id);
    },
  };
}
