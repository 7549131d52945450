import { assign, emit, sendTo, setup, stateIn } from "xstate";
import type { Fault } from "../src/contracts/fault.js";
import { linkMachine, type LinkOutcome } from "./link.machine.js";
import { microphoneMachine } from "./microphone.machine.js";
import { speakerMachine } from "./speaker.machine.js";
import type { RtviTag, TransportContext, TransportEvent, TransportFact, TransportInput } from "./transport.types.js";

/** The whole session: the RTVI lifecycle. Microphone and speaker live beside it, the link inside `session`. */
export const transportMachine = setup({
  types: {
    context: {} as TransportContext,
    events: {} as TransportEvent,
    emitted: {} as TransportFact,
    input: {} as TransportInput,
    tags: {} as RtviTag,
    children: {} as { microphone: "microphone"; speaker: "speaker"; link: "link" },
  },
  actors: { microphone: microphoneMachine, speaker: speakerMachine, link: linkMachine },
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
    hangUp: sendTo("link", { type: "link.released" }),
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
        message: "The connection crashed; the session has ended and connect() may be called again.",
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
    clearFault: assign({ fault: null }),
    markResumed: assign({ resumed: (_, params: { resumed: boolean }) => params.resumed }),
    announce: emit((_, params: { fact: TransportFact }) => params.fact),
  },
  guards: {
    /** However the link ends once the app has hung up, the session has ended as it was asked to. */
    isReleased: stateIn({ session: "disconnecting" }),
    closedOnPurpose: (_, params: { outcome: LinkOutcome }) => params.outcome.outcome === "closed",
    resumes: (_, params: { resumed: boolean }) => params.resumed,
  },
  delays: {
    readyTimeout: ({ context }) => context.readyTimeout,
    disconnectTimeout: ({ context }) => context.disconnectTimeout,
  },
}).createMachine({
  id: "transport",
  context: ({ input }) => ({ ...input, fault: null, resumed: false }),
  // A crash of either kills the root on purpose: nothing could answer for them, and the adapter starts a new root.
  invoke: [
    { id: "microphone", src: "microphone", input: ({ context }) => ({ muted: context.muted }) },
    { id: "speaker", src: "speaker" },
  ],
  initial: "idle",
  states: {
    idle: {
      description: "No session.",
      initial: "disconnected",
      states: {
        disconnected: {
          tags: "disconnected",
          entry: [
            "releaseMicrophone",
            "releaseSpeaker",
            { type: "announce", params: { fact: { type: "session.settled" } } },
          ],
        },
        initializing: {
          tags: "initializing",
          entry: "askForMicrophone",
          on: {
            "mic.acquired": {
              target: "initialized",
              actions: { type: "announce", params: ({ event }) => ({ fact: event }) },
            },
            "mic.failed": {
              target: "initialized",
              actions: { type: "announce", params: ({ event }) => ({ fact: event }) },
            },
          },
        },
        initialized: {
          tags: "initialized",
        },
        authenticating: {
          tags: "authenticating",
          on: {
            "bot.started": "authenticated",
            "devices.requested": { actions: "askForMicrophone" },
          },
        },
        authenticated: {
          tags: "authenticated",
          on: { "devices.requested": { actions: "askForMicrophone" } },
        },
        error: {
          description: "The last session failed; every way out of idle is open.",
          tags: "error",
          entry: ["releaseMicrophone", "releaseSpeaker"],
        },
      },
      on: {
        "devices.requested": ".initializing",
        "bot.starting": ".authenticating",
        "session.requested": "session",
        "session.released": ".disconnected",
      },
    },
    session: {
      description: "One conversation, however many wires it takes.",
      entry: ["clearFault", "startMicrophone", "startSpeaker", "armUplink"],
      exit: "disarmUplink",
      invoke: {
        id: "link",
        src: "link",
        input: ({ context }) => context.link,
        onDone: [
          { guard: "isReleased", target: "idle.disconnected" },
          {
            guard: { type: "closedOnPurpose", params: ({ event }) => ({ outcome: event.output }) },
            target: "idle.disconnected",
          },
          {
            target: "idle.error",
            actions: {
              type: "recordFault",
              params: ({ event }) => ({ fault: event.output.fault }),
            },
          },
        ],
        onError: [
          { guard: "isReleased", target: "idle.disconnected" },
          { target: "idle.error", actions: "recordCrash" },
        ],
      },
      initial: "connecting",
      states: {
        connecting: {
          tags: "connecting",
          on: {
            "link.opened": {
              target: "connected",
              actions: { type: "markResumed", params: ({ event }) => ({ resumed: event.resumed }) },
            },
          },
        },
        connected: {
          tags: "connected",
          on: {
            "service.ready": "ready",
            "client.ready": "ready",
            "link.dropped": {
              target: "recovering",
              actions: { type: "announce", params: ({ event }) => ({ fact: event }) },
            },
          },
          after: { readyTimeout: { target: "#transport.idle.error", actions: "recordReadyTimeout" } },
        },
        ready: {
          tags: "ready",
          entry: "openUplink",
          exit: "shutUplink",
          on: {
            "link.dropped": {
              target: "recovering",
              actions: { type: "announce", params: ({ event }) => ({ fact: event }) },
            },
          },
        },
        recovering: {
          description: "The link was lost and is being dialled again; the app sees `connecting`.",
          tags: "connecting",
          entry: "interruptSpeaker",
          on: {
            "link.opened": [
              {
                guard: { type: "resumes", params: ({ event }) => ({ resumed: event.resumed }) },
                target: "ready",
                actions: { type: "markResumed", params: { resumed: true } },
              },
              { target: "connected", actions: { type: "markResumed", params: { resumed: false } } },
            ],
          },
        },
        disconnecting: {
          description: "On the way out, and nothing turns it back.",
          tags: "disconnecting",
          entry: ["releaseMicrophone", "releaseSpeaker", "hangUp"],
          on: { "session.released": {}, "devices.requested": {}, "bot.failed": {}, "mic.acquired": {} },
          after: { disconnectTimeout: "#transport.idle.disconnected" },
        },
      },
      on: {
        "session.released": ".disconnecting",
        "devices.requested": { actions: "askForMicrophone" },
        "mic.acquired": {
          description: "An output that failed may have come back with it; one that is open is not touched.",
          actions: [{ type: "announce", params: ({ event }) => ({ fact: event }) }, "startSpeaker"],
        },
        "bot.failed": {
          target: "idle.error",
          actions: { type: "recordFault", params: ({ event }) => ({ fault: event.fault }) },
        },
      },
    },
  },
  on: {
    "mic.acquired": { actions: { type: "announce", params: ({ event }) => ({ fact: event }) } },
    "mic.failed": { actions: { type: "announce", params: ({ event }) => ({ fact: event }) } },
    "mic.lost": { actions: { type: "announce", params: ({ event }) => ({ fact: event }) } },
    "mic.muted": { actions: "muteMicrophone" },
    "mic.unmuted": { actions: "unmuteMicrophone" },
    "mic.chosen": { actions: { type: "chooseMicrophone", params: ({ event }) => ({ deviceId: event.deviceId }) } },
    "gesture.made": { actions: "unblockSpeaker" },
    "bot.interrupted": { actions: "interruptSpeaker" },
    "playback.blocked": { actions: { type: "announce", params: { fact: { type: "playback.blocked" } } } },
    "playback.unblocked": { actions: { type: "announce", params: { fact: { type: "playback.unblocked" } } } },
    "playback.failed": { actions: { type: "announce", params: ({ event }) => ({ fact: event }) } },
  },
});
