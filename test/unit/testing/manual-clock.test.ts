import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/testing/index.js";

describe("the manual clock", () => {
  it("runs timers in the order in which they are due, and those they set", () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    clock.setTimeout(() => {
      ran.push(`b at ${clock.now}`);
      clock.setTimeout(() => ran.push(`c at ${clock.now}`), 5);
    }, 20);
    clock.setTimeout(() => ran.push(`a at ${clock.now}`), 10);
    clock.setTimeout(() => ran.push("too late"), 100);
    clock.advance(30);
    expect(ran).toEqual(["a at 10", "b at 20", "c at 25"]);
    expect([clock.now, clock.pending]).toEqual([30, 1]);
  });

  it("forgets what is cleared", () => {
    const clock = new ManualClock();
    const id = clock.setTimeout(() => {
      throw new Error("cleared");
    }, 1);
    clock.clearTimeout(id);
    clock.clearTimeout(undefined);
    clock.advance(10);
    expect(clock.pending).toBe(0);
  });
});
