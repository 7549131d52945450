import { describe, expect, it } from "vitest";
import { findIn, findPiecewiseIn } from "../../../../tools/demo/correlate.js";
import { cut, utterances } from "../../../../tools/demo/sound.js";
import type { Sound } from "../../../../tools/demo/wav.js";

const RATE = 8000;

/** Noise that is the same every time (mulberry32). */
function noise(seconds: number, seed: number): Sound {
  let state = seed;
  const samples = Float32Array.from({ length: seconds * RATE }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2_147_483_648 - 1;
  });
  return { samples, rate: RATE };
}

function join(...parts: Sound[]): Sound {
  return { samples: Float32Array.from(parts.flatMap(({ samples }) => [...samples])), rate: RATE };
}

const silence = (seconds: number): Sound => ({ samples: new Float32Array(seconds * RATE), rate: RATE });

describe("findIn", () => {
  it("finds a pattern where it is, at any volume", () => {
    const pattern = noise(0.5, 1);
    const quiet = { samples: pattern.samples.map((sample) => sample * 0.1), rate: RATE };
    const match = findIn(join(silence(0.75), quiet, silence(0.25)), pattern);
    expect(match.correlation).toBeCloseTo(1, 4);
    expect(match.at).toBeCloseTo(0.75, 4);
  });

  it("does not find another pattern, nor anything in silence", () => {
    expect(findIn(noise(2, 2), noise(0.5, 3)).correlation).toBeLessThan(0.2);
    expect(findIn(silence(1), noise(0.5, 3)).correlation).toBeCloseTo(0);
  });

  it("matches a clipped pattern less well than a whole one", () => {
    const pattern = noise(0.5, 4);
    const clipped = findIn(join(cut(pattern, { from: 0.25, to: 0.5 }), silence(1)), pattern);
    expect(clipped.correlation).toBeGreaterThan(0.6);
    expect(clipped.correlation).toBeLessThan(0.8);
    expect(clipped.at).toBeCloseTo(-0.25, 4);
  });
});

describe("findPiecewiseIn", () => {
  it("forgives a gap, and nothing else", () => {
    const pattern = noise(2, 8);
    const gap = join(cut(pattern, { from: 0, to: 1 }), cut(pattern, { from: 1.01, to: 2 }));
    expect(findIn(gap, pattern).correlation).toBeLessThan(0.8);
    expect(findPiecewiseIn(gap, pattern).correlation).toBeGreaterThan(0.95);
    expect(findPiecewiseIn(noise(2, 9), pattern).correlation).toBeLessThan(0.2);
  });
});

describe("utterances", () => {
  it("joins what short pauses part, and parts what long ones do", () => {
    const sound = join(silence(1), noise(0.5, 5), silence(0.2), noise(0.5, 6), silence(1), noise(0.5, 7));
    const found = utterances(sound).map(({ from, to }) => [from.toFixed(1), to.toFixed(1)]);
    expect(found).toEqual([
      ["1.0", "2.2"],
      ["3.2", "3.7"],
    ]);
  });
});
