import { describe, expect, it } from "vitest";
import {
  bytesToSamples,
  floatToPcm16,
  msToSamples,
  pcm16ToFloat,
  samplesIn,
  samplesToBytes,
  samplesToMs,
} from "../../../src/codec/pcm16.js";

describe("floatToPcm16", () => {
  it("scales, rounds and clamps, and takes NaN for silence", () => {
    const output = new Int16Array(9);
    floatToPcm16(Float32Array.of(0, 0.5, -0.5, 1, -1, 7, -7, 32767.4 / 32768, Number.NaN), output);
    expect([...output]).toEqual([0, 16384, -16384, 32767, -32768, 32767, -32768, 32767, 0]);
  });

  it("writes at the offset and nowhere else", () => {
    const output = new Int16Array(4).fill(9);
    floatToPcm16(Float32Array.of(0.25), output, 2);
    expect([...output]).toEqual([9, 9, 8192, 9]);
  });

  it("gives every 16-bit value back", () => {
    const all = Int16Array.from({ length: 65536 }, (_, index) => index - 32768);
    const floats = new Float32Array(all.length);
    pcm16ToFloat(all, floats);
    const back = new Int16Array(all.length);
    floatToPcm16(floats, back);
    expect(back).toEqual(all);
  });
});

describe("units", () => {
  it("converts between milliseconds, samples and bytes", () => {
    expect(msToSamples(20, 24_000)).toBe(480);
    expect(msToSamples(20, 11_025)).toBe(221);
    expect(samplesToMs(480, 24_000)).toBe(20);
    expect(samplesToBytes(480)).toBe(960);
    expect(bytesToSamples(961)).toBe(480);
  });
});

describe("samplesIn", () => {
  it.each([
    ["bytes", (memory: ArrayBuffer, at: number) => new Uint8Array(memory, at, 5)],
    ["Node's Buffer", (memory: ArrayBuffer, at: number) => Buffer.from(memory, at, 5)],
  ])("reads the whole samples of %s wherever they lie in memory", (_what, view) => {
    for (const at of [0, 1, 2, 3]) {
      const bytes = view(new ArrayBuffer(16), at);
      bytes.set([1, 2, 0xff, 0xff, 9]);
      expect([...samplesIn(bytes)]).toEqual([0x0201, -1]);
    }
  });
});
