import { describe, expect, it } from "vitest";
import { FadingTail, fadeOut } from "../../../../src/media/worklets/fade.js";

describe("fadeOut", () => {
  it("falls from nearly full to silence without a step", () => {
    const faded = fadeOut(new Float32Array(240).fill(1));
    expect(faded[0]).toBeGreaterThan(0.99);
    expect(faded[239]).toBe(0);
    for (let index = 1; index < faded.length; index += 1) {
      expect(faded[index]).toBeLessThanOrEqual(faded[index - 1]!);
      expect(faded[index - 1]! - faded[index]!).toBeLessThan(0.01);
    }
  });

  it("takes nothing", () => {
    expect(fadeOut(new Float32Array(0))).toHaveLength(0);
  });
});

describe("FadingTail", () => {
  it("adds itself to what is played until it is used up", () => {
    const tail = new FadingTail();
    tail.start(Float32Array.of(0.5, 0.25, 0.125));
    const first = new Float32Array(2).fill(1);
    const second = new Float32Array(2).fill(1);
    tail.mixInto(first);
    tail.mixInto(second);
    expect([...first, ...second]).toEqual([1.5, 1.25, 1.125, 1]);
  });

  it("goes on beneath a second one", () => {
    const tail = new FadingTail();
    tail.start(Float32Array.of(0.5, 0.25, 0.125));
    tail.mixInto(new Float32Array(1));
    tail.start(Float32Array.of(1));
    const output = new Float32Array(3);
    tail.mixInto(output);
    expect([...output]).toEqual([1.25, 0.125, 0]);
  });
});
