import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../../src/errors.js";
import { RateConverter } from "../../../src/media/rate-converter.js";

const REAL = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
const none = new Int16Array(0);

const tone = (rate: number, ms: number): Int16Array =>
  Int16Array.from({ length: (rate * ms) / 1000 }, (_, n) => 8000 * Math.sin((2 * Math.PI * 440 * n) / rate));

/** Filter designs cost: one for each of these pieces would take minutes. */
const MANY = 20_000;

describe("RateConverter", () => {
  it.each(REAL)("takes every real rate to %i Hz, one after the other and over again", (to) => {
    const converter = new RateConverter(to, "Somebody");
    for (const from of [...REAL, ...REAL]) {
      const { length } = converter.convert(tone(from, 100), from);
      expect(Math.abs(length - to / 10), `${from} Hz`).toBeLessThan(to / 1000);
    }
  });

  it("gives a piece back that has the rate already", () => {
    const pcm = tone(24_000, 10);
    expect(new RateConverter(24_000, "Somebody").convert(pcm, 24_000)).toBe(pcm);
  });

  it("begins a new signal when the rate changes, and when it is told to", () => {
    const converter = new RateConverter(24_000, "Somebody");
    const first = converter.convert(tone(16_000, 50), 16_000);
    converter.convert(tone(48_000, 50), 48_000);
    expect(converter.convert(tone(16_000, 50), 16_000)).toEqual(first);
    converter.convert(tone(24_000, 50), 24_000);
    expect(converter.convert(tone(16_000, 50), 16_000)).toEqual(first);
    converter.reset();
    expect(converter.convert(tone(16_000, 50), 16_000)).toEqual(first);
    expect(converter.convert(tone(16_000, 50), 16_000)).not.toEqual(first);
  });

  it("designs one filter for a rate, however often it changes", () => {
    const converter = new RateConverter(24_000, "Somebody");
    let samples = 0;
    for (let n = 0; n < MANY; n += 1) {
      samples += converter.convert(new Int16Array(2), n % 2 === 0 ? 23_960 : 24_040).length;
    }
    expect(samples).toBeGreaterThan(0);
  });

  it.each([1, 7_999, 96_001, 23_999, 23_976, 95_987, 16_000.5, Number.NaN])(
    "refuses %d Hz, and says so once",
    (rate) => {
      const converter = new RateConverter(24_000, "Somebody");
      expect(() => converter.convert(tone(8_000, 10), rate)).toThrow(ProtocolError);
      for (let n = 0; n < MANY; n += 1) expect(converter.convert(new Int16Array(2), rate)).toEqual(none);
      expect(converter.convert(tone(16_000, 100), 16_000).length).toBeGreaterThan(2_300);
    },
  );

  it("refuses a ninth rate that would need a filter, and goes on with those that it knows", () => {
    const converter = new RateConverter(24_000, "Somebody");
    const rates = Array.from({ length: 8 }, (_, n) => 24_000 + 100 * (n + 1));
    for (const rate of rates) expect(converter.convert(tone(rate, 100), rate).length).toBeGreaterThan(2_300);
    expect(() => converter.convert(tone(16_000, 100), 16_000)).toThrow("Somebody sent audio at 16000 Hz");
    for (let n = 0; n < MANY; n += 1) expect(converter.convert(new Int16Array(2), 25_000 + (n % 900))).toEqual(none);
    for (const rate of [24_000, ...rates]) {
      expect(converter.convert(tone(rate, 100), rate).length).toBeGreaterThan(2_300);
    }
  });
});
