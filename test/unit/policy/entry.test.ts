import { expect, it, vi } from "vitest";
import { enteringClock } from "../../../src/policy/entry.js";
import { LONGEST_WAIT } from "../../../src/policy/time.js";
import { ManualClock } from "../../../src/testing/index.js";

it("entering clock: a deadline of Infinity is the longest that timers know, not one that is over at once", () => {
  const setTimeout = vi.fn();
  const clock = enteringClock({ setTimeout, clearTimeout: () => undefined }, (run) => run());
  clock.setTimeout(() => undefined, Infinity);
  clock.setTimeout(() => undefined, 20);
  expect(setTimeout.mock.calls.map(([, ms]: unknown[]) => ms)).toEqual([LONGEST_WAIT, 20]);
});

it("entering clock: a timer enters when it is due, and one that was cleared never does", () => {
  const clock = new ManualClock();
  const ran: string[] = [];
  const entering = enteringClock(clock, (run) => {
    ran.push("entered");
    return run();
  });
  entering.setTimeout(() => ran.push("due"), 20);
  entering.clearTimeout(entering.setTimeout(() => ran.push("cleared"), 10));
  clock.advance(20);
  expect(ran).toEqual(["entered", "due"]);
  expect(clock.pending).toBe(0);
});
