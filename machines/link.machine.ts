import { assign, fromCallback, sendParent, sendTo, setup } from "xstate";
import type { Fault } from "../src/contracts/fault.js";

/** Facts that a `wire` actor reports. */
export type WireFact =
  { readonly type: "wire.opened"; readonly resumed: boolean } | { readonly type: "wire.closed"; readonly fault: Fault };

/** Facts that a `network` actor reports. */
export type NetworkFact = { readonly type: "network.lost" } | { readonly type: "network.returned" };

/** What the `wire` actor is told. */
export type WireCommand = { readonly type: "goodbye.requested" };

export type LinkEvent = WireFact | NetworkFact | { readonly type: "link.released" };

/** Everything about retrying, in numbers; all times in ms. */
export interface LinkInput {
  /** How long one attempt may take to open. */
  readonly dialTimeout: number;
  /** Whether the first dial of a session is retried like a lost one. */
  readonly retryInitial: boolean;
  /** Redials in a row before giving up. */
  readonly maxAttempts: number;
  /** How long the wire must stay up before earlier failures are forgotten. */
  readonly minUptime: number;
  readonly backoffBase: number;
  readonly backoffFactor: number;
  readonly backoffCap: number;
}

export interface LinkContext extends LinkInput {
  /** Dials so far; 1 is the first. */
  readonly attempt: number;
  /** Redials since the wire last stayed up for `minUptime`. */
  readonly redials: number;
  readonly everOpened: boolean;
  /** Whether the current attempt had opened when it ended. */
  readonly wasUp: boolean;
  readonly outcome: LinkOutcome["outcome"];
  /** Why the last attempt ended. */
  readonly fault: Fault | null;
}

/** How a session's connection ended: on purpose, by a fault that no redial can mend, or after the last redial. */
export interface LinkOutcome {
  readonly outcome: "closed" | "refused" | "exhausted";
  readonly fault: Fault | null;
}

const mayRetry = (context: LinkContext): boolean =>
  context.fault?.retryable === true && (context.everOpened || context.retryInitial);

/** One session's connection: dial, stay up, and after a loss wait and dial again. */
export const linkMachine = setup({
  types: {
    context: {} as LinkContext,
    events: {} as LinkEvent,
    input: {} as LinkInput,
    output: {} as LinkOutcome,
  },
  actors: {
    wire: fromCallback<WireCommand, { attempt: number }>(() => {
      throw new Error("actor not provided: wire");
    }),
    network: fromCallback(() => {
      throw new Error("actor not provided: network");
    }),
  },
  actions: {
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1, wasUp: false }),
    countRedial: assign({ redials: ({ context }) => context.redials + 1 }),
    forgetRedials: assign({ redials: 0 }),
    markOpened: assign({ everOpened: true, wasUp: true }),
    conclude: assign({ outcome: (_, params: { outcome: LinkOutcome["outcome"] }) => params.outcome }),
    recordFault: assign({ fault: (_, params: { fault: Fault }) => params.fault }),
    recordCrash: assign({
      fault: { id: 0, code: "internal-error", message: "The connection's own code crashed.", retryable: false },
    }),
    recordTimeout: assign({
      fault: ({ context }): Fault => ({
        id: 0,
        code: "connect-timeout",
        message: `The service did not answer within ${context.dialTimeout} ms.`,
        retryable: true,
      }),
    }),
    sayGoodbye: sendTo("wire", { type: "goodbye.requested" }),
    reportOpened: sendParent((_, params: { resumed: boolean }) => ({ type: "link.opened", resumed: params.resumed })),
    reportDropped: sendParent(({ context }) => ({ type: "link.dropped", fault: context.fault })),
  },
  guards: {
    mayRedial: ({ context }) => mayRetry(context) && context.redials < context.maxAttempts,
    wasDropped: ({ context }) => context.wasUp && mayRetry(context) && context.redials < context.maxAttempts,
    budgetSpent: ({ context }) => mayRetry(context),
  },
  delays: {
    dialTimeout: ({ context }) => context.dialTimeout,
    minUptime: ({ context }) => context.minUptime,
    /** The ceiling only; the composition replaces it by full jitter below this ceiling. */
    backoff: ({ context }) =>
      Math.min(context.backoffCap, context.backoffBase * context.backoffFactor ** (context.redials - 1)),
  },
}).createMachine({
  id: "link",
  context: ({ input }) => ({
    ...input,
    attempt: 0,
    redials: 0,
    everOpened: false,
    wasUp: false,
    fault: null,
    outcome: "closed",
  }),
  initial: "attempt",
  states: {
    attempt: {
      description: "Owns one wire for its whole life.",
      entry: "countAttempt",
      invoke: {
        id: "wire",
        src: "wire",
        input: ({ context }) => ({ attempt: context.attempt }),
        onError: { target: "refused", actions: "recordCrash" },
      },
      initial: "dialing",
      states: {
        dialing: {
          on: {
            "wire.opened": {
              target: "up",
              actions: ["markOpened", { type: "reportOpened", params: ({ event }) => ({ resumed: event.resumed }) }],
            },
            "link.released": "#link.closed",
          },
          after: { dialTimeout: { target: "#link.deciding", actions: "recordTimeout" } },
        },
        up: {
          on: { "link.released": "closing" },
          after: { minUptime: { actions: "forgetRedials" } },
        },
        closing: {
          description: "The goodbye is on its way; the wire still belongs to this attempt.",
          entry: "sayGoodbye",
          on: { "wire.closed": "#link.closed" },
        },
      },
      on: {
        "wire.closed": {
          target: "deciding",
          actions: { type: "recordFault", params: ({ event }) => ({ fault: event.fault }) },
        },
      },
    },
    deciding: {
      always: [
        { guard: "wasDropped", target: "waiting", actions: "reportDropped" },
        { guard: "mayRedial", target: "waiting" },
        { guard: "budgetSpent", target: "exhausted" },
        { target: "refused" },
      ],
    },
    waiting: {
      description: "Between two attempts; being offline stops the clock.",
      entry: "countRedial",
      invoke: { id: "network", src: "network", onError: { target: "refused", actions: "recordCrash" } },
      initial: "counting",
      states: {
        counting: {
          on: { "network.lost": "offline" },
          after: { backoff: "#link.attempt" },
        },
        offline: {
          on: { "network.returned": "#link.attempt" },
        },
      },
      on: { "link.released": "closed" },
    },
    closed: { type: "final", entry: { type: "conclude", params: { outcome: "closed" } } },
    refused: { type: "final", entry: { type: "conclude", params: { outcome: "refused" } } },
    exhausted: { type: "final", entry: { type: "conclude", params: { outcome: "exhausted" } } },
  },
  output: ({ context }) => ({ outcome: context.outcome, fault: context.fault }),
});
