import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fullJitter } from "../../../src/policy/backoff.js";

const OPTIONS = { base: 250, factor: 2, cap: 15_000 };

describe("fullJitter", () => {
  it.each([
    [1, 250],
    [2, 500],
    [3, 1000],
    [7, 15_000],
    [100, 15_000],
  ])("redial %i waits below %i ms", (redial, ceiling) => {
    expect(fullJitter(redial, OPTIONS, () => 0)).toBe(0);
    expect(fullJitter(redial, OPTIONS, () => 0.5)).toBe(ceiling / 2);
  });

  it("is never negative, never above the cap, and jitters the first redial too", () => {
    const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), uniform, (redial, random) => {
        const delay = fullJitter(redial, OPTIONS, () => random);
        return delay >= 0 && delay <= Math.min(OPTIONS.cap, OPTIONS.base * 2 ** (redial - 1));
      }),
    );
  });
});
