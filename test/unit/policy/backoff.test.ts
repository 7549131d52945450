import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RetryContext } from "../../../src/contracts/retry.js";
import { backoffPolicy, fullJitter, uniform } from "../../../src/policy/backoff.js";

const OPTIONS = { base: 250, factor: 2, cap: 15_000 };
const fault = { id: 1, code: "connection-lost", message: "scripted", retryable: true } as const;

describe("fullJitter", () => {
  it.each([
    [1, 250],
    [2, 500],
    [3, 1000],
    [7, 15_000],
    [100, 15_000],
  ])("redial %i waits below %i ms", (redial, ceiling) => {
    expect(fullJitter(redial, OPTIONS, () => 0)).toBe(0);
    expect(fullJitter(redial, OPTIONS, () => 0.5)).toBe(ceiling / 2);
  });

  it("is never negative, never above the cap, and jitters the first redial too", () => {
    const anywhere = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), anywhere, (redial, random) => {
        const delay = fullJitter(redial, OPTIONS, () => random);
        return delay >= 0 && delay <= Math.min(OPTIONS.cap, OPTIONS.base * 2 ** (redial - 1));
      }),
    );
  });
});

describe("backoffPolicy", () => {
  const ask = (context: Partial<RetryContext>, limits: { attempts?: number; budget?: number } = {}): number | null =>
    backoffPolicy({ ...OPTIONS, ...limits }, () => 0.5).nextDelay({
      reconnect: 1,
      attempts: 1,
      elapsed: 0,
      fault,
      everOpened: true,
      ...context,
    });

  it("gives up after 50 redials, or 6 while connect() is awaited", () => {
    expect([ask({ reconnect: 50 }), ask({ reconnect: 51 })]).toEqual([7_500, null]);
    const first = { everOpened: false };
    expect([ask({ reconnect: 6, ...first }), ask({ reconnect: 7, ...first })]).toEqual([4_000, null]);
  });

  it("counts to what the app says, zero and infinity included", () => {
    expect(ask({}, { attempts: 0 })).toBeNull();
    expect([ask({ reconnect: 2 }, { attempts: 2 }), ask({ reconnect: 3 }, { attempts: 2 })]).toEqual([250, null]);
    expect(ask({ reconnect: 1e9 }, { attempts: Infinity })).toBe(7_500);
    expect(ask({}, { attempts: NaN })).toBeNull();
  });

  it("gives up when its time is over", () => {
    expect([ask({ elapsed: 999 }, { budget: 1_000 }), ask({ elapsed: 1_000 }, { budget: 1_000 })]).toEqual([125, null]);
    expect(ask({}, { budget: NaN })).toBeNull();
  });

  it("spreads beyond what the service asks for, and does not wait for what is out of its budget", () => {
    const busy = { fault: { ...fault, retryAfterMs: 2_000 } };
    expect(ask(busy)).toBe(2_125);
    expect(ask({ ...busy, elapsed: 500 }, { budget: 2_500 })).toBeNull();
  });
});

describe("uniform", () => {
  it("passes on what is uniform", () => {
    expect([uniform(() => 0)(), uniform(() => 0.25)()]).toEqual([0, 0.25]);
  });

  it.each([
    () => 1,
    () => -0.1,
    () => NaN,
    () => {
      throw new Error("a bug of the app");
    },
  ])("does without a source that is broken (%#)", (broken) => {
    const value = uniform(broken)();
    expect(value >= 0 && value < 1).toBe(true);
  });
});
