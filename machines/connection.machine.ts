import {
  and,
  assign,
  fromCallback,
  not,
  or,
  raise,
  sendParent,
  sendTo,
  setup,
  stateIn,
  type EventObject,
} from "xstate";
import { crashFault } from "./crash.js";
import type { Fault } from "../src/contracts/fault.js";
import type { Continuity, PlannedChange } from "../src/contracts/continuity.js";
import type { RetryContext } from "../src/contracts/retry.js";

/** Facts that an `attempt` actor reports of the connection it opens. */
export type AttemptFact =
  | { readonly type: "connection.opened"; readonly continuity: Continuity }
  /** It is to be changed for a new one. */
  | ({ readonly type: "connection.expiring" } & PlannedChange)
  /** The user or the bot speaks, or one waits for the other: no moment to change the connection. */
  | { readonly type: "connection.busy" }
  | { readonly type: "connection.quiet" }
  | { readonly type: "connection.closed"; readonly fault: Fault };

/** What an `attempt` actor is asked to do. */
export type AttemptCommand =
  /** Closes the connection in an orderly way; `connection.closed` follows. */
  | { readonly type: "close" }
  /** There is a reason to doubt that the service is still there: asks it for a sign of life. */
  | { readonly type: "probe" };

/** Facts that a `network` actor reports; `wait`: how many ms to wait, so that not all clients come back together. */
export type NetworkFact =
  | { readonly type: "network.lost" }
  | { readonly type: "network.returned"; readonly wait: number }
  /** The page was hidden, frozen or asleep, and much may have happened. */
  | { readonly type: "page.woke"; readonly wait: number };

/** What the parent reports of the session that the connection carries. */
export type SessionFact =
  | { readonly type: "session.ready" }
  /** The connection is open, and the service was not ready within so many ms. */
  | { readonly type: "session.overdue"; readonly readyTimeout: number };

/** The answer of a `retry` actor: wait so many ms and reconnect, give up, or the policy is broken. */
export type RetryFact =
  | { readonly type: "retry.granted"; readonly wait: number }
  | { readonly type: "retry.denied" }
  | { readonly type: "retry.failed"; readonly fault: Fault };

/** What a `retry` actor is asked. */
export interface RetryInput extends Pick<RetryContext, "reconnect" | "attempts" | "fault"> {
  /** How many attempts of this session have opened. */
  readonly openings: number;
  /** How many attempts of this outage have ended, this one included; 1 when the outage begins. */
  readonly failures: number;
}

/** What the chart says to itself: each attempt starts with a clean record. */
type OwnFact = { readonly type: "attempt.began" };

export type ConnectionEvent =
  | AttemptFact
  | NetworkFact
  | RetryFact
  | SessionFact
  | OwnFact
  | { readonly type: "connection.released" };

/** What the connection reports to its parent. `attempt` counts the attempts of the session. */
export type ConnectionFact =
  | { readonly type: "connection.opened"; readonly attempt: number; readonly continuity: Continuity }
  /** It was lost, and a reconnect will be attempted. */
  | { readonly type: "connection.lost"; readonly attempt: number; readonly fault: Fault }
  /** It is changed on purpose, before the service would end it. */
  | { readonly type: "connection.changing"; readonly attempt: number };

/** All times in ms. */
export interface ConnectionInput {
  /** How long one attempt may take to open. */
  readonly connectTimeout: number;
  /** Whether an attempt is made again although none of the session has opened. */
  readonly retryInitial: boolean;
  /** How long a connection must stay open, and the service be ready, before earlier failures are forgotten. */
  readonly minUptime: number;
}

export interface ConnectionContext extends ConnectionInput {
  /** Attempts so far; 1 is the first. */
  readonly attempt: number;
  /** How many of them have opened. */
  readonly openings: number;
  /** Which reconnect in a row is under way, or was the last; forgotten once a connection has proven itself. */
  readonly reconnects: number;
  /** Attempts that ended in a row, also those that do not count as a reconnect; forgotten at the same moment. */
  readonly failures: number;
  /** When a planned reconnect is made at the latest, in ms from when it may be made. */
  readonly deadline: number;
  /** Ms until the next attempt. */
  readonly wait: number;
  readonly outcome: ConnectionOutcome["outcome"];
  /** Why the last attempt ended. */
  readonly fault: Fault | null;
}

/** How a session's connection ended: on purpose, by a fault that no reconnect can mend, or after the last reconnect. */
export interface ConnectionOutcome {
  readonly outcome: "closed" | "refused" | "exhausted";
  readonly fault: Fault | null;
}

/** How long before the announced end of a connection it is changed, in ms, whatever is going on. */
const CHANGE_MARGIN = 1_000;

const deadlineOf = (withinMs: number): number => Math.max(0, withinMs - CHANGE_MARGIN);
const latestOf = ({ afterMs = 0, withinMs }: PlannedChange): number => afterMs + withinMs;

const CRASHED = "The connection's own code crashed";

/**
 * One session's connection: connect, stay open, change a connection that expires, and after a loss wait and reconnect.
 * Three regions: is there a network, has an attempt of this session opened, and which step is under way.
 */
export const connectionMachine = setup({
  types: {
    context: {} as ConnectionContext,
    events: {} as ConnectionEvent,
    input: {} as ConnectionInput,
    output: {} as ConnectionOutcome,
  },
  actors: {
    attempt: fromCallback<AttemptCommand, { attempt: number }>(() => {
      throw new Error("actor not provided: attempt");
    }),
    network: fromCallback(() => {
      throw new Error("actor not provided: network");
    }),
    retry: fromCallback<EventObject, RetryInput>(() => {
      throw new Error("actor not provided: retry");
    }),
  },
  actions: {
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    beginRecord: raise({ type: "attempt.began" }),
    countOpening: assign({ openings: ({ context }) => context.openings + 1 }),
    countReconnect: assign({
      reconnects: ({ context }) => context.reconnects + 1,
      failures: ({ context }) => context.failures + 1,
    }),
    /** The attempt says nothing about the service: it is made again for free. */
    repeatReconnect: assign({
      reconnects: ({ context }) => Math.max(1, context.reconnects),
      failures: ({ context }) => context.failures + 1,
    }),
    forgetFailures: assign({ reconnects: 0, failures: 0 }),
    setDeadline: assign({ deadline: (_, { withinMs }: PlannedChange) => deadlineOf(withinMs) }),
    /** From now on: the time has come already. */
    bringForward: assign({ deadline: (_, plan: PlannedChange) => deadlineOf(latestOf(plan)) }),
    setWait: assign({ wait: (_, params: { wait: number }) => params.wait }),
    conclude: assign({ outcome: (_, params: Pick<ConnectionOutcome, "outcome">) => params.outcome }),
    recordFault: assign({ fault: (_, params: { fault: Fault }) => params.fault }),
    recordCrash: assign({ fault: ({ event }) => crashFault(CRASHED, event) }),
    recordTimeout: assign({
      fault: ({ context }): Fault => ({
        id: 0,
        code: "connect-timeout",
        message: `The service did not answer within ${context.connectTimeout} ms.`,
        retryable: true,
      }),
    }),
    recordOverdue: assign({
      fault: (_, params: { readyTimeout: number }): Fault => ({
        id: 0,
        code: "ready-timeout",
        message: `The service accepted the connection but was not ready again within ${params.readyTimeout} ms.`,
        retryable: true,
      }),
    }),
    askToClose: sendTo("attempt", { type: "close" }),
    askForSignOfLife: sendTo("attempt", { type: "probe" }),
    reportOpened: sendParent(({ context }, params: { continuity: Continuity }): ConnectionFact => ({
      type: "connection.opened",
      attempt: context.attempt,
      continuity: params.continuity,
    })),
    reportLost: sendParent(({ context }): ConnectionFact => ({
      type: "connection.lost",
      attempt: context.attempt,
      fault: context.fault ?? crashFault(CRASHED),
    })),
    reportChanging: sendParent(({ context }): ConnectionFact => ({
      type: "connection.changing",
      attempt: context.attempt,
    })),
  },
  guards: {
    isFinal: ({ context }) => context.fault?.retryable !== true,
    isOpen: stateIn({ active: { phase: { attempt: "open" } } }),
    isQuiet: stateIn({ active: { phase: { attempt: { open: { traffic: "quiet" } } } } }),
    isReady: stateIn({ active: { phase: { attempt: { open: { proof: { young: "ready" } } } } } }),
    isOffline: stateIn({ active: { network: { disturbed: "offline" } } }),
    wasDisturbed: stateIn({ active: { network: "disturbed" } }),
    hasOpened: not(stateIn({ active: { opened: "never" } })),
    wasOpen: stateIn({ active: { opened: "latest" } }),
    retriesInitial: ({ context }) => context.retryInitial,
    isHopeless: and([not("hasOpened"), not("retriesInitial")]),
    /** What was begun in a network that went away may hang without a word. */
    isReconnectDisturbed: and(["hasOpened", "wasDisturbed"]),
    /** Otherwise a service that always says that it ends soon would be reconnected to without a pause. */
    hasLasted: or([
      stateIn({ active: { phase: { attempt: { open: { proof: "lasting" } } } } }),
      stateIn({ active: { phase: { attempt: { open: { proof: "proven" } } } } }),
    ]),
    isForLater: (_, { afterMs = 0 }: PlannedChange) => afterMs > 0,
    isSooner: ({ context }, plan: PlannedChange) => deadlineOf(latestOf(plan)) < context.deadline,
    mustChange: and(["hasLasted", not("isOffline")]),
    mayChange: and(["mustChange", "isQuiet"]),
    waitsLonger: ({ context }, params: { wait: number }) => context.wait > params.wait,
  },
  delays: {
    connectTimeout: ({ context }) => context.connectTimeout,
    minUptime: ({ context }) => context.minUptime,
    /** It is entered by this event alone. */
    notBefore: ({ event }) => (event.type === "connection.expiring" ? (event.afterMs ?? 0) : 0),
    deadline: ({ context }) => context.deadline,
    wait: ({ context }) => context.wait,
  },
}).createMachine({
  id: "connection",
  context: ({ input }) => ({
    ...input,
    attempt: 0,
    openings: 0,
    reconnects: 0,
    failures: 0,
    deadline: 0,
    wait: 0,
    outcome: "closed",
    fault: null,
  }),
  initial: "active",
  states: {
    active: {
      description: "The session wants a connection. Ends when the session releases it, or when it cannot be had.",
      type: "parallel",
      states: {
        network: {
          description: "Whether there is a network, and whether there was one all through the present attempt.",
          invoke: {
            id: "network",
            src: "network",
            onError: { target: "#connection.refused", actions: "recordCrash" },
          },
          initial: "steady",
          states: {
            steady: {
              description: "There is a network, and it was not lost since the attempt began.",
              on: { "network.lost": "disturbed" },
            },
            disturbed: {
              description:
                "The network was lost during the attempt, whose failure then says nothing about the service.",
              initial: "offline",
              states: {
                offline: {
                  description: "There is no network: nothing is attempted, and no waiting time runs.",
                  on: { "network.returned": "restored" },
                },
                restored: {
                  description: "The network is back, but what was sent before may be lost.",
                  on: { "network.lost": "offline", "attempt.began": "#connection.active.network.steady" },
                },
              },
            },
          },
        },
        opened: {
          description: "Which attempt of this session opened last. It decides whether a failure is a loss.",
          initial: "never",
          states: {
            never: {
              description:
                "None has opened: the first failure ends the session, unless the first attempt is retried too.",
              always: { guard: "isOpen", target: "latest" },
            },
            latest: {
              description: "The latest attempt opened. When its connection ends, the session is told of a loss.",
              on: { "attempt.began": "earlier" },
            },
            earlier: {
              description: "An earlier one opened, and the latest has not: the session knows already of the loss.",
              always: { guard: "isOpen", target: "latest" },
            },
          },
        },
        phase: {
          description: "Which step is under way: an attempt, the decision after one, or the wait for the next.",
          initial: "attempt",
          states: {
            attempt: {
              description: "Owns one connection for its whole life, from the first byte to the last.",
              entry: ["countAttempt", "beginRecord"],
              invoke: {
                id: "attempt",
                src: "attempt",
                input: ({ context }) => ({ attempt: context.attempt }),
                onError: { target: "#connection.refused", actions: "recordCrash" },
              },
              initial: "connecting",
              states: {
                connecting: {
                  description: "The connection is being opened.",
                  on: {
                    "connection.opened": {
                      target: "open",
                      actions: ["countOpening", { type: "reportOpened", params: ({ event }) => event }],
                    },
                    "network.returned": {
                      guard: "isReconnectDisturbed",
                      target: "#connection.active.phase.waiting",
                      actions: { type: "setWait", params: ({ event }) => event },
                    },
                    "connection.released": "#connection.closed",
                  },
                  after: {
                    connectTimeout: { target: "#connection.active.phase.deciding", actions: "recordTimeout" },
                  },
                },
                open: {
                  description: "Messages pass. Three questions are followed side by side.",
                  type: "parallel",
                  states: {
                    plan: {
                      description: "Whether the connection is to be changed before the service ends it.",
                      initial: "none",
                      states: {
                        none: {
                          description: "The service has not said that it ends the connection.",
                          on: {
                            "connection.expiring": [
                              {
                                guard: { type: "isForLater", params: ({ event }) => event },
                                target: "later",
                                actions: { type: "setDeadline", params: ({ event }) => event },
                              },
                              {
                                target: "reconnect",
                                actions: { type: "setDeadline", params: ({ event }) => event },
                              },
                            ],
                          },
                        },
                        later: {
                          description: "It will be changed, and need not be yet.",
                          on: {
                            "connection.expiring": [
                              {
                                guard: { type: "isForLater", params: ({ event }) => event },
                                target: "later",
                                reenter: true,
                                actions: { type: "setDeadline", params: ({ event }) => event },
                              },
                              {
                                target: "reconnect",
                                actions: { type: "setDeadline", params: ({ event }) => event },
                              },
                            ],
                          },
                          after: { notBefore: "reconnect" },
                        },
                        reconnect: {
                          description:
                            "A reconnect is planned: it waits for a quiet moment, at most until its deadline.",
                          always: { guard: "mayChange", target: "#connection.active.phase.changing" },
                          on: {
                            "connection.expiring": {
                              description: "What waits is not put off.",
                              guard: { type: "isSooner", params: ({ event }) => event },
                              target: "reconnect",
                              reenter: true,
                              actions: { type: "bringForward", params: ({ event }) => event },
                            },
                          },
                          after: { deadline: "due" },
                        },
                        due: {
                          description:
                            "The deadline has passed: the change waits until the connection has lasted and there is a network, and for nothing else.",
                          always: { guard: "mustChange", target: "#connection.active.phase.changing" },
                        },
                      },
                    },
                    traffic: {
                      description: "Whether a change of connections would cut somebody off.",
                      initial: "quiet",
                      states: {
                        quiet: {
                          description: "Nobody speaks or waits for an answer.",
                          on: { "connection.busy": "busy" },
                        },
                        busy: {
                          description: "The user or the bot speaks, or one waits for the other.",
                          on: { "connection.quiet": "quiet" },
                        },
                      },
                    },
                    proof: {
                      description:
                        "What shows that the connection is good: that it lasts, and that the service is ready on it.",
                      initial: "young",
                      states: {
                        young: {
                          description: "It has not been open for long.",
                          initial: "unready",
                          states: {
                            unready: {
                              description: "The service has not been ready on it.",
                              on: { "session.ready": "ready" },
                            },
                            ready: { description: "The service was ready on it." },
                          },
                          after: { minUptime: [{ guard: "isReady", target: "proven" }, { target: "lasting" }] },
                        },
                        lasting: {
                          description: "It has lasted, but the service was never ready on it.",
                          on: { "session.ready": "proven" },
                        },
                        proven: {
                          description: "It has lasted and the service was ready: what failed before is forgotten.",
                          entry: "forgetFailures",
                        },
                      },
                    },
                  },
                  on: {
                    "session.overdue": {
                      target: "#connection.active.phase.deciding",
                      actions: { type: "recordOverdue", params: ({ event }) => event },
                    },
                    "page.woke": { actions: "askForSignOfLife" },
                    // The browser may be wrong, or speak of another network: whoever answers is there.
                    "network.lost": { actions: "askForSignOfLife" },
                    "network.returned": { actions: "askForSignOfLife" },
                    "connection.released": "closing",
                  },
                },
                closing: {
                  description: "The connection is being closed in order; it still belongs to this attempt.",
                  entry: "askToClose",
                  on: { "connection.closed": "#connection.closed" },
                },
              },
              on: {
                "connection.closed": {
                  target: "deciding",
                  actions: { type: "recordFault", params: ({ event }) => event },
                },
              },
            },
            changing: {
              description: "A planned reconnect: the old connection is let go, the next attempt begins at once.",
              entry: "reportChanging",
              always: "attempt",
            },
            deciding: {
              description: "An attempt has ended by a fault. Is it worth another one?",
              always: [
                { guard: "isFinal", target: "#connection.refused" },
                { guard: "isHopeless", target: "#connection.refused" },
                { guard: "wasDisturbed", target: "asking", actions: "repeatReconnect" },
                { target: "asking", actions: "countReconnect" },
              ],
            },
            asking: {
              description: "The retry policy, which may be the app's code, is asked; it answers at once.",
              invoke: {
                id: "retry",
                src: "retry",
                input: ({ context }): RetryInput => ({
                  reconnect: context.reconnects,
                  attempts: context.attempt,
                  fault: context.fault ?? crashFault(CRASHED),
                  openings: context.openings,
                  failures: context.failures,
                }),
                onError: { target: "#connection.refused", actions: "recordCrash" },
              },
              on: {
                "retry.granted": [
                  {
                    guard: "wasOpen",
                    target: "waiting",
                    actions: [{ type: "setWait", params: ({ event }) => event }, "reportLost"],
                  },
                  { target: "waiting", actions: { type: "setWait", params: ({ event }) => event } },
                ],
                "retry.denied": "#connection.exhausted",
                "retry.failed": {
                  target: "#connection.refused",
                  actions: { type: "recordFault", params: ({ event }) => event },
                },
                "connection.released": "#connection.closed",
              },
            },
            waiting: {
              description: "Between two attempts.",
              initial: "counting",
              states: {
                counting: {
                  description: "The time until the next attempt runs.",
                  always: { guard: "isOffline", target: "paused" },
                  on: {
                    "page.woke": {
                      guard: { type: "waitsLonger", params: ({ event }) => event },
                      target: "counting",
                      reenter: true,
                      actions: { type: "setWait", params: ({ event }) => event },
                    },
                  },
                  after: { wait: "#connection.active.phase.attempt" },
                },
                paused: {
                  description: "Without a network no time runs; when it returns, a short wait begins.",
                  on: {
                    "network.returned": {
                      target: "counting",
                      actions: { type: "setWait", params: ({ event }) => event },
                    },
                  },
                },
              },
              on: { "connection.released": "#connection.closed" },
            },
          },
        },
      },
    },
    closed: {
      description: "The session released the connection.",
      type: "final",
      entry: { type: "conclude", params: { outcome: "closed" } },
    },
    refused: {
      description: "A fault that no reconnect can mend.",
      type: "final",
      entry: { type: "conclude", params: { outcome: "refused" } },
    },
    exhausted: {
      description: "The retry policy gave up.",
      type: "final",
      entry: { type: "conclude", params: { outcome: "exhausted" } },
    },
  },
  output: ({ context }) => ({ outcome: context.outcome, fault: context.fault }),
});
