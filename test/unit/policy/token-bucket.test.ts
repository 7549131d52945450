import { describe, expect, it } from "vitest";
import { INBOUND_LIMITS, TokenBucket } from "../../../src/policy/token-bucket.js";

const LIMITS = { longest: 100, burst: 10, rate: 5 };

function gate(limits = LIMITS) {
  let now = 1_000;
  const it = new TokenBucket(() => now, limits);
  return {
    admit: (size = 0) => it.admit(size),
    wait: (ms: number) => {
      now += ms;
    },
  };
}

describe("TokenBucket", () => {
  it("takes a message of the limit's size, and not one byte more", () => {
    const { admit } = gate();
    expect(admit(100)).toBe("pass");
    expect(admit(101)).toBe("oversized");
  });

  it("takes a burst, sheds the rest, and tells of it once", () => {
    const { admit } = gate();
    const admissions = Array.from({ length: 13 }, () => admit());
    expect(admissions).toEqual([...Array<string>(10).fill("pass"), "flood-begins", "flood", "flood"]);
  });

  it("takes messages again at the sustained rate, and the same flood is not told twice", () => {
    const { admit, wait } = gate();
    for (let count = 0; count < 11; count += 1) admit();
    wait(200);
    expect([admit(), admit()]).toEqual(["pass", "flood"]);
  });

  it("tells of the next flood once the first is over", () => {
    const { admit, wait } = gate();
    for (let count = 0; count < 12; count += 1) admit();
    wait(10_000);
    const admissions = Array.from({ length: 11 }, () => admit());
    expect(admissions.at(-1)).toBe("flood-begins");
  });

  it("never lets more through than the burst and the rate allow, however the time is cut", () => {
    const { admit, wait } = gate();
    let passed = 0;
    for (let ms = 0; ms < 10_000; ms += 7) {
      for (let count = 0; count < 3; count += 1) passed += admit() === "pass" ? 1 : 0;
      wait(7);
    }
    expect(passed).toBeLessThanOrEqual(10 + 50);
    expect(passed).toBeGreaterThanOrEqual(10 + 49);
  });

  it.each([
    ["Pipecat's, frames of 10 ms", 3_000, 560],
    ["Pipecat's, frames of 20 ms, and words", 1_800, 1_040],
    ["OpenAI's, deltas of 100 ms", 300, 6_700],
    ["OpenAI's, deltas of 400 ms", 75, 25_900],
    ["Gemini's, pieces of 40 ms", 750, 2_900],
    ["Gemini's, pieces of 5 s", 6, 320_300],
  ])("has room for half a minute of speech that arrives at once: %s", (_whose, messages, size) => {
    const { admit } = gate(INBOUND_LIMITS);
    const admissions = new Set(Array.from({ length: messages }, () => admit(size)));
    expect([...admissions]).toEqual(["pass"]);
  });

  it.each([
    ["Pipecat's", 20, 1_040],
    ["OpenAI's", 100, 6_700],
    ["Gemini's", 40, 2_900],
  ])("has room for three minutes of speech at forty times its speed: %s", (_whose, ms, size) => {
    const { admit, wait } = gate(INBOUND_LIMITS);
    const admissions = new Set<string>();
    for (let at = 0; at < 180_000; at += ms) {
      admissions.add(admit(size));
      wait(ms / 40);
    }
    expect([...admissions]).toEqual(["pass"]);
  });

  it("lets the largest message through, and of many only one; what is short goes on", () => {
    const { admit, wait } = gate(INBOUND_LIMITS);
    const admissions = (size: number) => Array.from({ length: 3 }, () => admit(size));
    expect(admissions(9_000_000)).toEqual(["pass", "flood-begins", "flood"]);
    expect(admissions(1_000)).toEqual(["pass", "pass", "pass"]);
    wait(2_500);
    expect(admissions(INBOUND_LIMITS.longest)).toEqual(["pass", "flood-begins", "flood"]);
  });

  it("never reads more bytes than a page can bear, however they come", () => {
    for (const size of [1_000, 20_000, 1_000_000, 11_000_000]) {
      const { admit, wait } = gate(INBOUND_LIMITS);
      let bytes = 0;
      for (let ms = 0; ms < 60_000; ms += 100) {
        for (let count = 0; count < 20_000_000 / size; count += 1) bytes += admit(size) === "pass" ? size : 0;
        wait(100);
      }
      expect(bytes / 60).toBeLessThan(4.2 * 1024 * 1024);
    }
  });

  it("tells of a flood of long messages once", () => {
    const { admit, wait } = gate(INBOUND_LIMITS);
    const admissions: string[] = [];
    for (let count = 0; count < 1_000; count += 1) {
      admissions.push(admit(count % 2 === 0 ? 5_000_000 : 10));
      wait(10);
    }
    expect(admissions.filter((each) => each === "flood-begins")).toHaveLength(1);
  });
});
