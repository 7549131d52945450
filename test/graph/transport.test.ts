import { transition, type AnyEventObject, type AnyMachineSnapshot } from "xstate";
import { describe, expect, it } from "vitest";
import type { TransportContext } from "../../machines/index.js";
import { rtviStateOf } from "../../src/transport/rtvi-state.js";
import { charts, transportChart } from "../../src/testing/model/charts.js";
import { isIn, nodesOf, placeOf, silenced, walk } from "../../src/testing/model/graph.js";

const { states, edges: all } = walk(transportChart);
/** Older attempts decide nothing here. */
const edges = all.filter(({ from }) => (from.context as TransportContext).older.length === 0);
const machine = silenced(transportChart);
const LIVE = { lifecycle: { session: "live" } };

/** The names of the actions that a step takes, and whether it says that a release is answered. */
function step(from: AnyMachineSnapshot, event: AnyEventObject) {
  const [to, taken] = transition(machine, from, event);
  // An emit is among them, although the types do not say so.
  const actions: readonly { readonly type: string; readonly params?: unknown }[] = taken;
  const settles = actions.some(({ params }) => JSON.stringify(params ?? {}).includes("session.settled"));
  return { to: to as AnyMachineSnapshot, actions: actions.map(({ type }) => type), settles };
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
      const settled = isIn(to, { lifecycle: { session: "disconnecting" } })
        ? step(to, { type: "xstate.after.disconnectTimeout.transport.lifecycle.session.disconnecting" }).to
        : to;
      expect(placeOf(settled), `from ${placeOf(state)}`).toContain("lifecycle.idle.disconnected");
      expect(placeOf(settled), `from ${placeOf(state)}`).toContain("calls.none");
    }
  });

  it("cannot be turned back from: whatever happens while disconnecting, it ends in disconnected", () => {
    const leaving = edges.filter(({ from }) => isIn(from, { lifecycle: { session: "disconnecting" } }));
    expect(leaving.length).toBeGreaterThan(0);
    for (const { to, letter } of leaving) {
      const isOn = isIn(to, { lifecycle: { session: "disconnecting" } });
      expect(isOn || isIn(to, { lifecycle: { idle: "disconnected" } }), letter.event.type).toBe(true);
    }
  });

  it("answers every release: each arrival in disconnected says that the session has settled", () => {
    const there = { lifecycle: { idle: "disconnected" } };
    for (const { from, letter, to } of edges) {
      const arrives = isIn(to, there) && (letter.event.type === "session.released" || !isIn(from, there));
      if (!arrives) continue;
      expect(step(from, letter.event).settles, `${placeOf(from)} ${letter.event.type}`).toBe(true);
      expect(isIn(to, { lifecycle: { idle: { disconnected: "unannounced" } } })).toBe(true);
    }
  });

  it("closes the connection and lets go of microphone and speaker", () => {
    const ways = edges.filter(
      ({ from, to }) =>
        isIn(from, { lifecycle: "session" }) &&
        !isIn(from, { lifecycle: { session: "disconnecting" } }) &&
        isIn(to, { lifecycle: { session: "disconnecting" } }),
    );
    expect(ways.length).toBeGreaterThan(0);
    for (const { from, letter } of ways) {
      expect(step(from, letter.event).actions).toEqual(
        expect.arrayContaining(["closeConnection", "releaseMicrophone", "releaseSpeaker"]),
      );
    }
  });
});

describe("a session", () => {
  it("does not outlive its link", () => {
    for (const { from, letter, to } of edges) {
      if (isIn(from, { lifecycle: "session" }) && letter.event.type.endsWith("actor.connection"))
        expect(isIn(to, { lifecycle: "idle" })).toBe(true);
    }
  });

  it("turns every valve back: what leaves its live part holds no device, and what leaves it shuts the uplink", () => {
    const live = { lifecycle: { session: "live" } };
    const leaving = edges.filter(({ from, to }) => isIn(from, live) && !isIn(to, live));
    const ending = edges.filter(
      ({ from, to }) => isIn(from, { lifecycle: "session" }) && !isIn(to, { lifecycle: "session" }),
    );
    const releases = ["releaseMicrophone", "releaseSpeaker"];
    for (const { from, letter } of leaving)
      expect(step(from, letter.event).actions).toEqual(expect.arrayContaining(releases));
    for (const { from, letter } of ending) expect(step(from, letter.event).actions).toContain("shutUplink");
  });

  it("is not ended by a service that is not ready again in time: the link is told, and decides", () => {
    const overdue = edges.filter(({ letter }) => letter.event.type.startsWith("xstate.after.readyTimeout"));
    const ways = overdue.map(({ from, letter, to }) => {
      const wasReady = (from.context as TransportContext).outage !== null;
      expect(step(from, letter.event).actions.includes("giveUpConnection")).toBe(wasReady);
      return `${wasReady ? "recovering" : "new"}: ${/lifecycle\.(\S+)/.exec(placeOf(to))?.[1]}`;
    });
    expect(new Set(ways)).toEqual(new Set(["recovering: session.live.connected", "new: idle.error"]));
  });

  it("opens the uplink in ready only", () => {
    for (const { from, letter, to } of edges) {
      const { actions } = step(from, letter.event);
      const isReady = isIn(to, { lifecycle: { session: { live: "ready" } } });
      const wasReady = isIn(from, { lifecycle: { session: { live: "ready" } } });
      expect(actions.includes("openUplink"), letter.event.type).toBe(isReady && !wasReady);
      const begins = isIn(to, LIVE) && !isIn(from, LIVE);
      expect(actions.includes("armUplink"), letter.event.type).toBe(begins || (wasReady && !isReady));
    }
  });

  it("never asks for the microphone on the way out", () => {
    for (const { from, letter } of edges) {
      if (!isIn(from, { lifecycle: { session: "disconnecting" } })) continue;
      const { actions } = step(from, letter.event);
      expect(actions).not.toContain("askForMicrophone");
      expect(actions).not.toContain("startMicrophone");
    }
  });

  it("may begin in every idle state", () => {
    for (const state of states.filter((candidate) => isIn(candidate, { lifecycle: "idle" }))) {
      const { to } = step(state, { type: "session.requested" });
      expect(isIn(to, { lifecycle: { session: { live: "connecting" } } }), placeOf(state)).toBe(true);
    }
  });

  it("begins without the fault of the last one", () => {
    for (const { from, to } of edges) {
      if (isIn(from, { lifecycle: "idle" }) && isIn(to, { lifecycle: { session: { live: "connecting" } } })) {
        expect(to.context).toMatchObject({ fault: null });
      }
    }
  });
});
