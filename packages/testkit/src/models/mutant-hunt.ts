import fc from "fast-check";
import type { AnyStateMachine, AnyStateNode, InspectionEvent } from "xstate";
import { transportMachine, type turnsMachine } from "../../../../machines/index.js";
import type { TransportOptions } from "../../../../src/options.js";
import { PROBE, READY_TIMEOUT, SILENCE, World } from "../worlds/world.js";
import { inPlaceOf, type ChartMutant } from "./chart-mutants.js";
import { EDGE_SCENES } from "./edge-scenes.js";
import { RULE_SCENES } from "./rule-scenes.js";
import { CHARTS, edgeOf } from "./edge-watch.js";
import { connects } from "./steps.js";
import { believeTurns, toldTurns } from "./told-turns.js";
import { EDGE_STEPS, steps } from "./world-commands.js";

/** What the models make of the charts that are in place while it runs. */
export interface Session {
  readonly name: string;
  /** The mutants that it is for, by their ids, where it has no transport to watch. */
  readonly about?: RegExp;
  /** Throws the rule that was broken. @param inspect Sees the charts. */
  readonly play: (inspect?: (event: InspectionEvent) => void) => Promise<void>;
}

const timeouts = { connect: 2_000, ready: READY_TIMEOUT, disconnect: 500, silence: SILENCE, probe: PROBE, lull: 900 };
const OPTIONS: readonly TransportOptions[] = [
  { timeouts },
  { timeouts, reconnect: { initial: true, base: 100, cap: 1_000, attempts: 3, minUptime: 2_000 } },
];

type Walk = readonly fc.AsyncCommand<Record<string, never>, World>[];

/** A session on a transport with a scripted service: what is claimed along it, once it is over, and of the session after it. */
function onTransport(
  name: string,
  [enableMic, options]: readonly [boolean, TransportOptions | undefined],
  run: (world: World) => Promise<void>,
): Session {
  return {
    name,
    play: async (inspect) => {
      const world = new World(enableMic, { ...options, ...(inspect !== undefined && { inspect: { inspect } }) });
      await run(world);
      await world.release();
      world.checkSettled();
      if (world.isCrashing || world.hasPolicy) return;
      await world.checkConnectsAgain();
      await world.release();
      world.checkSettled();
    },
  };
}

const walked = (walk: Walk) => async (world: World) => {
  await fc.asyncModelRun(() => ({ model: {}, real: world }), walk);
};

/** Scenes, sessions of chance, and those that are mostly about one part; then the turns alone. */
export function sessionsOf(runs: number, seed: number): readonly Session[] {
  const settingOf = (run: number) => [run % 3 > 0, OPTIONS[run % 2]] as const;
  const scenes = [...EDGE_SCENES, ...RULE_SCENES].map(({ options, before, then }, index) =>
    onTransport(`scene ${index}`, [true, { timeouts, ...options }], async (world) => {
      before?.(world);
      await connects.run({}, world);
      for (const act of then) {
        await world.settle();
        act(world);
        world.checkInvariants();
        await world.settle();
        world.checkInvariants();
      }
    }),
  );
  const ofChance = fc
    .sample(steps, { numRuns: runs, seed })
    .map((walk, run) => onTransport(`any order ${run}`, settingOf(run), walked([...walk])));
  const ofParts = EDGE_STEPS.map((kind, index) =>
    fc.sample(fc.array(kind, { minLength: 30, maxLength: 30 }), { numRuns: runs / 4, seed }).map((walk, run) => {
      // The end of the turns is the session's alone.
      const steps = walk.filter((step) => !String(step).includes("session.ended"));
      const isBegun = index < 4 && run % 4 > 0;
      return onTransport(`part ${index}, ${run}`, settingOf(run), walked([...(isBegun ? [connects] : []), ...steps]));
    }),
  );
  const byTurns = Array.from({ length: runs / 4 }, (_, run) => ofParts.flatMap((each) => each[run] ?? [])).flat();
  return [...turnsAlone(seed), ...scenes, ...interleaved(ofChance, byTurns)];
}

const interleaved = <T>(one: readonly T[], other: readonly T[]): T[] =>
  Array.from({ length: Math.max(one.length, other.length) }, (_, index) => [one[index], other[index]])
    .flat()
    .filter((each) => each !== undefined);

/** Facts in any order, to the turns that a transport would have. */
function turnsAlone(seed: number): Session[] {
  return [0, 1, 2].map((batch) => ({
    name: `turns alone ${batch}`,
    about: /^turns/,
    play: () => {
      const chart: AnyStateMachine = transportMachine;
      const { turns } = chart.provide({}).implementations.actors as { readonly turns: typeof turnsMachine };
      for (const told of fc.sample(toldTurns, { numRuns: 300, seed: seed + batch })) believeTurns(turns, told);
      return Promise.resolve();
    },
  }));
}

/** What a session touches of the charts: edges, states and guards. */
async function touchedBy({ play }: Session): Promise<ReadonlySet<string>> {
  const touched = new Set<string>();
  const watched = CHARTS.map((chart) => [chart, watchGuards(chart, touched)] as const);
  try {
    await play((event) => {
      if (event.type !== "@xstate.microstep") return;
      for (const taken of event._transitions) touched.add(edgeOf(taken));
      const nodes = (event.snapshot as { readonly _nodes?: readonly AnyStateNode[] })._nodes ?? [];
      for (const { id } of nodes) touched.add(id);
    });
  } finally {
    for (const [chart, sound] of watched) Object.assign(chart.implementations.guards, sound);
  }
  return touched;
}

/** @returns The guards as they were. */
function watchGuards(chart: AnyStateMachine, touched: Set<string>): Readonly<Record<string, unknown>> {
  const guards = chart.implementations.guards as Record<string, unknown>;
  const sound = { ...guards };
  type Check = (...args: unknown[]) => boolean;
  for (const [name, guard] of Object.entries(sound)) {
    const noting =
      (check: Check): Check =>
      (...args) => {
        touched.add(`guard:${chart.id}.${name}`);
        return check(...args);
      };
    const { check } = guard as { readonly check?: Check };
    guards[name] =
      check === undefined ? noting(guard as Check) : Object.assign(() => false, guard, { check: noting(check) });
  }
  return sound;
}

/** How a mutant was found. */
export interface Found {
  readonly session: string;
  /** The rule that it broke. */
  readonly rule: string;
}

/** Looks for broken charts with sessions that the sound charts pass. */
export class MutantHunt {
  readonly #sessions: { readonly session: Session; readonly touched: ReadonlySet<string> }[] = [];

  /** @throws where the charts themselves break a rule. */
  async learn(sessions: readonly Session[]): Promise<void> {
    for (const session of sessions) {
      this.#sessions.push({ session, touched: await touchedBy(session) });
    }
  }

  /** @returns How it was found; undefined where it does as the chart does, as far as the first `most` sessions that come by it can tell. */
  async find({ id, chart, make, touches }: ChartMutant, most: number): Promise<Found | undefined> {
    const about = this.#sessions.filter(({ session }) => session.about?.test(id) === true);
    const near = this.#sessions.filter(({ touched }) => touches.some((each) => touched.has(each)));
    for (const { session } of [...about, ...near.slice(0, most)]) {
      try {
        await inPlaceOf(chart, make, () => session.play());
      } catch (error) {
        const [rule = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
        return { session: session.name, rule };
      }
    }
    return undefined;
  }
}
