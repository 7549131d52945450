import { describe, expect, it } from "vitest";
import { Resampler } from "../../../packages/local-service/src/audio/resample.js";
import { bestCorrelation, chunks, speech } from "../../../packages/testkit/src/audio/speech.js";

/** The stream through a resampler, in pieces of so many samples. */
function resample(pcm: Buffer, fromHz: number, toHz: number, piece = pcm.length / 2): Buffer {
  const resampler = new Resampler(fromHz, toHz);
  const out: Buffer[] = [];
  for (let from = 0; from < pcm.length; from += piece * 2)
    out.push(resampler.push(pcm.subarray(from, from + piece * 2)));
  return Buffer.concat(out);
}

describe("Resampler", () => {
  it("keeps the duration and the sound, there and back", () => {
    for (const hz of [8000, 16_000, 44_100, 48_000]) {
      const other = resample(speech(), 24_000, hz);
      expect(Math.abs(other.length / 2 / hz - speech().length / 2 / 24_000)).toBeLessThan(0.001);
      expect(bestCorrelation(speech(), resample(other, hz, 24_000), 5).value).toBeGreaterThan(0.95);
    }
  });

  it("makes the same of a stream however it is cut", () => {
    for (const [from, to] of [
      [16_000, 24_000],
      [24_000, 16_000],
      [44_100, 24_000],
      [8000, 48_000],
    ] as const) {
      const whole = resample(speech(), from, to);
      for (const piece of [1, 7, 160, 4801]) expect(resample(speech(), from, to, piece).equals(whole)).toBe(true);
    }
  });

  it("returns the sound itself when there is nothing to change", () => {
    const [piece] = chunks(speech());
    expect(new Resampler(24_000, 24_000).push(piece!)).toBe(piece);
    expect(new Resampler(16_000, 24_000).push(Buffer.alloc(0))).toHaveLength(0);
  });
});
