import { describe, expect, it } from "vitest";
import { resampled, Resampler } from "../../../packages/local-service/src/audio/resample.js";
import { bestCorrelation, chunks, speech } from "../../../packages/testkit/src/audio/speech.js";

/** The stream through a resampler, in pieces of so many samples. */
function resample(pcm: Buffer, fromHz: number, toHz: number, piece = pcm.length / 2): Buffer {
  const resampler = new Resampler(fromHz, toHz);
  const out: Buffer[] = [];
  for (let from = 0; from < pcm.length; from += piece * 2)
    out.push(resampler.push(pcm.subarray(from, from + piece * 2)));
  return Buffer.concat(out);
}

function sine(rate: number, hz: number): Buffer {
  const wave = Array.from({ length: rate }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hz * index) / rate)),
  );
  return Buffer.from(Int16Array.from(wave).buffer);
}

function samplesOf(pcm: Buffer): number[] {
  return [...new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2)];
}

/** dB of 1 kHz at 24 kHz over everything else, away from the ends. */
function purity(pcm: Buffer): number {
  const wave = samplesOf(pcm).slice(480, 480 + 22_800);
  let [inPhase, across, total] = [0, 0, 0];
  wave.forEach((sample, index) => {
    inPhase += sample * Math.cos((Math.PI * index) / 12);
    across += sample * Math.sin((Math.PI * index) / 12);
    total += sample * sample;
  });
  const tone = (2 * (inPhase ** 2 + across ** 2)) / wave.length;
  return 10 * Math.log10(tone / (total - tone));
}

describe("Resampler", () => {
  it("keeps the duration, there and back", () => {
    for (const hz of [8000, 16_000, 44_100, 48_000]) {
      const other = resample(speech(), 24_000, hz);
      expect(Math.abs(other.length / 2 / hz - speech().length / 2 / 24_000)).toBeLessThan(0.001);
      const back = resample(other, hz, 24_000);
      expect(Math.abs(back.length - speech().length) / 48).toBeLessThan(1);
    }
  });

  it("makes the same of a stream however it is cut", () => {
    for (const [from, to] of [
      [16_000, 24_000],
      [24_000, 16_000],
      [44_100, 24_000],
      [8000, 48_000],
    ] as const) {
      const sound = speech().subarray(0, 12_000);
      const whole = resample(sound, from, to);
      for (const piece of [1, 7, 160, 4801]) expect(resample(sound, from, to, piece).equals(whole)).toBe(true);
    }
  });

  it.each([8000, 16_000, 44_100, 48_000])(
    "is band-limited: a tone at %s Hz comes out as pure as 16 bits allow",
    (hz) => {
      const made = resample(sine(hz, 1000), hz, 24_000);
      const pieces = resample(sine(hz, 1000), hz, 24_000, hz / 50);
      // On straight lines it was 44 dB from 16 kHz.
      expect(purity(made)).toBeGreaterThan(65);
      expect(pieces.equals(made)).toBe(true);
    },
  );

  it("is band-limited: what the lower rate cannot hold does not fold back", () => {
    const aliased = resample(sine(48_000, 15_000), 48_000, 24_000);
    expect(Math.max(...samplesOf(aliased).slice(480).map(Math.abs))).toBeLessThan(8);
  });

  it("keeps a sound on its own as long as it was, and in its place", () => {
    for (const hz of [8000, 16_000, 44_100, 48_000]) {
      const there = resampled(speech(), 24_000, hz);
      const back = resampled(there, hz, 24_000);
      expect(Math.abs(back.length - speech().length)).toBeLessThan(10);
      const { value, lagMs } = bestCorrelation(speech(), back, 5);
      expect(lagMs).toBe(0);
      expect(value).toBeGreaterThan(0.95);
    }
  });

  it("takes a rate that no device has for the nearest that one may have", () => {
    const began = performance.now();
    const made = new Resampler(191_993, 24_000).push(Buffer.alloc(191_993 * 2));
    expect(Math.abs(made.length / 2 - 24_000)).toBeLessThan(5);
    // A filter of 24,000 branches takes many seconds.
    expect(performance.now() - began).toBeLessThan(3000);
  });

  it("returns the sound itself when there is nothing to change", () => {
    const [piece] = chunks(speech());
    expect(new Resampler(24_000, 24_000).push(piece!)).toBe(piece);
    expect(new Resampler(16_000, 24_000).push(Buffer.alloc(0))).toHaveLength(0);
  });
});
