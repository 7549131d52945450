import { and, assign, emit, not, raise, sendTo, setup, stateIn } from "xstate";
import { crashFault } from "./crash.js";
import type { Continuity, Recovery } from "../src/contracts/continuity.js";
import type { Fault } from "../src/contracts/fault.js";
import { connectionMachine, type ConnectionFact, type ConnectionInput } from "./connection.machine.js";
import {
  add,
  answered,
  callerIn,
  cancelled,
  holds,
  inPhase,
  replace,
  superseded,
  type Older,
  type OlderAttempt,
  type Refusal,
} from "./older-attempts.js";
import { microphoneMachine, type MicrophoneFact } from "./microphone.machine.js";
import { speakerMachine, type SpeakerFact } from "./speaker.machine.js";
import { turnsMachine } from "./turns.machine.js";

/** The RTVI transport states. Exactly one of them is a tag of every resting state of the root chart. */
export type RtviTag =
  | "disconnected"
  | "initializing"
  | "initialized"
  | "authenticating"
  | "authenticated"
  | "connecting"
  | "connected"
  | "ready"
  | "disconnecting"
  | "error";

/**
 * What the client calls on its way to a session. Calls are numbered; an attempt has the number of its last call. `opens`: the
 * call begins a new attempt; otherwise it continues one that was begun before.
 */
export type CallFact =
  /** A new attempt asks for devices first. */
  | { readonly type: "devices.called"; readonly call: number }
  /** The bot's start is requested: the client has written "authenticating". */
  | { readonly type: "start.called"; readonly call: number; readonly opens: boolean }
  /** The bot has started: the client has written "authenticated". */
  | { readonly type: "start.answered"; readonly call: number }
  /** Its request has failed: the client reports a fatal error, and disconnects. */
  | { readonly type: "start.failed" }
  /** `afresh`: not what `startBotAndConnect()` goes on with, which comes in a run of its own. */
  | {
      readonly type: "connect.called";
      readonly call: number;
      readonly opens: boolean;
      readonly afresh: boolean;
    }
  /** A call of a client to which the transport does not belong. */
  | { readonly type: "call.barred"; readonly call: number }
  /** The page has answered the permissions query by all that is known, and the client has not gone on. */
  | { readonly type: "query.lapsed"; readonly attempt: number }
  /** `startBotAndConnect()` would have gone on by now. */
  | { readonly type: "start.lapsed"; readonly attempt: number }
  /** A refused call is over: the client has disconnected after it, or does not. */
  | { readonly type: "refusal.over"; readonly attempt: number };

/** What the chart says to itself: what waits for older attempts, or for the end of a session, may go on if it can; and so on. */
type OwnFact = { readonly type: "hold.checked" } | { readonly type: "session.awaited" };

export type TransportEvent =
  /* from the app */
  | CallFact
  | { readonly type: "devices.requested" }
  | { readonly type: "bot.starting" }
  | { readonly type: "bot.started" }
  | { readonly type: "session.requested" }
  | { readonly type: "session.released" }
  /** The app has heard of the end that `session.settled` reported. */
  | { readonly type: "end.announced" }
  | { readonly type: "mic.muted" }
  | { readonly type: "mic.unmuted" }
  | { readonly type: "mic.chosen"; readonly deviceId: string }
  | { readonly type: "gesture.made" }
  /* from the service */
  /** `gapMs`: since the session was ready last, if it was; only who has a clock can tell. */
  | { readonly type: "service.ready"; readonly continuity: Continuity; readonly gapMs: number }
  /** The player was silenced, whoever asked for it. */
  | { readonly type: "bot.interrupted" }
  | { readonly type: "bot.failed"; readonly fault: Fault }
  /* from the children */
  | ConnectionFact
  | MicrophoneFact
  | SpeakerFact
  | OwnFact;

/** A call that is refused, and the attempt that it belongs to. */
export interface RefusedCall {
  readonly call: number;
  readonly attempt: number;
  readonly why: Refusal;
}

/** What becomes of calls. */
export type CallVerdict =
  /** The devices of these attempts have been answered, or nothing waits for them any more; and these calls are refused. */
  | {
      readonly type: "calls.decided";
      readonly answered: readonly number[];
      readonly refused: readonly RefusedCall[];
    }
  /** Its session begins in this step. */
  | { readonly type: "call.accepted"; readonly call: number }
  /** It arrived in a session, and shares it. */
  | { readonly type: "call.joined"; readonly call: number };

/** Facts that are not states, for whoever listens with `actor.on`. */
export type TransportFact =
  | CallVerdict
  | MicrophoneFact
  | Extract<
      SpeakerFact,
      { type: "playback.blocked" | "playback.interrupted" | "playback.unblocked" | "playback.failed" }
    >
  | Exclude<ConnectionFact, { type: "connection.opened" }>
  /** The session is ready again after an outage. */
  | { readonly type: "session.recovered"; readonly recovery: Recovery }
  /** Nothing is held and nothing runs: the answer to each `session.released`. */
  | { readonly type: "session.settled" };

/** All times in ms. */
export interface TransportInput {
  readonly connection: ConnectionInput;
  /** How long the service may take from open to ready. */
  readonly readyTimeout: number;
  /** How long an orderly close may take. */
  readonly disconnectTimeout: number;
  /** Whether the microphone starts muted. */
  readonly muted: boolean;
  /** Ms without a sign of the user's speech after which a turn that is only inferred is over; undefined: the chart's default. */
  readonly lull: number | undefined;
  /** Ms that a function call may wait for its result; 0: for ever. */
  readonly functionCallTimeout: number;
}

export interface TransportContext {
  readonly connection: ConnectionInput;
  readonly readyTimeout: number;
  readonly disconnectTimeout: number;
  readonly muted: boolean;
  readonly lull: number | undefined;
  readonly functionCallTimeout: number;
  /** How often a connection of this session has opened, and the service on it was ready. */
  readonly timesOpened: number;
  readonly timesReady: number;
  /** The number of the newest attempt, or of the last there was. */
  readonly newest: number;
  /** Attempts that it took the place of, or that were cancelled; oldest first. */
  readonly older: Older;
  /** Why the last session failed; null while all is well. */
  readonly fault: Fault | null;
  /** Which attempt of the session opened the connection that is open, or was last. */
  readonly attempt: number;
  /** What was known of the conversation when that connection opened. */
  readonly continuity: Continuity;
  /** Since the session was ready last and is not; null while nothing is wrong. */
  readonly outage: Outage | null;
}

/** A session that was ready has no connection. */
export interface Outage {
  /** The attempt that had opened it. */
  readonly attempt: number;
  /** Null when it is changed on purpose. */
  readonly fault: Fault | null;
}

type Opened = Extract<ConnectionFact, { type: "connection.opened" }>;
type Dropped = Exclude<ConnectionFact, Opened>;
type Ready = Extract<TransportEvent, { type: "service.ready" }>;
type Called = Pick<CallFact & { call: number }, "call">;
type Ended = Pick<CallFact & { attempt: number }, "attempt">;
/** A call of an older attempt, and where that one was left. */
interface Continued extends Called, From {}
interface From {
  readonly from: "query" | "starting" | "started";
}

const decided = (answered: Older, refused: readonly RefusedCall[] = []): CallVerdict => ({
  type: "calls.decided",
  answered: answered.map(({ id }) => id),
  refused,
});

/** The `connect()` that waits has the number of its attempt. */
const refusedIn = (older: Older): RefusedCall[] =>
  inPhase(older, "held").map(({ id, why }) => ({ call: id, attempt: id, why }));

/** What an app needs to know of a loss that was mended. */
const summaryOf = ({ code, message, closeCode }: Fault): Required<Recovery>["fault"] => ({
  code,
  message,
  ...(closeCode !== undefined && { closeCode }),
});

/**
 * The whole session. `lifecycle` is what RTVI shows: no session, or one, with its connection inside. `calls` beside it
 * models the client's way there: of the attempts that the app has made, the newest decides, and older ones come to nothing
 * however late they call. Microphone and speaker live beside both.
 */
export const transportMachine = setup({
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
    /** Whatever leaves an attempt makes it an older one, unless the attempt itself goes on. */
    setAside: assign({
      older: ({ context }, { phase }: { phase: OlderAttempt["phase"] }) =>
        add(context.older, { id: context.newest, phase, why: "superseded" }),
    }),
    goOn: assign({ older: ({ context }) => context.older.slice(0, -1) }),
    open: assign({ newest: (_, { call }: Called) => call }),
    /** A newer attempt begins: what the last one waits for need not come any more. */
    reportSuperseded: emit(({ context: { older } }): TransportFact =>
      decided(inPhase(older, "waiting"), refusedIn(older)),
    ),
    supersede: assign({ older: ({ context }) => context.older.map(superseded) }),
    /** The app has disconnected: nothing that was asked for before begins after it. */
    reportCancelled: emit(({ context: { older } }): TransportFact =>
      decided(
        inPhase(older, "waiting", "devices"),
        refusedIn(older).map((each) => ({ ...each, why: "cancelled" })),
      ),
    ),
    cancel: assign({ older: ({ context }) => context.older.map(cancelled) }),
    reportNewestAnswered: emit(({ context: { newest, older } }): TransportFact => {
      const also = inPhase(older, "devices").map(({ id }) => id);
      return { type: "calls.decided", answered: [newest, ...also], refused: [] };
    }),
    reportAnswered: emit(({ context: { older } }): TransportFact => decided(inPhase(older, "devices"))),
    recordAnswered: assign({
      older: ({ context }) => context.older.map((each) => (each.phase === "devices" ? answered(each) : each)),
    }),
    accept: emit(({ context }): TransportFact => ({ type: "call.accepted", call: context.newest })),
    join: emit((_, { call }: Called): TransportFact => ({ type: "call.joined", call })),
    reportRefused: emit(({ context: { older } }, { call, from }: Continued): TransportFact => {
      const caller = callerIn(older, from);
      return decided([], [{ call, attempt: caller?.id ?? call, why: caller?.why ?? "cancelled" }]);
    }),
    reportInSession: emit((_, { call }: Called): TransportFact =>
      decided([], [{ call, attempt: call, why: "superseded" }]),
    ),
    /** The client disconnects after a `connect()` that was refused, and only then the attempt is over. */
    awaitRefusal: assign({
      older: ({ context: { older } }, { from }: From) => replace(older, callerIn(older, from), "refused"),
    }),
    /** Nothing follows the start of a bot that was refused. */
    forgetCaller: assign({
      older: ({ context: { older } }, { from }: From) => older.filter((each) => each !== callerIn(older, from)),
    }),
    reportBarred: emit((_, { call }: Called): TransportFact => ({
      type: "calls.decided",
      answered: [call],
      refused: [],
    })),
    bar: assign({
      older: ({ context }, { call }: Called) => add(context.older, { id: call, phase: "query", why: "occupied" }),
    }),
    forget: assign({ older: ({ context }, { attempt }: Ended) => context.older.filter(({ id }) => id !== attempt) }),
    expectNoMore: assign({
      older: ({ context: { older } }, { attempt }: Ended) =>
        replace(
          older,
          inPhase(older, "query").find(({ id }) => id === attempt),
          "overdue",
        ),
    }),
    checkHold: raise({ type: "hold.checked" }),
    awaitSession: raise({ type: "session.awaited" }),
    requestSession: raise({ type: "session.requested" }),
    requestDevices: raise({ type: "devices.requested" }),
    startBot: raise({ type: "bot.starting" }),
    confirmBot: raise({ type: "bot.started" }),
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
    confirmConnection: sendTo("connection", { type: "session.ready" }),
    giveUpConnection: sendTo("connection", ({ context }) => ({
      type: "session.overdue" as const,
      readyTimeout: context.readyTimeout,
    })),
    closeConnection: sendTo("connection", { type: "connection.released" }),
    /** Provided by the composition: valves of the uplink pipe. Armed, it keeps what is said until it is opened. */
    armUplink: () => undefined,
    openUplink: () => undefined,
    shutUplink: () => undefined,
    recordFault: assign({ fault: (_, params: { fault: Fault | null }) => params.fault }),
    recordCrash: assign({
      fault: ({ event }) =>
        crashFault("The session has ended, and connect() may be called again: a chart crashed", event),
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
    recordConnection: assign({
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
    isInSession: stateIn({ lifecycle: { session: "live" } }),
    isNotInSession: not("isInSession"),
    /** And the app has heard of it: whoever waits for the end learns of it before the next session begins. */
    isSessionOver: and([
      not(stateIn({ lifecycle: "session" })),
      not(stateIn({ lifecycle: { idle: { disconnected: "unannounced" } } })),
    ]),
    holdsNothing: ({ context }) => !holds(context.older),
    isFree: and(["isSessionOver", "holdsNothing"]),
    olderAsked: ({ context }) => inPhase(context.older, "devices").length > 0,
    /** `startBotAndConnect()` goes on in a run in which the app does nothing else. */
    continuesStart: (_, params: { opens: boolean; afresh: boolean }) => params.opens && !params.afresh,
    isNewest: ({ context }, params: { attempt: number }) => params.attempt === context.newest,
    /** The newest attempt goes on, if no older one should have called before it. */
    continuesNewest: ({ context }, params: { opens: boolean }) =>
      !params.opens && inPhase(context.older, "query").length === 0,
    continuesOlder: ({ context }, params: { opens: boolean }) =>
      !params.opens && callerIn(context.older, "query") !== undefined,
    continuesCancelledStart: ({ context }, params: { opens: boolean; afresh: boolean }) =>
      params.opens && !params.afresh && callerIn(context.older, "started") !== undefined,
    /** Starts are answered in the order in which they were requested, as far as the client lets anything be known of it. */
    answersNewest: ({ context }) => callerIn(context.older, "starting") === undefined,
    /** However the connection ends once the app has disconnected, the session has ended as it was asked to. */
    isReleased: stateIn({ lifecycle: { session: "disconnecting" } }),
    isRecovering: ({ context }) => context.outage !== null,
  },
  delays: {
    readyTimeout: ({ context }) => context.readyTimeout,
    disconnectTimeout: ({ context }) => context.disconnectTimeout,
  },
}).createMachine({
  id: "transport",
  context: ({ input }) => ({
    ...input,
    timesOpened: 0,
    timesReady: 0,
    newest: 0,
    older: [],
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
  type: "parallel",
  states: {
    calls: {
      description:
        "The newest attempt of the app to get to a session; older ones are facts, because they only come to nothing.",
      initial: "none",
      states: {
        none: {
          description: "No attempt is on its way: none was made, it was cancelled, or its session has begun.",
        },
        devices: {
          description: "It waits for the microphone's answer.",
          initial: "waiting",
          states: {
            waiting: {
              description: "Not asked for yet: an older attempt can still call, and would take the answer for its own.",
              entry: "checkHold",
              exit: { type: "setAside", params: { phase: "waiting" } },
              on: { "hold.checked": { guard: "isFree", target: "asked", actions: ["goOn", "requestDevices"] } },
            },
            asked: {
              description: "The microphone is asked, and has not answered.",
              exit: { type: "setAside", params: { phase: "devices" } },
              on: {
                "mic.acquired": {
                  target: "#transport.calls.query",
                  actions: ["goOn", "reportNewestAnswered", "recordAnswered"],
                },
                "mic.failed": {
                  target: "#transport.calls.query",
                  actions: ["goOn", "reportNewestAnswered", "recordAnswered"],
                },
              },
            },
          },
        },
        query: {
          description: "The client asks the page for permissions, and calls again when it has answered.",
          initial: "due",
          states: {
            due: {
              description: "The page may still have to answer: a newer attempt waits for the call.",
              exit: { type: "setAside", params: { phase: "query" } },
              on: {
                "query.lapsed": {
                  guard: { type: "isNewest", params: ({ event }) => event },
                  target: "overdue",
                  actions: "goOn",
                },
              },
            },
            overdue: {
              description: "It should have called again. It may still do so, but a newer one does not wait for it.",
              exit: { type: "setAside", params: { phase: "overdue" } },
            },
          },
          on: {
            "connect.called": {
              guard: { type: "continuesNewest", params: ({ event }) => event },
              target: "held",
              actions: ["goOn", { type: "open", params: ({ event }) => event }],
            },
            "start.called": {
              guard: { type: "continuesNewest", params: ({ event }) => event },
              target: "starting",
              actions: ["goOn", "startBot"],
            },
          },
        },
        starting: {
          description: "Its bot is being started.",
          exit: { type: "setAside", params: { phase: "starting" } },
          on: {
            "start.answered": {
              guard: "answersNewest",
              target: "started",
              actions: ["goOn", { type: "open", params: ({ event }) => event }, "confirmBot"],
            },
            "start.failed": {
              description: "The client disconnects then by itself.",
              guard: "answersNewest",
              target: "none",
              actions: "goOn",
            },
          },
        },
        started: {
          description: "Its bot has just started: `startBotAndConnect()` goes on within a few microtasks.",
          exit: { type: "setAside", params: { phase: "started" } },
          on: {
            "devices.called": {
              target: "devices",
              actions: ["goOn", { type: "open", params: ({ event }) => event }],
            },
            "connect.called": {
              guard: { type: "continuesStart", params: ({ event }) => event },
              target: "held",
              actions: ["goOn", { type: "open", params: ({ event }) => event }],
            },
            "start.lapsed": {
              guard: { type: "isNewest", params: ({ event }) => event },
              target: "none",
              actions: "goOn",
            },
          },
        },
        held: {
          description:
            "Its connect() is there. It begins once no older attempt can call any more, and the last session is over.",
          entry: "checkHold",
          exit: { type: "setAside", params: { phase: "held" } },
          on: {
            "hold.checked": [
              { guard: "isFree", target: "none", actions: ["goOn", "accept", "requestSession"] },
              { guard: "isSessionOver", actions: "awaitSession" },
            ],
          },
        },
      },
      on: {
        "devices.called": {
          guard: "isNotInSession",
          target: ".devices",
          actions: ["reportSuperseded", "supersede", { type: "open", params: ({ event }) => event }],
        },
        "start.called": [
          {
            guard: { type: "continuesOlder", params: ({ event }) => event },
            actions: [
              { type: "reportRefused", params: ({ event }) => ({ call: event.call, from: "query" }) },
              { type: "forgetCaller", params: { from: "query" } },
              "checkHold",
            ],
          },
          { guard: "isInSession", actions: { type: "reportInSession", params: ({ event }) => event } },
          {
            target: ".starting",
            actions: ["reportSuperseded", "supersede", { type: "open", params: ({ event }) => event }, "startBot"],
          },
        ],
        "start.answered": {
          description: "Of an older attempt, or of none: the bot is not wanted any more.",
          actions: [
            { type: "reportRefused", params: ({ event }) => ({ call: event.call, from: "starting" }) },
            { type: "forgetCaller", params: { from: "starting" } },
          ],
        },
        "start.failed": {
          description: "Of an older attempt: it calls no more.",
          actions: { type: "forgetCaller", params: { from: "starting" } },
        },
        "connect.called": [
          {
            guard: { type: "continuesCancelledStart", params: ({ event }) => event },
            actions: [
              { type: "reportRefused", params: ({ event }) => ({ call: event.call, from: "started" }) },
              { type: "awaitRefusal", params: { from: "started" } },
            ],
          },
          {
            description: "After bot-ready a refusal would make the client drop what it knows of the bot.",
            guard: "isInSession",
            actions: { type: "join", params: ({ event }) => event },
          },
          {
            guard: { type: "continuesOlder", params: ({ event }) => event },
            actions: [
              { type: "reportRefused", params: ({ event }) => ({ call: event.call, from: "query" }) },
              { type: "awaitRefusal", params: { from: "query" } },
            ],
          },
          {
            target: ".held",
            actions: ["reportSuperseded", "supersede", { type: "open", params: ({ event }) => event }],
          },
        ],
        "end.announced": { actions: "checkHold" },
        "call.barred": {
          actions: [
            { type: "reportBarred", params: ({ event }) => event },
            { type: "bar", params: ({ event }) => event },
          ],
        },
        "session.released": { target: ".none", actions: ["reportCancelled", "cancel"] },
        "mic.acquired": { guard: "olderAsked", actions: ["reportAnswered", "recordAnswered"] },
        "mic.failed": { guard: "olderAsked", actions: ["reportAnswered", "recordAnswered"] },
        "query.lapsed": { actions: [{ type: "expectNoMore", params: ({ event }) => event }, "checkHold"] },
        "start.lapsed": { actions: { type: "forget", params: ({ event }) => event } },
        "refusal.over": { actions: [{ type: "forget", params: ({ event }) => event }, "checkHold"] },
      },
    },
    afterwards: {
      description: "What the app asks for while a session ends, without wanting another: its devices.",
      initial: "nothing",
      states: {
        nothing: {
          description: "Nothing is asked for, or it is asked for at once.",
          on: { "devices.requested": { guard: "isReleased", target: "devices" } },
        },
        devices: {
          description: "Its devices, as soon as the session is over.",
          on: {
            "hold.checked": { guard: "isSessionOver", target: "nothing", actions: "requestDevices" },
            "session.released": "nothing",
          },
        },
      },
    },
    lifecycle: {
      description: "What RTVI shows.",
      initial: "idle",
      states: {
        idle: {
          description: "No session.",
          initial: "disconnected",
          states: {
            disconnected: {
              tags: "disconnected",
              description: "Nothing is held: no microphone, no connection.",
              entry: ["releaseMicrophone", { type: "announce", params: { fact: { type: "session.settled" } } }],
              initial: "announced",
              states: {
                unannounced: {
                  description: "The app has yet to hear of it.",
                  on: { "end.announced": "announced" },
                },
                announced: { description: "The app knows." },
              },
            },
            initializing: {
              tags: "initializing",
              description: "The user is being asked for the microphone.",
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
              description: "The microphone was granted or refused; no session has been asked for.",
            },
            authenticating: {
              tags: "authenticating",
              description: "The client requests the bot's start from the app's endpoint.",
              on: {
                "bot.started": "authenticated",
                "devices.requested": { actions: "askForMicrophone" },
              },
            },
            authenticated: {
              tags: "authenticated",
              description: "The bot has started, and the client's connect() is on its way.",
              on: { "devices.requested": { actions: "askForMicrophone" } },
            },
            waiting: {
              description: "A connect() is there, and waits until no older one can take its place.",
              tags: "connecting",
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
            "session.awaited": ".waiting",
            "session.requested": "session",
            "session.released": ".disconnected.unannounced",
          },
        },
        session: {
          description: "One conversation, however many connections it takes, and its end.",
          entry: "beginAnew",
          exit: "shutUplink",
          invoke: [
            {
              id: "turns",
              src: "turns",
              input: ({ context: { lull, functionCallTimeout } }) => ({ lull, functionCallTimeout }),
              onError: [
                { guard: "isReleased", target: "idle.disconnected.unannounced" },
                { target: "idle.error", actions: "recordCrash" },
              ],
            },
            {
              id: "connection",
              src: "connection",
              input: ({ context }) => context.connection,
              onDone: [
                { guard: "isReleased", target: "idle.disconnected.unannounced" },
                {
                  target: "idle.error",
                  actions: { type: "recordFault", params: ({ event }) => ({ fault: event.output.fault }) },
                },
              ],
              onError: [
                { guard: "isReleased", target: "idle.disconnected.unannounced" },
                { target: "idle.error", actions: "recordCrash" },
              ],
            },
          ],
          initial: "live",
          states: {
            live: {
              description: "On its way to ready, ready, or on its way back to it.",
              entry: ["startMicrophone", "startSpeaker", "armUplink"],
              exit: "endTurns",
              initial: "connecting",
              states: {
                connecting: {
                  tags: "connecting",
                  description: "The first connection of the session is being opened.",
                  on: {
                    "connection.opened": {
                      target: "connected",
                      actions: { type: "recordConnection", params: ({ event }) => event },
                    },
                  },
                },
                connected: {
                  tags: "connected",
                  description: "A connection is open; the service has yet to say that it can be spoken to.",
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
                      { guard: "isRecovering", actions: "giveUpConnection" },
                      { target: "#transport.lifecycle.idle.error", actions: "recordReadyTimeout" },
                    ],
                  },
                },
                ready: {
                  tags: "ready",
                  description: "The service listens, and the microphone's audio is sent.",
                  entry: ["countReady", "openUplink", "confirmConnection"],
                  exit: "armUplink",
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
                    "The connection was lost, or is changed, and another is attempted; the app sees `connecting`.",
                  tags: "connecting",
                  entry: "interruptSpeaker",
                  on: {
                    "connection.opened": {
                      target: "connected",
                      actions: { type: "recordConnection", params: ({ event }) => event },
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
                  target: "#transport.lifecycle.idle.error",
                  actions: { type: "recordFault", params: ({ event }) => ({ fault: event.fault }) },
                },
              },
            },
            disconnecting: {
              description: "On the way out, and nothing turns it back.",
              tags: "disconnecting",
              entry: ["releaseMicrophone", "releaseSpeaker", "closeConnection"],
              after: { disconnectTimeout: "#transport.lifecycle.idle.disconnected.unannounced" },
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
        "playback.interrupted": { actions: { type: "announce", params: { fact: { type: "playback.interrupted" } } } },
        "playback.unblocked": { actions: { type: "announce", params: { fact: { type: "playback.unblocked" } } } },
        "playback.failed": { actions: { type: "announce", params: ({ event }) => ({ fact: event }) } },
      },
    },
  },
});
