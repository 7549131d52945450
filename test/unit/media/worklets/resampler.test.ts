import { describe, expect, it } from "vitest";
import { Resampler } from "../../../../src/media/worklets/resampler.js";

function tone(frequency: number, rate: number, samples: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, index) => Math.sin((2 * Math.PI * frequency * index) / rate));
}

/** Converts in uneven blocks, as a stream would. */
function convert(input: Float32Array, from: number, to: number, block = 128): Float32Array {
  const resampler = new Resampler(from, to);
  const output: number[] = [];
  for (let at = 0; at < input.length; at += block) {
    const part = input.subarray(at, at + block);
    const room = new Float32Array(resampler.outputsFor(part.length));
    output.push(...room.subarray(0, resampler.process(part, room)));
  }
  return Float32Array.from(output);
}

/** Power of the steady part in dB relative to a full-scale sine. */
function decibels(signal: Float32Array): number {
  const steady = signal.subarray(1000, signal.length - 1000);
  const power = steady.reduce((sum, sample) => sum + sample * sample, 0) / steady.length;
  return 10 * Math.log10(2 * power + 1e-20);
}

/** The same for all but one frequency: what aliases and images leave behind. */
function residueDecibels(signal: Float32Array, frequency: number, rate: number): number {
  const steady = signal.subarray(1000, signal.length - 1000);
  // A whole number of periods, so that the projection on the sine and cosine is exact.
  const length = steady.length - (steady.length % rate) || steady.length;
  let sine = 0;
  let cosine = 0;
  for (let index = 0; index < length; index += 1) {
    const angle = (2 * Math.PI * frequency * index) / rate;
    sine += (2 / length) * steady[index]! * Math.sin(angle);
    cosine += (2 / length) * steady[index]! * Math.cos(angle);
  }
  let power = 0;
  for (let index = 0; index < length; index += 1) {
    const angle = (2 * Math.PI * frequency * index) / rate;
    power += (steady[index]! - sine * Math.sin(angle) - cosine * Math.cos(angle)) ** 2 / length;
  }
  return 10 * Math.log10(2 * power + 1e-20);
}

const PAIRS = [
  [48_000, 24_000],
  [44_100, 24_000],
  [48_000, 16_000],
  [44_100, 16_000],
] as const;

describe("Resampler", () => {
  it.each(PAIRS)("passes speech and rejects what would alias by 60 dB: %i → %i Hz", (from, to) => {
    const nyquist = to / 2;
    for (const share of [0.02, 0.1, 0.4, 0.85]) {
      expect(Math.abs(decibels(convert(tone(share * nyquist, from, from), from, to)))).toBeLessThan(0.1);
    }
    for (let frequency = nyquist + 1; frequency < from / 2; frequency += 731) {
      expect(decibels(convert(tone(frequency, from, from), from, to)), `${frequency} Hz`).toBeLessThan(-60);
    }
  });

  it.each([
    [24_000, 48_000],
    [24_000, 44_100],
    [16_000, 48_000],
  ])("leaves no images above -60 dB: %i → %i Hz", (from, to) => {
    for (const frequency of [300, 1000, 5000]) {
      const output = convert(tone(frequency, from, 3 * from), from, to);
      expect(Math.abs(decibels(output))).toBeLessThan(0.1);
      expect(residueDecibels(output, frequency, to)).toBeLessThan(-60);
    }
  });

  it("gives the same whatever the blocks", () => {
    const input = tone(440, 44_100, 20_000);
    const whole = convert(input, 44_100, 24_000, input.length);
    for (const block of [1, 7, 128, 1024]) expect(convert(input, 44_100, 24_000, block)).toEqual(whole);
  });

  it("never drifts: the ratio of lengths is the ratio of rates", () => {
    expect(convert(new Float32Array(441_000), 44_100, 24_000).length).toBe(240_000);
    expect(convert(new Float32Array(240_000), 24_000, 44_100).length).toBe(441_000);
  });

  it("says how much it needs for a block", () => {
    const resampler = new Resampler(24_000, 44_100);
    const output = new Float32Array(128);
    for (let block = 0; block < 500; block += 1) {
      const needed = resampler.inputsFor(128);
      expect(resampler.process(new Float32Array(needed), output)).toBe(128);
    }
  });

  it("delays by half its length, and forgets on reset", () => {
    const resampler = new Resampler(24_000, 48_000);
    const impulse = new Float32Array(200);
    impulse[0] = 1;
    const first = new Float32Array(400);
    resampler.process(impulse, first);
    const peak = first.reduce((best, sample, index) => (sample > first[best]! ? index : best), 0);
    expect(peak).toBe(resampler.delay * 2);
    resampler.process(impulse, new Float32Array(20));
    resampler.reset();
    const second = new Float32Array(400);
    resampler.process(impulse, second);
    expect(second).toEqual(first);
  });
});
