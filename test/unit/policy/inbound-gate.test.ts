import { describe, expect, it } from "vitest";
import { INBOUND_LIMITS, InboundGate } from "../../../src/policy/inbound-gate.js";

const LIMITS = { longest: 100, burst: 10, rate: 5 };

function gate(limits = LIMITS) {
  let now = 1_000;
  const it = new InboundGate(() => now, limits);
  return {
    admit: (size = 1) => it.admit(size),
    wait: (ms: number) => {
      now += ms;
    },
  };
}

describe("InboundGate", () => {
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

  it("has room for a minute of speech that arrives at once", () => {
    const { admit } = gate(INBOUND_LIMITS);
    const admissions = new Set(Array.from({ length: 6_000 }, () => admit(4_000)));
    expect([...admissions]).toEqual(["pass"]);
  });
});
