import { transition, type AnyMachineSnapshot, type StateValue } from "xstate";
import { describe, expect, it } from "vitest";
import type { ConnectionContext, ConnectionOutcome } from "../../machines/connection.machine.js";
import { connectionChart } from "../../src/testing/model/charts.js";
import { isIn, placeOf, silenced, walk, type Edge } from "../../src/testing/model/graph.js";

const { states, edges } = walk(connectionChart);
const machine = silenced(connectionChart);
const contextOf = ({ context }: AnyMachineSnapshot): ConnectionContext => context as ConnectionContext;
const inPhase = (state: AnyMachineSnapshot, phase: StateValue): boolean => isIn(state, { active: { phase } });
const inAttempt = (state: AnyMachineSnapshot, attempt: StateValue): boolean => inPhase(state, { attempt });
const inOpen = (state: AnyMachineSnapshot, open: StateValue): boolean => inAttempt(state, { open });
const isOpen = (state: AnyMachineSnapshot): boolean => inAttempt(state, "open");
const hasLasted = (state: AnyMachineSnapshot): boolean =>
  inOpen(state, { proof: "lasting" }) || inOpen(state, { proof: "proven" });
const isOffline = (state: AnyMachineSnapshot): boolean =>
  isIn(state, { active: { network: { disturbed: "offline" } } });
const wasDisturbed = (state: AnyMachineSnapshot): boolean => isIn(state, { active: { network: "disturbed" } });

/** The step of a connection, without the regions beside it. */
function phaseOf(state: AnyMachineSnapshot): string {
  if (!isIn(state, "active")) return placeOf(state);
  const names = ["deciding", "asking", "waiting.counting", "waiting.paused"].concat(
    ["connecting", "open", "closing"].map((step) => `attempt.${step}`),
  );
  const found = names.find((name) => {
    const [phase = "", step] = name.split(".");
    return inPhase(state, step === undefined ? phase : { [phase]: step });
  });
  return found ?? placeOf(state);
}

/** Names of the actions that each step takes. */
const actions = new Map(
  edges.map((edge) => [edge, transition(machine, edge.from, edge.letter.event)[1].map(({ type }): string => type)]),
);
const actionsOf = (edge: Edge): readonly string[] => actions.get(edge) ?? [];

const beginsAttempt = ({ from, to }: Edge): boolean => contextOf(to).attempt > contextOf(from).attempt;
const isChange = (edge: Edge): boolean => isOpen(edge.from) && beginsAttempt(edge);

describe("the graph of the connection", () => {
  it("connection: connects again only after the wait that the policy granted, or as planned", () => {
    expect(new Set(edges.filter(beginsAttempt).map(({ from }) => phaseOf(from)))).toEqual(
      new Set(["waiting.counting", "attempt.open"]),
    );
    const waits = edges.filter(({ from, to }) => inPhase(to, "waiting") && !inPhase(from, "waiting"));
    expect(new Set(waits.map(({ letter, from }) => `${letter.event.type} in ${phaseOf(from)}`))).toEqual(
      new Set(["retry.granted in asking", "network.returned in attempt.connecting"]),
    );
  });

  it("connection: never connects without a network, and begins each attempt with a clean record", () => {
    for (const edge of edges.filter(beginsAttempt)) {
      expect(!isOffline(edge.from) || edge.letter.event.type === "network.returned", placeOf(edge.from)).toBe(true);
      expect(isIn(edge.to, { active: { network: "steady" } })).toBe(true);
      expect(isIn(edge.to, { active: { opened: "latest" } })).toBe(false);
    }
  });

  it("network: its loss is noticed in every state", () => {
    for (const state of states.filter(({ status }) => status === "active")) {
      expect(isOffline(transition(machine, state, { type: "network.lost" })[0]), placeOf(state)).toBe(true);
    }
  });

  it("network: is followed in every step, and an attempt that lost it stays marked", () => {
    for (const { from, letter, to } of edges) {
      if (!isIn(from, "active") || !isIn(to, "active")) continue;
      if (letter.event.type === "network.lost") expect(isOffline(to), placeOf(from)).toBe(true);
      else if (letter.event.type === "network.returned") expect(isOffline(to), placeOf(from)).toBe(false);
      else expect(isOffline(to), placeOf(from)).toBe(isOffline(from));
      if (wasDisturbed(from) && contextOf(from).attempt === contextOf(to).attempt) {
        expect(wasDisturbed(to), placeOf(from)).toBe(true);
      }
    }
  });

  it("network: an attempt that the network disturbed does not count as another reconnect", () => {
    const asking = edges.filter(({ from, to }) => inPhase(to, "asking") && !inPhase(from, "asking"));
    expect(asking.some(({ from }) => wasDisturbed(from))).toBe(true);
    for (const { from, to } of asking) {
      const before = contextOf(from).reconnects;
      expect(contextOf(to).reconnects).toBe(wasDisturbed(from) ? Math.max(1, before) : before + 1);
      expect(contextOf(to).failures).toBe(contextOf(from).failures + 1);
    }
  });

  it("opened: says whether the latest attempt has opened, or an earlier one", () => {
    for (const { from, letter, to } of edges) {
      if (!isIn(to, "active")) continue;
      const opens = letter.event.type === "connection.opened" && inAttempt(from, "connecting");
      if (opens) expect(isIn(to, { active: { opened: "latest" } })).toBe(true);
      expect(isIn(to, { active: { opened: "never" } })).toBe(contextOf(to).openings === 0);
      expect(contextOf(to).openings).toBe(contextOf(from).openings + (opens ? 1 : 0));
    }
  });

  it("proof: failures are forgotten when a connection has lasted and its service was ready, and never else", () => {
    const forgetting = edges.filter(({ from, to }) => contextOf(to).failures < contextOf(from).failures);
    for (const { from, letter, to } of forgetting) {
      expect(inOpen(to, { proof: "proven" }) || beginsAttempt({ from, letter, to })).toBe(true);
      expect(inOpen(from, { proof: letter.event.type === "session.ready" ? "lasting" : { young: "ready" } })).toBe(
        true,
      );
    }
    expect(new Set(forgetting.map(({ letter }) => letter.event.type))).toEqual(
      new Set(["session.ready", "xstate.after.minUptime.connection.active.phase.attempt.open.proof.young"]),
    );
  });

  it("probe: the service is asked when the page wakes up or the network changes, and only while it is open", () => {
    for (const edge of edges) {
      const { from, letter } = edge;
      const isWake = ["page.woke", "network.lost", "network.returned"].includes(letter.event.type);
      const asks = actionsOf(edge).includes("askForSignOfLife");
      expect(asks, `${letter.event.type} in ${placeOf(from)}`).toBe(isWake && isOpen(from));
    }
  });

  it("plan: a connection is changed when it has lasted, with a network, in a quiet moment or at its deadline", () => {
    const changes = edges.filter(isChange);
    expect(changes.length).toBeGreaterThan(0);
    for (const { from, letter } of changes) {
      const { type } = letter.event;
      expect(hasLasted(from) || type.startsWith("xstate.after.minUptime"), type).toBe(true);
      expect(!isOffline(from) || type === "network.returned", type).toBe(true);
      const isQuiet = inOpen(from, { traffic: "quiet" }) || type === "connection.quiet";
      expect(isQuiet || inOpen(from, { plan: "due" }) || type.startsWith("xstate.after.deadline"), type).toBe(true);
      expect(!inOpen(from, { plan: "none" }) || type === "connection.expiring", type).toBe(true);
      const isDue = type === "connection.expiring" || type.startsWith("xstate.after.notBefore");
      expect(!inOpen(from, { plan: "later" }) || isDue, type).toBe(true);
    }
    expect(new Set(changes.map(({ letter }) => letter.event.type))).toEqual(
      new Set([
        "connection.expiring",
        "connection.quiet",
        "network.returned",
        "xstate.after.notBefore.connection.active.phase.attempt.open.plan.later",
        "xstate.after.deadline.connection.active.phase.attempt.open.plan.reconnect",
        "xstate.after.minUptime.connection.active.phase.attempt.open.proof.young",
      ]),
    );
  });

  it("plan: no connection that might be changed is kept", () => {
    for (const state of states.filter((one) => inOpen(one, { plan: "reconnect" }))) {
      const kept = !hasLasted(state) || isOffline(state) || inOpen(state, { traffic: "busy" });
      expect(kept, placeOf(state)).toBe(true);
    }
    const due = states.filter((one) => inOpen(one, { plan: "due" }));
    expect(due.length).toBeGreaterThan(0);
    for (const state of due) expect(isOffline(state) || !hasLasted(state), placeOf(state)).toBe(true);
  });

  it("report: the session learns of each opening, and of each loss that a reconnect follows, once", () => {
    for (const edge of edges) {
      const { from, letter } = edge;
      const place = `${letter.event.type} in ${placeOf(from)}`;
      const reports = actionsOf(edge).filter((name) => name.startsWith("report"));
      const isLoss = inPhase(from, "asking") && isIn(from, { active: { opened: "latest" } });
      const expected =
        letter.event.type === "connection.opened" && inAttempt(from, "connecting")
          ? ["reportOpened"]
          : letter.event.type === "retry.granted" && isLoss
            ? ["reportLost"]
            : isChange(edge)
              ? ["reportChanging"]
              : [];
      expect(reports, place).toEqual(expected);
    }
  });

  it("release: every step leads to an end at once, and an open connection is closed before", () => {
    for (const { from, letter, to } of edges) {
      if (letter.event.type !== "connection.released") continue;
      expect(phaseOf(to), placeOf(from)).toBe(isOpen(from) ? "attempt.closing" : "closed");
    }
    const resting = states.filter((state) => state.status === "active" && !inAttempt(state, "closing"));
    const released = edges.filter(({ letter }) => letter.event.type === "connection.released");
    expect(released).toHaveLength(resting.length);
    const closes = edges.filter(
      ({ from, letter }) => inAttempt(from, "closing") && letter.event.type === "connection.closed",
    );
    expect(new Set(closes.map(({ to }) => phaseOf(to)))).toEqual(new Set(["closed"]));
  });

  it("release: nothing but its end, or a crash, leads out of closing", () => {
    const ways = edges.filter(({ from, to }) => inAttempt(from, "closing") && !inAttempt(to, "closing"));
    expect(new Set(ways.map(({ letter }) => letter.event.type))).toEqual(
      new Set(["connection.closed", "xstate.error.actor.attempt", "xstate.error.actor.network"]),
    );
  });

  it("end: it has an outcome and, unless it was closed on purpose, a fault", () => {
    const ends = states.filter((state) => state.status === "done");
    expect(new Set(ends.map(placeOf))).toEqual(new Set(["closed", "refused", "exhausted"]));
    for (const end of ends) {
      const output = end.output as ConnectionOutcome;
      expect(output.outcome).toBe(placeOf(end));
      if (output.outcome !== "closed") expect(output.fault).not.toBeNull();
    }
  });

  it("end: a first attempt that fails ends the session unless it is retried too", () => {
    const failing = edges.filter(
      ({ from, letter }) =>
        inAttempt(from, "connecting") &&
        (letter.note === "retryable" || letter.event.type.startsWith("xstate.after.connectTimeout")),
    );
    for (const { from, to } of failing) {
      const isFirst = isIn(from, { active: { opened: "never" } });
      expect(phaseOf(to)).toBe(isFirst ? "refused" : "asking");
    }
    expect(new Set(failing.map(({ to }) => phaseOf(to)))).toEqual(new Set(["refused", "asking"]));
  });
});
