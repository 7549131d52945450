import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { AnyMachineSnapshot } from "xstate";
import { EDGE_SCENES, type EdgeScene } from "../../packages/testkit/src/models/edge-scenes.js";
import { RULE_SCENES } from "../../packages/testkit/src/models/rule-scenes.js";
import { placeOfTurns, stepOf } from "../../packages/testkit/src/models/turns-walk.js";
import { CHARTS, edgeOf, EdgeWatch, edgesOf, statesOf } from "../../packages/testkit/src/models/edge-watch.js";
import { connects } from "../../packages/testkit/src/models/steps.js";
import { EDGE_STEPS } from "../../packages/testkit/src/models/world-commands.js";
import { PROBE, READY_TIMEOUT, SILENCE, World } from "../../packages/testkit/src/worlds/world.js";
import type { TurnFact } from "../../src/contracts/turns.js";
import type { TransportOptions } from "../../src/options.js";

import { seeded } from "../../packages/testkit/src/util/seeded.js";
import { MICS, RARE, restarts, run, sequences } from "./connect-attempts/cases.js";
import { stubPage } from "./connect-attempts/page.js";
import { VirtualTime } from "./connect-attempts/virtual-time.js";
import { TURN_LETTERS, type Letter } from "../../src/testing/model/turn-letters.js";

const seed = 20_260_901;
const RUNS = Number(process.env.RTVI_MACHINE_EDGE_RUNS ?? 120);
const watch = new EdgeWatch();

const timeouts = { connect: 2_000, ready: READY_TIMEOUT, disconnect: 500, silence: SILENCE, probe: PROBE, lull: 900 };
const OPTIONS: readonly TransportOptions[] = [
  { timeouts },
  { timeouts, reconnect: { initial: true, attempts: 3, minUptime: 2_000 } },
  {
    timeouts,
    reconnect: {
      policy: {
        nextDelay: () => {
          throw new Error("scripted");
        },
      },
    },
  },
];

type Walk = readonly fc.AsyncCommand<Record<string, never>, World>[];

/** One walk through a fresh transport. */
async function take(walk: Walk, options: TransportOptions, enableMic: boolean): Promise<void> {
  const world = new World(enableMic, options);
  // Steps are taken here that no app would take: only edges count.
  world.isCrashing = true;
  world.transport.actor.system.inspect(watch.inspect);
  for (const step of walk) await step.run({}, world).catch(() => undefined);
  await world.release();
}

beforeAll(async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const kinds = EDGE_STEPS.map((steps) =>
    fc.sample(fc.array(steps, { minLength: 30, maxLength: 30 }), { numRuns: RUNS, seed }),
  );
  for (let run = 0; run < RUNS; run += 1) {
    const kind = run % kinds.length;
    const steps = kinds[kind]?.[run] ?? [];
    // Every other walk begins in a session.
    const walk: Walk = [...(Math.floor(run / kinds.length) % 4 > 0 && kind < 4 ? [connects] : []), ...steps];
    await take(walk, OPTIONS[run % 7] ?? OPTIONS[0] ?? {}, run % 5 > 0);
  }
  for (const scene of [...EDGE_SCENES, ...RULE_SCENES]) await playScene(scene);
  await walkTurnsOnTransport();
  await callAsClient();
}, 300_000);
afterAll(() => {
  vi.restoreAllMocks();
});

/** With the client's own order of calls, which depends on its page. */
async function callAsClient(): Promise<void> {
  const time = new VirtualTime();
  stubPage(time, seed);
  const random = seeded(seed);
  const cases = [...sequences(2), ...restarts()];
  try {
    for (const [index, each] of cases.entries()) {
      const mic = MICS[index % MICS.length] ?? "granted";
      await run({ mic, query: "random", starts: "in order", ...each, inspect: watch.inspect }, time, random);
    }
    for (const each of RARE) await run({ ...each, inspect: watch.inspect }, time, random);
  } finally {
    vi.unstubAllGlobals();
  }
}

async function playScene({ options, before, then }: EdgeScene): Promise<void> {
  const world = new World(true, { timeouts, ...options });
  world.transport.actor.system.inspect(watch.inspect);
  before?.(world);
  await connects.run({}, world);
  for (const act of then) {
    await world.settle();
    act(world);
    await world.settle();
  }
  await world.release();
}

/** Ready, and the snapshot of its turns. */
async function readyWorld(): Promise<{ readonly world: World; readonly turns: () => AnyMachineSnapshot }> {
  const world = new World(true, { timeouts });
  world.transport.actor.system.inspect(watch.inspect);
  await connects.run({}, world);
  await world.settle();
  const turns = world.transport.actor.getSnapshot().children.turns;
  return { world, turns: () => turns?.getSnapshot() as AnyMachineSnapshot };
}

/** A shortest way from where the turns of a transport are to each edge of their chart, and along it on the transport. */
async function walkTurnsOnTransport(): Promise<void> {
  const { world, turns } = await readyWorld();
  const start = turns();
  await world.release();
  const ways = new Map<string, readonly Letter[]>();
  const found = new Map([[placeOfTurns(start), { at: start, way: [] as readonly Letter[] }]]);
  for (const { at, way } of found.values()) {
    for (const letter of TURN_LETTERS) {
      const { to, taken } = stepOf(at, letter);
      const further = [...way, letter];
      for (const edge of taken.map(edgeOf)) if (!ways.has(edge)) ways.set(edge, further);
      if (to.status === "active" && !found.has(placeOfTurns(to))) found.set(placeOfTurns(to), { at: to, way: further });
    }
  }
  for (const [edge, way] of ways) {
    if (watch.edges.has(edge)) continue;
    const { world: fresh } = await readyWorld();
    for (const { event } of way) fresh.transport.service.perform({ type: "tell", fact: event as TurnFact });
    await fresh.release();
  }
}

describe("edges", () => {
  it.each(CHARTS.map((chart) => [chart.id, chart] as const))("of %s: each is walked on a transport", (id, chart) => {
    const [edges, states] = [edgesOf(chart), statesOf(chart)];
    const missing = edges.filter((edge) => !watch.edges.has(edge));
    const been = states.filter((state) => watch.states.has(state));
    const walked = edges.length - missing.length;
    process.stdout.write(
      `${id}: ${been.length} of ${states.length} states, ${walked} of ${edges.length} edges walked\n`,
    );
    expect(missing).toEqual([]);
  });
});
