import { describe, expect, it } from "vitest";
import { trendOf } from "../../../../tools/soak/trend.js";

describe("trendOf", () => {
  it("finds the line that points lie on, with no doubt", () => {
    const { slope, margin } = trendOf([0, 1, 2, 3].map((x) => [x, 2 * x + 5] as const));
    expect(slope).toBeCloseTo(2);
    expect(margin).toBeCloseTo(0);
  });

  // By hand: the slope is 4 / 5, and what the line leaves over is 5 - 0.8 * 4 = 1.8, with 2 degrees of freedom.
  it("gives the 95 % interval by Student's t", () => {
    const { slope, error, margin } = trendOf([
      [1, 1],
      [2, 3],
      [3, 2],
      [4, 4],
    ]);
    expect(slope).toBeCloseTo(0.8);
    expect(error).toBeCloseTo(Math.sqrt(1.8 / 2 / 5));
    expect(margin).toBeCloseTo(4.3 * Math.sqrt(1.8 / 2 / 5));
  });

  it("says nothing of two points", () => {
    expect(
      trendOf([
        [0, 0],
        [1, 1],
      ]).margin,
    ).toBe(Infinity);
  });
});
