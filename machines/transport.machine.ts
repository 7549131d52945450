import { transportSetup } from "./transport.setup.js";

/** The whole session: the RTVI lifecycle. Microphone and speaker live beside it, the connection inside `session`. */
export const transportMachine = transportSetup.createMachine({
  id: "transport",
  context: ({ input }) => ({
    ...input,
    timesOpened: 0,
    timesReady: 0,
    fault: null,
    attempt: 0,
    continuity: "fresh",
    outage: null,
  }),
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
      description: "One conversation, however many connections it takes.",
      entry: ["beginAnew", "startMicrophone", "startSpeaker", "armUplink"],
      exit: "disarmUplink",
      invoke: [
        {
          id: "turns",
          src: "turns",
          input: ({ context }) => ({ lull: context.lull }),
          onError: [
            { guard: "isReleased", target: "idle.disconnected" },
            { target: "idle.error", actions: "recordCrash" },
          ],
        },
        {
          id: "connection",
          src: "connection",
          input: ({ context }) => context.connection,
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
      ],
      initial: "live",
      states: {
        live: {
          description: "Until the session is asked to end, or fails.",
          exit: "endTurns",
          initial: "connecting",
          states: {
            connecting: {
              tags: "connecting",
              on: {
                "connection.opened": {
                  target: "connected",
                  actions: { type: "recordWire", params: ({ event }) => event },
                },
              },
            },
            connected: {
              tags: "connected",
              on: {
                "service.ready": [
                  {
                    guard: "isRecovering",
                    target: "ready",
                    actions: [{ type: "announceRecovery", params: ({ event }) => event }, "forgetOutage"],
                  },
                  { target: "ready" },
                ],
                "connection.lost": {
                  target: "recovering",
                  actions: { type: "announce", params: ({ event }) => ({ fact: event }) },
                },
                "connection.changing": {
                  target: "recovering",
                  actions: { type: "announce", params: ({ event }) => ({ fact: event }) },
                },
              },
              after: {
                readyTimeout: [
                  // A session that was ready has something to lose: the connection decides, as after any other failed attempt.
                  { guard: "isRecovering", actions: "giveUpWire" },
                  { target: "#transport.idle.error", actions: "recordReadyTimeout" },
                ],
              },
            },
            ready: {
              tags: "ready",
              entry: ["countReady", "openUplink", "confirmLink"],
              exit: "shutUplink",
              on: {
                "connection.lost": {
                  target: "recovering",
                  actions: [
                    { type: "recordOutage", params: ({ event }) => event },
                    { type: "announce", params: ({ event }) => ({ fact: event }) },
                  ],
                },
                "connection.changing": {
                  target: "recovering",
                  actions: [
                    { type: "recordOutage", params: ({ event }) => event },
                    { type: "announce", params: ({ event }) => ({ fact: event }) },
                  ],
                },
              },
            },
            recovering: {
              description:
                "The connection was lost, or is changed, and is being opened again; the app sees `connecting`.",
              tags: "connecting",
              entry: "interruptSpeaker",
              on: {
                "connection.opened": {
                  target: "connected",
                  actions: { type: "recordWire", params: ({ event }) => event },
                },
              },
            },
          },
          on: {
            "session.released": "disconnecting",
            "devices.requested": { actions: "askForMicrophone" },
            "mic.acquired": {
              description: "An output that failed may have come back with it; one that is open is not touched.",
              actions: [{ type: "announce", params: ({ event }) => ({ fact: event }) }, "startSpeaker"],
            },
            "bot.failed": {
              target: "#transport.idle.error",
              actions: { type: "recordFault", params: ({ event }) => ({ fault: event.fault }) },
            },
          },
        },
        disconnecting: {
          description: "On the way out, and nothing turns it back.",
          tags: "disconnecting",
          entry: ["releaseMicrophone", "releaseSpeaker", "hangUp"],
          on: { "mic.acquired": {} },
          after: { disconnectTimeout: "#transport.idle.disconnected" },
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
