import { assign, fromCallback, sendParent, sendTo, setup, type EventObject } from "xstate";
import type { Fault } from "../src/contracts/fault.js";
import type { Continuity } from "../src/contracts/continuity.js";
import type {
  LinkContext,
  LinkEvent,
  LinkFact,
  LinkInput,
  LinkOutcome,
  RetryInput,
  WireCommand,
} from "./link.types.js";

/** How long before the announced end of a wire it is changed, in ms, whatever is going on. */
const CHANGE_MARGIN = 1_000;

/** Stands for a fault that nobody has told. */
export const crash: Fault = {
  id: 0,
  code: "internal-error",
  message: "The connection's own code crashed.",
  retryable: false,
};

/** What the link is made of, by name; the chart itself is `link.machine.ts`. */
export const linkSetup = setup({
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
    retry: fromCallback<EventObject, RetryInput>(() => {
      throw new Error("actor not provided: retry");
    }),
  },
  actions: {
    countAttempt: assign({
      attempt: ({ context }) => context.attempt + 1,
      wasUp: false,
      settled: false,
      served: false,
      busy: false,
      disturbed: ({ context }) => context.offline,
    }),
    /** An attempt during which the network was lost is made again for free. */
    countRedial: assign({
      isFirst: ({ context }) => context.redials === 0,
      redials: ({ context }) => (context.disturbed ? Math.max(1, context.redials) : context.redials + 1),
    }),
    /** A wire has proven itself when it has stayed up, and the service was ready on it: earlier failures are forgotten. */
    markSettled: assign({ settled: true, redials: ({ context }) => (context.served ? 0 : context.redials) }),
    markServed: assign({ served: true, redials: ({ context }) => (context.settled ? 0 : context.redials) }),
    markOpened: assign({ everOpened: true, wasUp: true }),
    markOffline: assign({ offline: true, disturbed: true }),
    markOnline: assign({ offline: false }),
    markBusy: assign({ busy: true }),
    markQuiet: assign({ busy: false }),
    setDeadline: assign({
      deadline: (_, params: { withinMs: number }) => Math.max(0, params.withinMs - CHANGE_MARGIN),
    }),
    setWait: assign({ wait: (_, params: { wait: number }) => params.wait }),
    conclude: assign({ outcome: (_, params: { outcome: LinkOutcome["outcome"] }) => params.outcome }),
    recordFault: assign({ fault: (_, params: { fault: Fault }) => params.fault }),
    recordCrash: assign({ fault: crash }),
    recordTimeout: assign({
      fault: ({ context }): Fault => ({
        id: 0,
        code: "connect-timeout",
        message: `The service did not answer within ${context.dialTimeout} ms.`,
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
    probeWire: sendTo("wire", { type: "probe.requested" }),
    sayGoodbye: sendTo("wire", { type: "goodbye.requested" }),
    reportOpened: sendParent(({ context }, params: { continuity: Continuity }): LinkFact => ({
      type: "link.opened",
      attempt: context.attempt,
      continuity: params.continuity,
    })),
    reportDropped: sendParent(({ context }): LinkFact => ({
      type: "link.dropped",
      attempt: context.attempt,
      fault: context.fault ?? crash,
    })),
    reportChanging: sendParent(({ context }): LinkFact => ({ type: "link.changing", attempt: context.attempt })),
  },
  guards: {
    mayRetry: ({ context }) => context.fault?.retryable === true && (context.everOpened || context.retryInitial),
    wasUp: ({ context }) => context.wasUp,
    isOffline: ({ context }) => context.offline,
    /** What was dialled in a network that went away may hang, and nobody says so. */
    isRedialDisturbed: ({ context }) => context.disturbed && context.everOpened,
    mayChange: ({ context }) => context.settled && !context.busy && !context.offline,
    mustChange: ({ context }) => context.settled && !context.offline,
    waitsLonger: ({ context }, params: { wait: number }) => context.wait > params.wait,
  },
  delays: {
    dialTimeout: ({ context }) => context.dialTimeout,
    minUptime: ({ context }) => context.minUptime,
    deadline: ({ context }) => context.deadline,
    wait: ({ context }) => context.wait,
  },
});
