import type { AnyMachineSnapshot, AnyStateMachine, StateValue } from "xstate";
import {
  connectionMachine,
  microphoneMachine,
  speakerMachine,
  transportMachine,
  turnsMachine,
  type ConnectionInput,
  type TransportContext,
} from "../../../machines/index.js";
import { LULL, TURN_LETTERS, type Letter } from "./turn-letters.js";

/** A chart as the graph tests walk it. */
export interface ChartUnderTest {
  readonly id: string;
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  /** Every event that any state of the chart handles, results of children and time-outs included. */
  readonly alphabet: Readonly<Record<string, readonly Letter[]>>;
  /** Context that counts or measures, and decides next to nothing in the chart: left out, or the graph would have no end. */
  readonly endless?: readonly string[];
  /** What of the context tells states apart, where not all of it does. */
  readonly summary?: (value: StateValue, context: TransportContext) => object;
  /** Where a walk turns back, for what comes behind is like what is known. */
  readonly isEdge?: (snapshot: AnyMachineSnapshot) => boolean;
  /** Actors whose crash is the chart's own: it has no answer to it, and whoever runs the chart starts a new one. */
  readonly vital?: readonly string[];
}

const fault = { id: 1, code: "connection-lost", message: "scripted", retryable: true } as const;
const final = { ...fault, code: "unauthorized", retryable: false } as const;
const device = { deviceId: "a", label: "A", groupId: "" };

/** Retry numbers small enough for a small graph. */
export const CONNECTION_INPUT: ConnectionInput = {
  connectTimeout: 1_000,
  retryInitial: false,
  minUptime: 5_000,
};

const bare = (...types: readonly string[]): Record<string, Letter[]> =>
  Object.fromEntries(types.map((type) => [type, [{ event: { type } }]]));

const crashed = (...ids: readonly string[]): Record<string, Letter[]> =>
  Object.fromEntries(
    ids.map((id) => [
      `xstate.error.actor.${id}`,
      [{ event: { type: `xstate.error.actor.${id}`, actorId: id, error: new Error("scripted crash") } }],
    ]),
  );

const phasesOf = (older: TransportContext["older"]): string[] => [...new Set(older.map(({ phase }) => phase))].sort();

const silent = (...types: readonly string[]): Record<string, Letter[]> =>
  Object.fromEntries(types.map((type) => [type, []]));

export const transportChart: ChartUnderTest = {
  id: "transport",
  machine: transportMachine,
  vital: ["microphone", "speaker"],
  input: { connection: CONNECTION_INPUT, readyTimeout: 2_000, disconnectTimeout: 500, muted: false },
  endless: ["timesOpened", "timesReady"],
  // Of older attempts only which phases there are, for there may be any number of each; of a session nothing once it is over.
  summary: (value, { older, outage, attempt, continuity }) => ({
    ...(JSON.stringify(value).includes('"live"') && { outage: outage !== null, attempt, continuity }),
    older: phasesOf(older),
  }),
  // Two kinds of older attempts show how they get on with each other.
  isEdge: ({ context }) => phasesOf((context as TransportContext).older).length > 1,
  alphabet: {
    ...bare(
      "devices.requested",
      "session.released",
      "end.announced",
      "mic.muted",
      "mic.unmuted",
      "gesture.made",
      "bot.interrupted",
      "playback.blocked",
      "playback.interrupted",
      "playback.unblocked",
      "xstate.after.readyTimeout.transport.lifecycle.session.live.connected",
      "xstate.after.disconnectTimeout.transport.lifecycle.session.disconnecting",
    ),
    // The chart says these to itself, within a step.
    ...silent("hold.checked", "session.awaited", "session.requested", "bot.starting", "bot.started"),
    "devices.called": [{ event: { type: "devices.called", call: 1 } }],
    "start.called": [
      { note: "opens", event: { type: "start.called", call: 1, opens: true } },
      { note: "continues", event: { type: "start.called", call: 1, opens: false } },
    ],
    "start.failed": [{ event: { type: "start.failed" } }],
    "start.answered": [{ event: { type: "start.answered", call: 1 } }],
    "connect.called": [
      { note: "opens", event: { type: "connect.called", call: 1, opens: true, afresh: false } },
      { note: "opens afresh", event: { type: "connect.called", call: 1, opens: true, afresh: true } },
      { note: "continues", event: { type: "connect.called", call: 1, opens: false, afresh: false } },
    ],
    "call.barred": [{ event: { type: "call.barred", call: 1 } }],
    "query.lapsed": [
      { note: "its own", event: { type: "query.lapsed", attempt: 1 } },
      { note: "of another", event: { type: "query.lapsed", attempt: 7 } },
    ],
    "start.lapsed": [{ event: { type: "start.lapsed", attempt: 1 } }],
    "refusal.over": [{ event: { type: "refusal.over", attempt: 1 } }],
    ...crashed("connection", "turns"),
    "mic.chosen": [{ event: { type: "mic.chosen", deviceId: "b" } }],
    "mic.acquired": [{ event: { type: "mic.acquired", device } }],
    "mic.failed": [{ event: { type: "mic.failed", fault: final } }],
    "mic.lost": [{ event: { type: "mic.lost", fault: final } }],
    "playback.failed": [{ event: { type: "playback.failed", fault: final } }],
    "bot.failed": [{ event: { type: "bot.failed", fault: final } }],
    "connection.opened": [
      { note: "new", event: { type: "connection.opened", attempt: 1, continuity: "fresh" } },
      { note: "resumed", event: { type: "connection.opened", attempt: 2, continuity: "resumed" } },
    ],
    "connection.lost": [{ event: { type: "connection.lost", attempt: 1, fault } }],
    "connection.changing": [{ event: { type: "connection.changing", attempt: 1 } }],
    "service.ready": [{ event: { type: "service.ready", continuity: "replayed", gapMs: 700 } }],
    "xstate.done.actor.connection": (["closed", "refused", "exhausted"] as const).map((outcome) => ({
      note: outcome,
      event: {
        type: "xstate.done.actor.connection",
        actorId: "connection",
        output: { outcome, fault: outcome === "closed" ? null : final },
      },
    })),
  },
};

export const connectionChart: ChartUnderTest = {
  id: "connection",
  machine: connectionMachine,
  input: CONNECTION_INPUT,
  // Of two deadlines the walk follows the first that it meets, from where the other one is sooner.
  endless: ["attempt", "openings", "reconnects", "failures", "deadline"],
  alphabet: {
    ...bare(
      "network.lost",
      "connection.released",
      "session.ready",
      "retry.denied",
      "connection.busy",
      "connection.quiet",
      "xstate.after.connectTimeout.connection.active.phase.attempt.connecting",
      "xstate.after.minUptime.connection.active.phase.attempt.open.proof.young",
      "xstate.after.notBefore.connection.active.phase.attempt.open.plan.later",
      "xstate.after.deadline.connection.active.phase.attempt.open.plan.reconnect",
      "xstate.after.wait.connection.active.phase.waiting.counting",
    ),
    ...crashed("attempt", "network", "retry"),
    // The chart says it to itself, within a step.
    "attempt.began": [],
    "session.overdue": [{ event: { type: "session.overdue", readyTimeout: 2_000 } }],
    "page.woke": [{ event: { type: "page.woke", wait: 250 } }],
    "network.returned": [{ event: { type: "network.returned", wait: 250 } }],
    "retry.granted": [{ event: { type: "retry.granted", wait: 1_000 } }],
    "retry.failed": [{ event: { type: "retry.failed", fault: final } }],
    "connection.opened": [
      { note: "new", event: { type: "connection.opened", continuity: "fresh" } },
      { note: "resumed", event: { type: "connection.opened", continuity: "resumed" } },
    ],
    "connection.expiring": [
      { note: "now", event: { type: "connection.expiring", afterMs: 0, withinMs: 9_000 } },
      { note: "sooner", event: { type: "connection.expiring", afterMs: 0, withinMs: 8_500 } },
      { note: "later", event: { type: "connection.expiring", afterMs: 20_000, withinMs: 9_000 } },
    ],
    "connection.closed": [
      { note: "retryable", event: { type: "connection.closed", fault } },
      { note: "final", event: { type: "connection.closed", fault: final } },
    ],
  },
};

export const microphoneChart: ChartUnderTest = {
  id: "microphone",
  machine: microphoneMachine,
  input: { muted: false },
  alphabet: {
    ...bare("mic.requested", "mic.released", "session.began", "mic.muted", "mic.unmuted", "mic.proven", "device.left"),
    ...crashed("capture", "deviceWatch"),
    "mic.chosen": [{ event: { type: "mic.chosen", deviceId: "b" } }],
    "mic.acquired": [{ event: { type: "mic.acquired", device } }],
    "mic.failed": [
      { note: "away", event: { type: "mic.failed", fault: final } },
      { note: "refused", event: { type: "mic.failed", fault: { ...final, deviceError: "permissions" } } },
    ],
    "mic.lost": [{ event: { type: "mic.lost", fault: final } }],
    "device.arrived": [
      { note: "the chosen one", event: { type: "device.arrived", deviceIds: ["a", "b"], follows: false } },
      {
        note: "the chosen one, which the port follows",
        event: { type: "device.arrived", deviceIds: ["a", "b"], follows: true },
      },
      { note: "another", event: { type: "device.arrived", deviceIds: ["c"], follows: false } },
    ],
  },
};

export const speakerChart: ChartUnderTest = {
  id: "speaker",
  machine: speakerMachine,
  input: undefined,
  alphabet: {
    ...bare(
      "speaker.requested",
      "speaker.released",
      "playback.began",
      "playback.drained",
      "playback.blocked",
      "playback.interrupted",
      "playback.unblocked",
      "bot.interrupted",
      "gesture.made",
      "playback.proven",
    ),
    ...crashed("playback"),
    "playback.failed": [{ event: { type: "playback.failed", fault: final } }],
    "playback.lost": [{ event: { type: "playback.lost", fault: final } }],
  },
};

/** A lull that ends is the only letter that is not a fact. */
const turnLetters: readonly Letter[] = [...TURN_LETTERS, { event: { type: LULL } }];

export const turnsChart: ChartUnderTest = {
  id: "turns",
  machine: turnsMachine,
  input: { lull: undefined },
  // Which places there are is decided by the places alone.
  summary: () => ({}),
  alphabet: Object.fromEntries(
    turnLetters.map(({ event }) => [event.type, turnLetters.filter((letter) => letter.event.type === event.type)]),
  ),
};

/** The charts whose whole graph is small. */
export const charts = [transportChart, connectionChart, microphoneChart, speakerChart];
