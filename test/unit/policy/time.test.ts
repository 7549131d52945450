import { expect, it, vi } from "vitest";
import { timersOf } from "../../../src/policy/time.js";

it("timers: sets and clears the system's timers where there is no clock", () => {
  vi.useFakeTimers();
  try {
    const timers = timersOf(undefined);
    const rung: string[] = [];
    timers.setTimeout(() => rung.push("kept"), 10);
    timers.clearTimeout(timers.setTimeout(() => rung.push("cleared"), 10));
    vi.advanceTimersByTime(10);
    expect(rung).toEqual(["kept"]);
  } finally {
    vi.useRealTimers();
  }
});
