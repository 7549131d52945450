import { beforeAll, describe, expect, it, vi } from "vitest";
import { createActor, fromCallback, type AnyStateMachine } from "xstate";
import { transportMachine, turnsMachine } from "../../../machines/index.js";
import { flightRecorder, replay, type Difference, type Recording } from "../../../src/inspect/index.js";
import { isBeside } from "../../../src/inspect/recording/recording.js";
import { mutantsOf } from "../../../packages/testkit/src/models/chart-mutants.js";
import { CHARTS } from "../../../packages/testkit/src/models/edge-watch.js";
import { sessionsOf } from "../../../packages/testkit/src/models/mutant-hunt.js";
import { seeded } from "../../../packages/testkit/src/util/seeded.js";
import { transportChart } from "../../../src/testing/model/charts.js";
import { TURN_LETTERS } from "../../../src/testing/model/turn-letters.js";

/** Nothing in the chart itself: the composition provides what they do. */
const OUTSIDE: readonly string[] = ["armUplink", "openUplink", "shutUplink", "flushPlayback", "resumePlayback"];

/** Of sessions with everything that their charts were told, by the chart that is looked at. */
const recordings = new Map<string, readonly Recording[]>();

beforeAll(async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const all: Recording[] = [recordedTurns(), recordedCalls(), recordedCrashes()];
  for (const { name, play } of sessionsOf(12, 20_260_901)) {
    if (!/^(scene|part [15])/.test(name)) continue;
    const recorder = flightRecorder({ seconds: 1_000 });
    await play(recorder.inspect);
    all.push(recorder.export());
  }
  vi.restoreAllMocks();
  for (const { id } of CHARTS)
    recordings.set(
      id,
      all.map((recording) => only(id, recording)),
    );
}, 180_000);

/** Facts in an order of chance, to the turns alone. */
function recordedTurns(): Recording {
  const recorder = flightRecorder();
  const random = seeded(7);
  for (let session = 0; session < 8; session += 1) {
    const actor = createActor(turnsMachine, {
      input: { lull: undefined, functionCallTimeout: 60_000 },
      inspect: recorder.inspect,
    }).start();
    for (let each = 0; each < 60; each += 1) {
      const letter = TURN_LETTERS[Math.floor(random() * (TURN_LETTERS.length - 1))];
      if (letter !== undefined) actor.send(letter.event as never);
    }
    actor.stop();
  }
  return recorder.export();
}

const inert = fromCallback(() => undefined) as never;

/** Calls of clients in an order of chance, and all else that the root is told; nothing runs beneath it. */
function recordedCalls(): Recording {
  const recorder = flightRecorder({ seconds: 1_000 });
  const random = seeded(11);
  const letters = Object.values(transportChart.alphabet)
    .flat()
    .filter(({ event }) => !event.type.startsWith("xstate."));
  const machine = transportMachine.provide({
    actors: { microphone: inert, speaker: inert, connection: inert, turns: inert },
  });
  for (let session = 0; session < 24; session += 1) {
    const actor = createActor(machine, { input: transportChart.input as never, inspect: recorder.inspect }).start();
    for (let each = 0; each < 60; each += 1) {
      const letter = letters[Math.floor(random() * letters.length)];
      if (letter !== undefined) actor.send(letter.event as never);
    }
    actor.stop();
  }
  return recorder.export();
}

/** Sessions whose own code crashes, in each actor beneath the charts: those that nobody has provided throw. */
function recordedCrashes(): Recording {
  const recorder = flightRecorder();
  const crashing = fromCallback(() => {
    throw new Error("scripted crash");
  }) as never;
  for (const chart of [
    transportMachine,
    transportMachine.provide({ actors: { connection: crashing } }),
    transportMachine.provide({ actors: { connection: inert, turns: crashing } }),
  ]) {
    const actor = createActor(chart, { input: transportChart.input as never, inspect: recorder.inspect }).start();
    actor.send({ type: "session.requested" });
    actor.stop();
  }
  return recorder.export();
}

/** Without what other charts were told. */
function only(chart: string, recording: Recording): Recording {
  const actors = new Set(
    recording.entries.flatMap((entry) => (entry.kind === "actor" && entry.chart === chart ? [entry.actor] : [])),
  );
  return {
    ...recording,
    entries: recording.entries.filter((entry) => !isBeside(entry) && actors.has(entry.actor)),
  };
}

/** The first event at which another chart goes another way, in any of the recordings. */
function firstDifference(chart: AnyStateMachine): Difference | undefined {
  for (const recording of recordings.get(chart.id) ?? []) {
    const { difference } = replay(recording, { charts: { [chart.id]: chart } });
    if (difference !== undefined) return difference;
  }
  return undefined;
}

describe("replay", () => {
  it("of the same charts does as it did", () => {
    for (const chart of CHARTS) expect(firstDifference(chart)).toBeUndefined();
  });

  it.each(CHARTS.map((chart) => [chart.id, chart] as const))(
    "of %s with any of its guards flipped names the first event that differs",
    (id, chart) => {
      const flipped = mutantsOf(chart).filter(({ kind }) => kind === "guard");
      const missed = flipped.filter(({ make }) => firstDifference(make({}))?.actor.startsWith(id) !== true);
      expect(missed.map((mutant) => mutant.id)).toEqual([]);
    },
  );

  it.each(CHARTS.map((chart) => [chart.id, chart] as const))("of %s without any of its actions differs", (_, chart) => {
    const names = Object.keys(chart.implementations.actions).filter((name) => !OUTSIDE.includes(name));
    const missed = names.filter(
      (name) => firstDifference(chart.provide({ actions: { [name]: () => undefined } })) === undefined,
    );
    expect(missed).toEqual([]);
  });
});
