import {
  createActor,
  createMachine,
  fromCallback,
  SimulatedClock,
  type AnyActorRef,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventObject,
  type NonReducibleUnknown,
} from "xstate";
import { describe, expect, it } from "vitest";
import {
  connectionMachine,
  microphoneMachine,
  speakerMachine,
  transportMachine,
  type AttemptCommand,
  type CaptureCommand,
  type CaptureInput,
} from "../../machines/index.js";
import type { RetryInput } from "../../machines/connection.machine.js";
import {
  connectionChart,
  microphoneChart,
  speakerChart,
  transportChart,
  type ChartUnderTest,
} from "../../src/testing/model/charts.js";
import { placeOf, shortestPaths } from "../../src/testing/model/graph.js";

/** Actors at the ends of the charts: they say nothing by themselves, and are counted. */
function silentEnds() {
  const live = new Set<string>();
  const end = <Command extends EventObject, Input extends NonReducibleUnknown>(name: string) =>
    fromCallback<Command, Input>(() => {
      live.add(name);
      return () => live.delete(name);
    });
  const machines = {
    connection: connectionMachine.provide({
      actors: {
        attempt: end<AttemptCommand, { attempt: number }>("attempt"),
        network: end("network"),
        retry: end<EventObject, RetryInput>("retry"),
      },
    }),
    microphone: microphoneMachine.provide({
      actors: { capture: end<CaptureCommand, CaptureInput>("capture"), deviceWatch: end("deviceWatch") },
    }),
    speaker: speakerMachine.provide({ actors: { playback: end("playback") } }),
  };
  return { live, machines };
}

const quiet = createMachine({ id: "connection" }) as unknown as typeof connectionMachine;

interface Live {
  readonly chart: ChartUnderTest;
  readonly input: unknown;
  readonly build: (ends: ReturnType<typeof silentEnds>) => AnyStateMachine;
  /** What lets everything go, and the state that follows. */
  readonly release: AnyEventObject;
  readonly settled: readonly string[];
}

/** A child's facts go to a parent; here there is none. */
const alone = (machine: AnyStateMachine): AnyStateMachine =>
  machine.provide({
    actions: Object.fromEntries(
      [
        "reportOpened",
        "reportLost",
        "reportChanging",
        "reportAcquired",
        "reportFailed",
        "reportLost",
        "reportCrash",
        "reportBlocked",
        "reportInterrupted",
        "reportUnblocked",
      ].map((name) => [name, () => undefined]),
    ),
  });

const lives: readonly Live[] = [
  {
    chart: transportChart,
    input: transportChart.input,
    // A connection that stays quiet, so that the path decides: the real one is over at once where it had not opened.
    build: ({ machines }) => transportMachine.provide({ actors: { ...machines, connection: quiet } }),
    release: { type: "session.released" },
    settled: ["calls.none & afterwards.nothing & lifecycle.idle.disconnected.unannounced"],
  },
  {
    chart: connectionChart,
    input: connectionChart.input,
    build: ({ machines }) => alone(machines.connection),
    release: { type: "connection.released" },
    settled: ["closed", "refused", "exhausted"],
  },
  {
    chart: microphoneChart,
    input: microphoneChart.input,
    build: ({ machines }) => alone(machines.microphone),
    release: { type: "mic.released" },
    settled: ["off"],
  },
  {
    chart: speakerChart,
    input: undefined,
    build: ({ machines }) => alone(machines.speaker),
    release: { type: "speaker.released" },
    settled: ["off"],
  },
];

const DELAYS: Readonly<Record<string, number>> = {
  readyTimeout: 2_000,
  disconnectTimeout: 500,
  connectTimeout: 1_000,
  minUptime: 5_000,
  notBefore: 20_000,
  wait: 1_000,
};

function play(actor: AnyActorRef, clock: SimulatedClock, event: AnyEventObject): void {
  const delay = DELAYS[/^xstate\.after\.([^.]+)/.exec(event.type)?.[1] ?? ""];
  // A deadline may be before or after the time that a connection must last: it is said, and not waited for.
  if (delay === undefined) actor.send(event);
  else clock.increment(delay);
}

describe.each(lives)("$chart.id, live", ({ chart, input, build, release, settled }) => {
  const paths = shortestPaths(chart).map(
    (path) => [path.steps.map(({ type }) => type).join(" → ") || "(start)", path] as const,
  );

  it.each(paths)("%s", (_, { steps, places }) => {
    const ends = silentEnds();
    const clock = new SimulatedClock();
    const actor = createActor(build(ends), { input, clock }).start();
    const snapshot = (): AnyMachineSnapshot => actor.getSnapshot() as AnyMachineSnapshot;
    const seen: { readonly place: string; readonly tags: readonly string[] }[] = [];
    actor.subscribe(() => {
      seen.push({ place: placeOf(snapshot()), tags: [...snapshot().tags] });
    });
    for (const [index, event] of steps.entries()) {
      seen.length = 0;
      play(actor, clock, event);
      // Among those seen, not the last: a real child may answer at once and lead on.
      expect(seen.map(({ place }) => place)).toContain(places[index]);
      for (const { tags } of seen) if (chart === transportChart) expect(tags).toHaveLength(1);
    }

    if (snapshot().status === "active") actor.send(release);
    if (snapshot().matches({ active: { phase: { attempt: "closing" } } }))
      actor.send({ type: "connection.closed", fault: null });
    clock.increment(60_000);
    expect(settled).toContain(placeOf(snapshot()));
    expect([...ends.live]).toEqual([]);
  });
});
