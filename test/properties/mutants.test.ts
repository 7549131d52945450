import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { inPlaceOf, mutantsOf, type ChartMutant } from "../../packages/testkit/src/models/chart-mutants.js";
import { CHARTS } from "../../packages/testkit/src/models/edge-watch.js";
import { MutantHunt, sessionsOf, type Session } from "../../packages/testkit/src/models/mutant-hunt.js";
import { NOT_FOUND } from "../../packages/testkit/src/models/mutants-not-found.js";
import { seeded } from "../../packages/testkit/src/util/seeded.js";
import { MICS, nameOf, RARE, restarts, run, sequences, type Case } from "./connect-attempts/cases.js";
import { stubPage } from "./connect-attempts/page.js";
import { VirtualTime } from "./connect-attempts/virtual-time.js";

/** Every mutant, with many sessions: minutes. `npm run model -- --mutants`. */
const IS_FULL = process.env.RTVI_MACHINE_MUTANTS === "all";
const seed = 20_260_901;
const time = new VirtualTime();
const mutants = CHARTS.flatMap((chart) => mutantsOf(chart));

/** Some of each chart and kind: the session that finds it, and the rule that it breaks. */
const SAMPLES: readonly (readonly [mutant: string, session: string, rule: string])[] = [
  ["transport: guard isRecovering says the opposite", "scene 0", "each return to ready is a recovery"],
  ["transport.lifecycle.session.live exit without endTurns", "scene 0", "the bot is gone"],
  ["transport.lifecycle.session exit without shutUplink", "scene 0", "audio stays in its session"],
  ["transport.lifecycle.session without the end of connection", "scene 0", "there is no wire while idle"],
  ["transport.lifecycle.idle|session.requested|0 to idle in place of session", "scene 0", "every promise has settled"],
  ["connection: guard wasOpen says the opposite", "scene 0", "without a connection a session is connecting"],
  ["connection: guard isReady says the opposite", "scene 0", "a connection is proven once it has lasted"],
  ["connection.active.network without the end of network", "scene 0", "no timer runs while idle"],
  ["connection.active.phase.attempt without the end of attempt", "scene 0", "there is no wire while idle"],
  ["connection.active.phase.changing||0 to changing in place of attempt", "scene 1", "what is lost is attempted again"],
  ["turns: guard isReplyDue says the opposite", "turns alone 0", "the service owes a reply, or the end of one"],
  ["turns.tools|call.ended|0 without untimeCall", "turns alone 0", "a call that has its result is not overdue"],
  [
    "turns.user.speaking|user.stopped|0 to speaking in place of silent",
    "turns alone 0",
    "the app knows whether the user speaks",
  ],
  ["microphone: guard isMuted says the opposite", "scene 0", "a microphone that is held is live or muted"],
  ["microphone.open.held without the end of capture", "scene 0", "no microphone is held"],
  ["microphone.open without the end of deviceWatch", "scene 0", "no device listener is left"],
  ["microphone.off|session.began|0 to failed in place of open", "scene 0", "the app knows why there is no microphone"],
  ["speaker: guard isFirst says the opposite", "part 1, 2", "an output that is lost is opened again, once"],
  ["speaker.open without the end of playback", "scene 0", "no speaker is open"],
  ["speaker.open|speaker.released|0 to open in place of off", "scene 0", "no speaker is open"],
];

const named = (id: string): ChartMutant => {
  const mutant = mutants.find((each) => each.id === id);
  if (mutant === undefined) throw new Error(`No chart has this to break: ${id}`);
  return mutant;
};

const late = (): void => undefined;
beforeAll(() => {
  for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
  // What a broken chart throws, it may throw when its session is over.
  process.on("uncaughtException", late).on("unhandledRejection", late);
});
afterAll(() => {
  process.off("uncaughtException", late).off("unhandledRejection", late);
  vi.restoreAllMocks();
});

/** Calls in the order of the client, some cases at a time. */
function sessionsOfCalls(): Session[] {
  const others = [...sequences(2), ...restarts()].map((each, index) => ({
    mic: MICS[index % MICS.length] ?? ("granted" as const),
    query: "random" as const,
    starts: "in order" as const,
    ...each,
  }));
  const cases: readonly Case[] = [...RARE, ...others];
  const random = seeded(seed);
  const most = 20;
  return Array.from({ length: Math.ceil(cases.length / most) }, (_, batch) => ({
    name: `calls ${batch}`,
    about: /^transport(\.calls|\.afterwards|: guard)/,
    play: async () => {
      stubPage(time, seed);
      try {
        for (const each of cases.slice(batch * most, (batch + 1) * most)) {
          const [broken] = await run(each, time, random);
          if (broken !== undefined) throw new Error(`Broken: ${nameOf(each)}: ${broken}`);
        }
      } finally {
        vi.unstubAllGlobals();
      }
    },
  }));
}

describe("a broken chart", () => {
  const sessions = new Map(sessionsOf(12, seed).map((session) => [session.name, session]));

  it.each(SAMPLES)("%s is found by %s: %s", async (id, name, rule) => {
    const session = sessions.get(name);
    const { chart, make } = named(id);
    await session?.play();
    await expect(inPlaceOf(chart, make, async () => session?.play())).rejects.toThrow(rule);
  });

  it("is broken in every chart by a guard, a cleanup and a target", () => {
    const kinds = SAMPLES.map(([id]) => [named(id).chart.id, named(id).kind].join(" "));
    const all = CHARTS.flatMap(({ id }) => ["guard", "cleanup", "target"].map((kind) => `${id} ${kind}`));
    expect(all.filter((each) => !kinds.includes(each))).toEqual([]);
  });

  it("that is listed as not found is one", () => {
    const ids = new Set(mutants.map(({ id }) => id));
    expect(Object.keys(NOT_FOUND).filter((id) => !ids.has(id))).toEqual([]);
  });

  if (IS_FULL) {
    it("is found, or listed with a reason", async () => {
      const hunt = new MutantHunt();
      await hunt.learn([...sessionsOf(160, seed), ...sessionsOfCalls()]);
      const [missed, listed]: [string[], string[]] = [[], []];
      for (const chart of CHARTS) {
        const own = mutants.filter((mutant) => mutant.chart === chart);
        let count = 0;
        for (const mutant of own) {
          const found = await hunt.find(mutant, 90);
          if (found !== undefined && mutant.id in NOT_FOUND) listed.push(mutant.id);
          if (found !== undefined) count += 1;
          else if (!(mutant.id in NOT_FOUND)) missed.push(mutant.id);
          process.stdout.write(
            `${mutant.id}: ${found === undefined ? "not found" : `${found.rule} (${found.session})`}\n`,
          );
        }
        process.stdout.write(`${chart.id}: ${count} of ${own.length} mutants found\n`);
      }
      expect(missed, "neither found nor listed").toEqual([]);
      expect(listed, "listed as not found, and found").toEqual([]);
    }, 1_800_000);
  }
});
