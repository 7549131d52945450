import { expect, it } from "vitest";
import { speechIn } from "../../../src/policy/speech-in.js";

const RATE = 16_000;

/** Sound of these lengths and amplitudes, one after the other; full scale is 1. */
function sound(...parts: readonly (readonly [ms: number, amplitude: number])[]): Int16Array {
  return Int16Array.from(
    parts.flatMap(([ms, amplitude]) => {
      const samples = (ms * RATE) / 1_000;
      return Array.from({ length: samples }, (_, index) => (index % 2 === 0 ? 1 : -1) * amplitude * 32_767);
    }),
  );
}

it("speech in a piece of sound: silence and a quiet room are none", () => {
  expect(speechIn(sound([1_000, 0]), RATE)).toEqual({ heard: false, ended: true });
  expect(speechIn(sound([1_000, 0.005]), RATE)).toEqual({ heard: false, ended: true });
  expect(speechIn(sound(), RATE).heard).toBe(false);
});

it("speech in a piece of sound: a word is heard, a click is not", () => {
  expect(speechIn(sound([600, 0], [100, 0.2], [600, 0]), RATE).heard).toBe(true);
  expect(speechIn(sound([600, 0], [20, 0.9], [600, 0]), RATE).heard).toBe(false);
});

it("speech in a piece of sound: it has ended when half a second of silence follows", () => {
  expect(speechIn(sound([200, 0.2], [480, 0]), RATE)).toEqual({ heard: true, ended: false });
  expect(speechIn(sound([200, 0.2], [500, 0]), RATE)).toEqual({ heard: true, ended: true });
});
