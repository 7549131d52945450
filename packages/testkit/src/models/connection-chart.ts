import { connectionMachine, type ConnectionInput } from "../../../../machines/connection.machine.js";
import type { ChartUnderTest, Letter } from "./charts.js";

const fault = { id: 1, code: "connection-lost", message: "scripted", retryable: true } as const;
const final = { ...fault, code: "unauthorized", retryable: false } as const;

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

export const connectionChart: ChartUnderTest = {
  id: "connection",
  machine: connectionMachine,
  input: CONNECTION_INPUT,
  endless: ["attempt", "openings", "reconnects", "failures"],
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
    "connection.expiring": [{ event: { type: "connection.expiring", withinMs: 9_000 } }],
    "connection.closed": [
      { note: "retryable", event: { type: "connection.closed", fault } },
      { note: "final", event: { type: "connection.closed", fault: final } },
    ],
  },
};
