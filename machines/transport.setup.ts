import { assign, emit, sendTo, setup, stateIn } from "xstate";
import type { Fault } from "../src/contracts/fault.js";
import type { Recovery } from "../src/contracts/continuity.js";
import { connectionMachine, type ConnectionFact, type ConnectionOutcome } from "./connection.machine.js";
import { microphoneMachine } from "./microphone.machine.js";
import { speakerMachine } from "./speaker.machine.js";
import { turnsMachine } from "./turns.machine.js";
import type {
  Outage,
  RtviTag,
  TransportContext,
  TransportEvent,
  TransportFact,
  TransportInput,
} from "./transport.types.js";

type Opened = Extract<ConnectionFact, { type: "connection.opened" }>;
type Dropped = Exclude<ConnectionFact, Opened>;
type Ready = Extract<TransportEvent, { type: "service.ready" }>;

/** What an app needs to know of a loss that was mended. */
const summaryOf = ({ code, message, closeCode }: Fault): Required<Recovery>["fault"] => ({
  code,
  message,
  ...(closeCode !== undefined && { closeCode }),
});

/** What the root chart is made of, by name; the chart itself is `transport.machine.ts`. */
export const transportSetup = setup({
  types: {
    context: {} as TransportContext,
    events: {} as TransportEvent,
    emitted: {} as TransportFact,
    input: {} as TransportInput,
    tags: {} as RtviTag,
    children: {} as { microphone: "microphone"; speaker: "speaker"; connection: "connection"; turns: "turns" },
  },
  actors: {
    microphone: microphoneMachine,
    speaker: speakerMachine,
    connection: connectionMachine,
    turns: turnsMachine,
  },
  actions: {
    askForMicrophone: sendTo("microphone", { type: "mic.requested" }),
    startMicrophone: sendTo("microphone", { type: "session.began" }),
    releaseMicrophone: sendTo("microphone", { type: "mic.released" }),
    muteMicrophone: sendTo("microphone", { type: "mic.muted" }),
    unmuteMicrophone: sendTo("microphone", { type: "mic.unmuted" }),
    chooseMicrophone: sendTo("microphone", (_, params: { deviceId: string }) => ({
      type: "mic.chosen" as const,
      deviceId: params.deviceId,
    })),
    startSpeaker: sendTo("speaker", { type: "speaker.requested" }),
    releaseSpeaker: sendTo("speaker", { type: "speaker.released" }),
    interruptSpeaker: sendTo("speaker", { type: "bot.interrupted" }),
    unblockSpeaker: sendTo("speaker", { type: "gesture.made" }),
    confirmLink: sendTo("connection", { type: "session.ready" }),
    giveUpWire: sendTo("connection", ({ context }) => ({
      type: "session.overdue" as const,
      readyTimeout: context.readyTimeout,
    })),
    hangUp: sendTo("connection", { type: "connection.released" }),
    /** Provided by the composition: valves of the uplink pipe. */
    armUplink: () => undefined,
    openUplink: () => undefined,
    shutUplink: () => undefined,
    disarmUplink: () => undefined,
    recordFault: assign({ fault: (_, params: { fault: Fault | null }) => params.fault }),
    recordCrash: assign({
      fault: {
        id: 0,
        code: "internal-error",
        message: "A chart of the session crashed; the session has ended and connect() may be called again.",
        retryable: false,
      },
    }),
    recordReadyTimeout: assign({
      fault: ({ context }): Fault => ({
        id: 0,
        code: "ready-timeout",
        message: `The service accepted the connection but was not ready within ${context.readyTimeout} ms.`,
        retryable: false,
      }),
    }),
    /** On every way out of `live`, while its actor runs. */
    endTurns: sendTo("turns", { type: "session.ended" }),
    countReady: assign({ timesReady: ({ context }) => context.timesReady + 1 }),
    /** Nothing of the last session is left. */
    beginAnew: assign({ timesOpened: 0, timesReady: 0, fault: null, outage: null, continuity: "fresh" }),
    recordWire: assign({
      attempt: (_, params: Opened) => params.attempt,
      timesOpened: ({ context }) => context.timesOpened + 1,
      continuity: (_, params: Opened) => params.continuity,
    }),
    /** A session that was ready is not any more. */
    recordOutage: assign({
      outage: (_, params: Dropped): Outage => ({
        attempt: params.attempt,
        fault: params.type === "connection.lost" ? params.fault : null,
      }),
    }),
    forgetOutage: assign({ outage: null }),
    announceRecovery: emit(({ context: { outage, attempt } }, { continuity, gapMs }: Ready): TransportFact => ({
      type: "session.recovered",
      recovery: {
        attempts: attempt - (outage?.attempt ?? 0),
        gapMs,
        continuity,
        planned: outage?.fault === null,
        ...(outage?.fault && { fault: summaryOf(outage.fault) }),
      },
    })),
    announce: emit((_, params: { fact: TransportFact }) => params.fact),
  },
  guards: {
    /** However the connection ends once the app has hung up, the session has ended as it was asked to. */
    isReleased: stateIn({ session: "disconnecting" }),
    closedOnPurpose: (_, params: { outcome: ConnectionOutcome }) => params.outcome.outcome === "closed",
    isRecovering: ({ context }) => context.outage !== null,
  },
  delays: {
    readyTimeout: ({ context }) => context.readyTimeout,
    disconnectTimeout: ({ context }) => context.disconnectTimeout,
  },
});
