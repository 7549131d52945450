import { transition, type AnyEventObject, type AnyMachineSnapshot } from "xstate";
import { describe, expect, it } from "vitest";
import type { TransportContext, TransportEvent, TransportFact } from "../../machines/index.js";
import { transportChart } from "../../src/testing/model/charts.js";
import { isIn, placeOf, silenced, walk, type Edge } from "../../src/testing/model/graph.js";

const { states, edges } = walk(transportChart);
const machine = silenced(transportChart);
const isLeaving = (state: AnyMachineSnapshot): boolean => isIn(state, { lifecycle: { session: "disconnecting" } });
const contextOf = ({ context }: AnyMachineSnapshot): TransportContext => context as TransportContext;

/** What a step tells: the children by the name of the action, and whoever listens to the root. */
function told(from: AnyMachineSnapshot, event: AnyEventObject): { actions: string[]; facts: unknown[] } {
  const [, taken] = transition(machine, from, event);
  // An emit is among them, although the types do not say so.
  const actions: readonly { readonly type: string; readonly params?: unknown }[] = taken;
  const emits = actions.filter(({ type }) => type === "xstate.emit");
  return {
    actions: actions.map(({ type }) => type),
    facts: emits.map(({ params }) => (params as { readonly event: unknown }).event),
  };
}

/** What is told of a fact, beside what becomes of calls. */
const factsOf = (from: AnyMachineSnapshot, event: AnyEventObject): unknown[] =>
  told(from, event).facts.filter((fact) => (fact as TransportFact).type !== "calls.decided");

/** The one sample of an event. */
const sampleOf = (type: string): AnyEventObject => transportChart.alphabet[type]![0]!.event;

const edgesOf = (type: string): readonly Edge[] => {
  const found = edges.filter(({ letter }) => letter.event.type === type);
  expect(found.length, type).toBeGreaterThan(0);
  return found;
};

describe("a wish of the app", () => {
  it.each([
    ["mic.muted", "muteMicrophone"],
    ["mic.unmuted", "unmuteMicrophone"],
    ["mic.chosen", "chooseMicrophone"],
    ["gesture.made", "unblockSpeaker"],
    ["bot.interrupted", "interruptSpeaker"],
  ])("%s reaches its child in every state", (type, action) => {
    for (const state of states) expect(told(state, sampleOf(type)).actions, placeOf(state)).toContain(action);
  });

  it("devices.requested asks for the microphone, except on the way out", () => {
    for (const { from, letter } of edgesOf("devices.requested")) {
      expect(told(from, letter.event).actions.includes("askForMicrophone"), placeOf(from)).toBe(!isLeaving(from));
    }
  });

  it("a session that begins starts the devices and keeps what is said from now on", () => {
    const beginnings = edges.filter(
      ({ from, to }) => isIn(from, { lifecycle: "idle" }) && isIn(to, { lifecycle: "session" }),
    );
    expect(beginnings.length).toBeGreaterThan(0);
    for (const { from, letter, to } of beginnings) {
      expect(told(from, letter.event).actions).toEqual(
        expect.arrayContaining(["startMicrophone", "startSpeaker", "armUplink"]),
      );
      expect(contextOf(to)).toMatchObject({ fault: null, outage: null, continuity: "fresh" });
    }
  });
});

describe("a fact of a child", () => {
  it.each(["mic.failed", "mic.lost", "playback.failed", "playback.blocked", "playback.unblocked"])(
    "%s is announced once in every state",
    (type) => {
      const event = sampleOf(type);
      for (const state of states) expect(factsOf(state, event), placeOf(state)).toEqual([event]);
    },
  );

  it("mic.acquired is announced once, and in a session starts an output that had failed", () => {
    for (const { from, letter } of edgesOf("mic.acquired")) {
      const { actions } = told(from, letter.event);
      expect(factsOf(from, letter.event), placeOf(from)).toEqual([letter.event]);
      expect(actions.includes("startSpeaker"), placeOf(from)).toBe(
        isIn(from, { lifecycle: "session" }) && !isLeaving(from),
      );
    }
  });

  it.each(["connection.lost", "connection.changing"])("%s is announced, and what is played is cut", (type) => {
    for (const { from, letter, to } of edgesOf(type)) {
      const { facts, actions } = told(from, letter.event);
      expect(facts, placeOf(from)).toEqual([letter.event]);
      expect(actions, placeOf(from)).toContain("interruptSpeaker");
      const isNew = isIn(from, { lifecycle: { session: { live: "ready" } } });
      const fault: unknown = letter.event.fault ?? null;
      expect(contextOf(to).outage).toEqual(isNew ? { attempt: 1, fault } : contextOf(from).outage);
    }
  });
});

describe("what the root remembers", () => {
  it("is the wire that has opened", () => {
    for (const { letter, to } of edgesOf("connection.opened")) {
      const { attempt, continuity } = letter.event as Extract<TransportEvent, { type: "connection.opened" }>;
      if (isIn(to, { lifecycle: { session: { live: "connected" } } }))
        expect(contextOf(to)).toMatchObject({ attempt, continuity });
    }
  });

  it("is an outage until the service is ready again, which is announced, and told to the connection", () => {
    for (const { from, letter, to } of edgesOf("service.ready")) {
      const { facts, actions } = told(from, letter.event);
      const { outage, attempt } = contextOf(from);
      expect(contextOf(to).outage).toBeNull();
      expect(actions).toContain("confirmConnection");
      if (outage === null) expect(facts).toEqual([]);
      else {
        const recovery = { attempts: attempt - outage.attempt, gapMs: 700, continuity: "replayed" };
        expect(facts).toMatchObject([{ type: "session.recovered", recovery }]);
      }
    }
  });

  it("is why the last session failed", () => {
    const codes: Readonly<Record<string, string>> = {
      "xstate.done.actor.connection": "unauthorized",
      "xstate.error.actor.connection": "internal-error",
      "xstate.error.actor.turns": "internal-error",
      "xstate.after.readyTimeout.transport.lifecycle.session.live.connected": "ready-timeout",
      "bot.failed": "unauthorized",
    };
    const failing = edges.filter(
      ({ from, to }) => isIn(from, { lifecycle: "session" }) && isIn(to, { lifecycle: { idle: "error" } }),
    );
    expect(new Set(failing.map(({ letter }) => letter.event.type))).toEqual(new Set(Object.keys(codes)));
    for (const { letter, to } of failing) {
      // A connection that nobody has released, and that ends all the same, says no reason.
      const isReleased = letter.note === "closed";
      expect(contextOf(to).fault?.code).toBe(isReleased ? undefined : codes[letter.event.type]);
    }
  });
});
