import { crash, linkSetup } from "./link.setup.js";
import type { RetryInput } from "./link.types.js";

/** One session's connection: dial, stay up, change a wire that expires, and after a loss wait and dial again. */
export const linkMachine = linkSetup.createMachine({
  id: "link",
  context: ({ input }) => ({
    ...input,
    attempt: 0,
    redials: 0,
    isFirst: true,
    everOpened: false,
    wasUp: false,
    settled: false,
    served: false,
    offline: false,
    disturbed: false,
    busy: false,
    deadline: 0,
    wait: 0,
    fault: null,
    outcome: "closed",
  }),
  invoke: { id: "network", src: "network", onError: { target: ".refused", actions: "recordCrash" } },
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
              actions: [
                "markOpened",
                { type: "reportOpened", params: ({ event }) => ({ continuity: event.continuity }) },
              ],
            },
            "network.returned": {
              guard: "isRedialDisturbed",
              target: "#link.waiting",
              actions: ["markOnline", { type: "setWait", params: ({ event }) => ({ wait: event.wait }) }],
            },
            "link.released": "#link.closed",
          },
          after: { dialTimeout: { target: "#link.deciding", actions: "recordTimeout" } },
        },
        up: {
          initial: "steady",
          states: {
            steady: {},
            expiring: {
              description: "Waits for a quiet moment to change the wire.",
              always: { guard: "mayChange", target: "#link.changing" },
              after: { deadline: { guard: "mustChange", target: "#link.changing" } },
            },
          },
          on: {
            "wire.busy": { actions: "markBusy" },
            "wire.quiet": { actions: "markQuiet" },
            "wire.expiring": {
              target: ".expiring",
              actions: { type: "setDeadline", params: ({ event }) => ({ withinMs: event.withinMs }) },
            },
            "session.ready": { actions: "markServed" },
            "session.overdue": {
              target: "#link.deciding",
              actions: { type: "recordOverdue", params: ({ event }) => event },
            },
            "page.woke": { actions: "probeWire" },
            "network.returned": { actions: ["markOnline", "probeWire"] },
            "link.released": "closing",
          },
          after: { minUptime: { actions: "markSettled" } },
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
    changing: {
      description: "The old wire is let go, the new one dialled at once.",
      entry: "reportChanging",
      always: "attempt",
    },
    deciding: {
      always: [{ guard: "mayRetry", target: "asking" }, { target: "refused" }],
    },
    asking: {
      description: "The policy is asked; it answers at once.",
      entry: "countRedial",
      invoke: {
        id: "retry",
        src: "retry",
        input: ({ context }): RetryInput => ({
          reconnect: context.redials,
          attempts: context.attempt,
          fault: context.fault ?? crash,
          everOpened: context.everOpened,
          isFirst: context.isFirst,
        }),
        onError: { target: "refused", actions: "recordCrash" },
      },
      on: {
        "retry.granted": [
          {
            guard: "wasUp",
            target: "waiting",
            actions: [{ type: "setWait", params: ({ event }) => ({ wait: event.wait }) }, "reportDropped"],
          },
          { target: "waiting", actions: { type: "setWait", params: ({ event }) => ({ wait: event.wait }) } },
        ],
        "retry.denied": "exhausted",
        "retry.failed": {
          target: "refused",
          actions: { type: "recordFault", params: ({ event }) => ({ fault: event.fault }) },
        },
        "link.released": "closed",
      },
    },
    waiting: {
      description: "Between two attempts; being offline stops the clock.",
      initial: "counting",
      states: {
        counting: {
          always: { guard: "isOffline", target: "offline" },
          on: {
            "network.lost": { actions: "markOffline" },
            "page.woke": {
              guard: { type: "waitsLonger", params: ({ event }) => event },
              target: "counting",
              reenter: true,
              actions: { type: "setWait", params: ({ event }) => ({ wait: event.wait }) },
            },
          },
          after: { wait: "#link.attempt" },
        },
        offline: {
          on: {
            "network.returned": {
              target: "counting",
              actions: ["markOnline", { type: "setWait", params: ({ event }) => ({ wait: event.wait }) }],
            },
          },
        },
      },
      on: { "link.released": "closed" },
    },
    closed: { type: "final", entry: { type: "conclude", params: { outcome: "closed" } } },
    refused: { type: "final", entry: { type: "conclude", params: { outcome: "refused" } } },
    exhausted: { type: "final", entry: { type: "conclude", params: { outcome: "exhausted" } } },
  },
  on: {
    "network.lost": { actions: "markOffline" },
    "network.returned": { actions: "markOnline" },
  },
  output: ({ context }) => ({ outcome: context.outcome, fault: context.fault }),
});
