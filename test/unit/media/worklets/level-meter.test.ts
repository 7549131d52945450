import { describe, expect, it } from "vitest";
import { LevelMeter } from "../../../../src/media/worklets/level-meter.js";

describe("LevelMeter", () => {
  it("gives the root mean square once per window", () => {
    const meter = new LevelMeter(256);
    const sine = Float32Array.from({ length: 128 }, (_, index) => Math.sin((2 * Math.PI * index) / 32));
    expect(meter.add(sine)).toBeUndefined();
    expect(meter.add(sine)).toBeCloseTo(Math.SQRT1_2, 3);
    expect(meter.add(new Float32Array(128))).toBeUndefined();
    expect(meter.add(new Float32Array(128))).toBe(0);
  });

  it("stays within 0..1", () => {
    expect(new LevelMeter(1).add(Float32Array.of(3))).toBe(1);
  });
});
