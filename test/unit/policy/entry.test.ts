import { expect, it, vi } from "vitest";
import { enteringClock } from "../../../src/policy/entry.js";
import { LONGEST_WAIT } from "../../../src/policy/time.js";

it("entering clock: a deadline of Infinity is the longest that timers know, not one that is over at once", () => {
  const setTimeout = vi.fn();
  const clock = enteringClock({ setTimeout, clearTimeout: () => undefined }, (run) => run());
  clock.setTimeout(() => undefined, Infinity);
  clock.setTimeout(() => undefined, 20);
  expect(setTimeout.mock.calls.map(([, ms]: unknown[]) => ms)).toEqual([LONGEST_WAIT, 20]);
});
