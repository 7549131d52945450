import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { seeded } from "../../packages/testkit/src/util/seeded.js";
import { MICS, nameOf, RARE, reentrant, restarts, run, sequences, type Case } from "./connect-attempts/cases.js";
import { stubPage } from "./connect-attempts/page.js";
import type { Mic } from "./connect-attempts/stage.js";
import { VirtualTime } from "./connect-attempts/virtual-time.js";

/** The deep ones all: `RTVI_MACHINE_ATTEMPTS=all`, or `npm run model`. They take minutes; by default a part of them runs. */
const IS_FULL = process.env.RTVI_MACHINE_ATTEMPTS === "all";
const seed = Number(process.env.RTVI_MACHINE_SEED ?? 20_260_901);
const time = new VirtualTime();
const random = seeded(seed);
const unhandled: unknown[] = [];
const listen = (reason: unknown): void => {
  unhandled.push(reason);
};

beforeAll(() => {
  stubPage(time, seed);
  process.on("unhandledRejection", listen);
});
afterAll(() => {
  process.off("unhandledRejection", listen);
  vi.unstubAllGlobals();
});

/** Every case, or about one in so many: others in each setting, and always the same ones. */
function sample(cases: Iterable<Partial<Case>>, oneIn: number, setting: Omit<Case, "ops" | "distances">): Case[] {
  const chosen = seeded(seed + MICS.indexOf(setting.mic));
  const all = [...cases].filter(() => IS_FULL || chosen() * oneIn < 1);
  return all.map((each) => ({ ops: [], distances: [], ...setting, ...each }));
}

/** Runs them one after the other; shows the first few of each kind of failure. */
async function expectNoFailure(cases: readonly Case[]): Promise<void> {
  expect(cases.length).toBeGreaterThan(10);
  const failures = new Map<string, string[]>();
  for (const each of cases) {
    for (const what of await run(each, time, random)) {
      const [kind = what] = what.split(" (");
      failures.set(kind, [...(failures.get(kind) ?? []), `${nameOf(each)}: ${what}`]);
    }
  }
  const shown = [...failures].flatMap(([kind, each]) => [
    `${each.length} of ${cases.length}: ${kind}`,
    ...each.slice(0, 3),
  ]);
  expect(shown).toEqual([]);
  expect(unhandled.splice(0), "unhandled rejections").toEqual([]);
}

it("connect attempts: the newest wish decides, in orders of calls that are rare", async () => {
  await expectNoFailure(RARE);
});

const setting = (mic: Mic) => ({ mic, query: "random", starts: "in order" }) as const;

describe.each(MICS)("connect attempts: the newest wish decides, microphone %s", { timeout: 1_200_000 }, (mic) => {
  it("two calls at any distance", async () => {
    await expectNoFailure(sample(sequences(2), 1, setting(mic)));
  });

  it("three calls at any distances", async () => {
    await expectNoFailure(sample(sequences(3), 45, setting(mic)));
  });

  it("two and three calls on a page without permissions, or whose answers take 2 ms", async () => {
    await expectNoFailure(sample(sequences(2), 4, { ...setting(mic), query: "none" }));
    await expectNoFailure(sample(sequences(3), 120, { ...setting(mic), query: "none" }));
    await expectNoFailure(sample(sequences(3), 120, { ...setting(mic), query: "fixed" }));
  });

  it("two and three calls of an app that looks at the state before each", async () => {
    await expectNoFailure(sample(sequences(2), 3, { ...setting(mic), looks: true }));
    await expectNoFailure(sample(sequences(3), 120, { ...setting(mic), looks: true }));
  });

  it("calls inside of callbacks, also of an app that looks at the state before each", async () => {
    await expectNoFailure(sample(reentrant(), 72, setting(mic)));
    await expectNoFailure(sample(reentrant(), 144, { ...setting(mic), looks: true }));
  });

  it("bots that are started again after a start that has failed", async () => {
    await expectNoFailure(sample(restarts(), 3, setting(mic)));
  });

  it("bots that start in any order: nothing is live or held after disconnect(), and all calls settle", async () => {
    await expectNoFailure(sample(sequences(3), 120, { ...setting(mic), starts: "random" }));
  });

  it("a permissions query that hangs: nothing is live or held after disconnect()", async () => {
    await expectNoFailure(sample(sequences(2), 4, { ...setting(mic), query: "hanging" }));
    await expectNoFailure(sample(sequences(3), 120, { ...setting(mic), query: "hanging" }));
  });
});
