import { transition, type AnyEventObject, type AnyMachineSnapshot } from "xstate";
import { describe, expect, it } from "vitest";
import type { TransportContext } from "../../machines/index.js";
import { rtviStateOf } from "../../src/transport/rtvi-state.js";
import { charts, transportChart } from "../../packages/testkit/src/models/charts.js";
import { isIn, lettersOf, nodesOf, placeOf, silenced, walk } from "../../packages/testkit/src/models/graph.js";

const { states, edges } = walk(transportChart);
const machine = silenced(transportChart);

/** The names of the actions that a step takes. */
function step(from: AnyMachineSnapshot, event: AnyEventObject): { to: AnyMachineSnapshot; actions: string[] } {
  const [to, actions] = transition(machine, from, event);
  return { to, actions: actions.map(({ type }) => type) };
}

describe("RTVI tags", () => {
  it("are exactly one in every state that the root rests in", () => {
    for (const state of states) {
      expect([...state.tags], placeOf(state)).toHaveLength(1);
      expect([...state.tags]).toEqual([rtviStateOf(state)]);
    }
  });

  it("are the root's alone", () => {
    const children = charts.filter((chart) => chart !== transportChart);
    expect(children.flatMap((chart) => nodesOf(chart).flatMap((node) => node.tags))).toEqual([]);
  });

  it("are never passed through: a subscriber sees each of them", () => {
    expect(nodesOf(transportChart).filter((node) => (node.always ?? []).length > 0)).toEqual([]);
  });

  it("are all of client-js's", () => {
    expect(new Set(states.map((state) => rtviStateOf(state)))).toEqual(
      new Set([
        "disconnected",
        "initializing",
        "initialized",
        "authenticating",
        "authenticated",
        "connecting",
        "connected",
        "ready",
        "disconnecting",
        "error",
      ]),
    );
  });
});

describe("the way out", () => {
  it("is open in every state: released, and then time alone leads to disconnected", () => {
    for (const state of states) {
      const { to } = step(state, { type: "session.released" });
      const settled = isIn(to, { session: "disconnecting" })
        ? step(to, { type: "xstate.after.disconnectTimeout.transport.session.disconnecting" }).to
        : to;
      expect(placeOf(settled), `from ${placeOf(state)}`).toBe("idle.disconnected");
    }
  });

  it("cannot be turned back from: whatever happens while disconnecting, it ends in disconnected", () => {
    const leaving = edges.filter(({ from }) => isIn(from, { session: "disconnecting" }));
    expect(leaving.length).toBeGreaterThan(0);
    for (const { to, letter } of leaving) {
      expect(["session.disconnecting", "idle.disconnected"], letter.event.type).toContain(placeOf(to));
    }
  });

  it("answers every release: each arrival in disconnected says that the session has settled", () => {
    for (const state of states) {
      for (const { event } of lettersOf(transportChart, state)) {
        const { to, actions } = step(state, event);
        const arrives =
          isIn(to, { idle: "disconnected" }) &&
          (event.type === "session.released" || placeOf(state) !== "idle.disconnected");
        if (arrives) expect(actions, `${placeOf(state)} ${event.type}`).toContain("xstate.emit");
      }
    }
  });

  it("hangs up and lets go of microphone and speaker", () => {
    const ways = edges.filter(
      ({ from, to }) =>
        isIn(from, "session") && !isIn(from, { session: "disconnecting" }) && isIn(to, { session: "disconnecting" }),
    );
    expect(ways.length).toBeGreaterThan(0);
    for (const { from, letter } of ways) {
      expect(step(from, letter.event).actions).toEqual(
        expect.arrayContaining(["hangUp", "releaseMicrophone", "releaseSpeaker"]),
      );
    }
  });
});

describe("a session", () => {
  it("does not outlive its link", () => {
    for (const { from, letter, to } of edges) {
      if (isIn(from, "session") && letter.event.type.endsWith("actor.connection")) expect(isIn(to, "idle")).toBe(true);
    }
  });

  it("turns every valve back: whoever leaves it disarms the uplink and holds no device", () => {
    for (const { from, letter, to } of edges) {
      if (!isIn(from, "session") || isIn(to, "session")) continue;
      expect(step(from, letter.event).actions).toEqual(
        expect.arrayContaining(["disarmUplink", "releaseMicrophone", "releaseSpeaker"]),
      );
    }
  });

  it("is not ended by a service that is not ready again in time: the link is told, and decides", () => {
    const overdue = edges.filter(({ letter }) => letter.event.type.startsWith("xstate.after.readyTimeout"));
    const ways = overdue.map(({ from, letter, to }) => {
      const wasReady = (from.context as TransportContext).outage !== null;
      expect(step(from, letter.event).actions.includes("giveUpWire")).toBe(wasReady);
      return `${wasReady ? "recovering" : "new"}: ${placeOf(to)}`;
    });
    expect(new Set(ways)).toEqual(new Set(["recovering: session.live.connected", "new: idle.error"]));
  });

  it("opens the uplink in ready only", () => {
    for (const { from, letter, to } of edges) {
      const { actions } = step(from, letter.event);
      const isReady = isIn(to, { session: { live: "ready" } });
      const wasReady = isIn(from, { session: { live: "ready" } });
      expect(actions.includes("openUplink"), letter.event.type).toBe(isReady && !wasReady);
      expect(actions.includes("shutUplink"), letter.event.type).toBe(wasReady && !isReady);
    }
  });

  it("never asks for the microphone on the way out", () => {
    for (const { from, letter } of edges) {
      if (!isIn(from, { session: "disconnecting" })) continue;
      const { actions } = step(from, letter.event);
      expect(actions).not.toContain("askForMicrophone");
      expect(actions).not.toContain("startMicrophone");
    }
  });

  it("may begin in every idle state", () => {
    for (const state of states.filter((candidate) => isIn(candidate, "idle"))) {
      expect(placeOf(step(state, { type: "session.requested" }).to)).toBe("session.live.connecting");
    }
  });

  it("begins without the fault of the last one", () => {
    for (const { letter, to } of edges) {
      if (letter.event.type === "session.requested" && isIn(to, { session: { live: "connecting" } })) {
        expect(to.context).toMatchObject({ fault: null });
      }
    }
  });
});
