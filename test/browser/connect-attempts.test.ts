import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { seeded } from "../../packages/testkit/src/util/seeded.js";
import { nameOf, run, sequences, type Case } from "../properties/connect-attempts/cases.js";
import type { Time } from "../properties/connect-attempts/virtual-time.js";

/** Quarters of a millisecond: Chromium answers the client's permissions query within 0.3 to 1.5 ms. */
const QUARTERS = Array.from({ length: 21 }, (_, index) => index / 4);
/** Cases that wait beside each other. */
const AT_ONCE = 25;
/** Rounds of 20 ms in which no answer is on its way. */
const QUIET_ROUNDS = 4;
/** Questions to Chromium that it has not answered: a busy one takes its time. */
let queries = 0;

/** The browser's own time. Long times pass as soon as nothing is under way: what still waits then is a timer that is left. */
class RealTime implements Time {
  /** Of the scripted service and microphone. */
  #waiting = 0;
  readonly #timers = new Set<unknown>();
  readonly clock: Time["clock"] = {
    setTimeout: (run: (...args: never[]) => void, ms: number) => {
      const id = setTimeout(() => {
        this.#timers.delete(id);
        run();
      }, ms);
      this.#timers.add(id);
      return id;
    },
    clearTimeout: (id) => {
      this.#timers.delete(id);
      clearTimeout(id as number);
    },
  };

  get clocked(): number {
    return this.#timers.size;
  }

  readonly set = (run: () => void, ms = 0): number => {
    this.#waiting += 1;
    const end = (): void => {
      this.#waiting -= 1;
      run();
    };
    return setTimeout(end, ms) as unknown as number;
  };

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.set(resolve, ms));
  }

  /** Timers are no finer than a millisecond, so that short times are counted in tasks. */
  async pass(ms: number): Promise<void> {
    if (ms >= 50) return this.#quiet();
    const end = performance.now() + ms;
    do await (ms < 10 ? task() : pause(1));
    while (performance.now() < end);
  }

  async #quiet(): Promise<void> {
    for (let rounds = 0; rounds < QUIET_ROUNDS; rounds = this.#waiting + queries === 0 ? rounds + 1 : 0)
      await pause(20);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function task(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

const seed = 20_260_901;
const random = seeded(seed);

async function expectNoFailure(cases: readonly Case[]): Promise<void> {
  expect(cases.length).toBeGreaterThan(100);
  const failures: string[] = [];
  for (let index = 0; index < cases.length; index += AT_ONCE) {
    const some = cases.slice(index, index + AT_ONCE);
    const found = await Promise.all(some.map((each) => run(each, new RealTime(), random)));
    found.forEach((whats, at) => failures.push(...whats.map((what) => `${nameOf(some[at]!)}: ${what}`)));
  }
  expect(failures.slice(0, 10), `${failures.length} failures in ${cases.length} cases`).toEqual([]);
}

beforeAll(() => {
  // A bot's start takes 2 ms; permissions are Chromium's own.
  const started = () => Promise.resolve({ started: true });
  const { permissions } = navigator;
  const query = permissions.query.bind(permissions);
  vi.spyOn(permissions, "query").mockImplementation((descriptor) => {
    queries += 1;
    return query(descriptor).finally(() => (queries -= 1));
  });
  vi.stubGlobal("fetch", () => new Promise((resolve) => setTimeout(resolve, 2, { ok: true, json: started })));
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe.each(["unset", "granted", "off"] as const)(
  "connect attempts: the newest wish decides, microphone %s, calls apart by 0 to 5 ms in quarters",
  { timeout: 300_000 },
  (mic) => {
    const setting = { mic, query: "random", starts: "in order" } as const;

    it("two calls", async () => {
      await expectNoFailure([...sequences(2, QUARTERS)].map((each) => ({ ...setting, ...each })));
    });

    it("three calls", async () => {
      const chosen = seeded(seed);
      const some = [...sequences(3, QUARTERS)].filter(() => chosen() * 300 < 1);
      await expectNoFailure(some.map((each) => ({ ...setting, ...each })));
    });
  },
);
