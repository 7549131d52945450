import { transition, type AnyEventObject, type AnyMachineSnapshot } from "xstate";
import { describe, expect, it } from "vitest";
import type { CallVerdict, TransportContext, TransportFact } from "../../machines/index.js";
import { transportChart } from "../../src/testing/model/charts.js";
import { isIn, placeOf, silenced, walk } from "../../src/testing/model/graph.js";

const { states, edges } = walk(transportChart);
const machine = silenced(transportChart);
const LIVE = { lifecycle: { session: "live" } };
const IDLE = { lifecycle: "idle" };

const olderOf = ({ context }: AnyMachineSnapshot) => (context as TransportContext).older;
const phasesOf = (state: AnyMachineSnapshot): string[] => olderOf(state).map(({ phase }) => phase);

/** A step, and what it says of calls. */
function step(from: AnyMachineSnapshot, event: AnyEventObject): { to: AnyMachineSnapshot; verdicts: CallVerdict[] } {
  const [to, taken] = transition(machine, from, event);
  const actions: readonly { readonly type: string; readonly params?: unknown }[] = taken;
  const facts = actions
    .filter(({ type }) => type === "xstate.emit")
    .map(({ params }) => (params as { readonly event: TransportFact }).event);
  const verdicts = facts.filter((fact): fact is CallVerdict => /^calls?\./.test(fact.type));
  return { to: to as AnyMachineSnapshot, verdicts };
}

/** How often a call was decided in a step: 0 where it waits. */
function decisionsOf(verdicts: readonly CallVerdict[], call: number): number {
  return verdicts.reduce((sum, verdict) => {
    if (verdict.type !== "calls.decided") return sum + (verdict.call === call ? 1 : 0);
    return sum + verdict.refused.filter((refused) => refused.call === call).length;
  }, 0);
}

const NEW = 5;
const opening: AnyEventObject = { type: "connect.called", call: NEW, opens: true, afresh: true };
const continuing: AnyEventObject = { type: "connect.called", call: NEW, opens: false, afresh: false };

const answered: AnyEventObject = { type: "start.answered", call: NEW };

/** Everything that older attempts may still do, and the end that the app hears of. */
const LATE: readonly AnyEventObject[] = [
  ...["query.lapsed", "start.lapsed", "refusal.over"].map((type) => ({ type, attempt: 1 })),
  { type: "end.announced" },
  { type: "mic.failed", fault: { id: 1, code: "unknown", message: "", retryable: false } },
];

describe("a connect() that begins an attempt", () => {
  it("outside a session it begins one, or waits: nothing refuses the newest call", () => {
    for (const state of states.filter((each) => !isIn(each, LIVE))) {
      const { to, verdicts } = step(state, opening);
      const begun = isIn(to, LIVE);
      const waits = isIn(to, { calls: "held" });
      expect([begun, waits].filter(Boolean), placeOf(state)).toHaveLength(1);
      expect(decisionsOf(verdicts, NEW)).toBe(begun ? 1 : 0);
    }
  });

  it("waits exactly while an older one can still call, a session ends, or the app has yet to hear of the end", () => {
    for (const state of states.filter((each) => !isIn(each, LIVE))) {
      const holding = ["devices", "query", "refused"].some((phase) => phasesOf(state).includes(phase));
      const becomesOne =
        isIn(state, { calls: "devices" }) || isIn(state, { calls: { query: "due" } }) || isIn(state, { calls: "held" });
      const ends = isIn(state, { lifecycle: "session" });
      const unheard = isIn(state, { lifecycle: { idle: { disconnected: "unannounced" } } });
      const { to } = step(state, opening);
      expect(isIn(to, { calls: "held" }), placeOf(state)).toBe(holding || becomesOne || ends || unheard);
    }
  });

  it("that waits begins when nothing older can call any more, with no call of the app's", () => {
    for (const state of states.filter((each) => isIn(each, { calls: "held" }) && isIn(each, IDLE))) {
      let now = state;
      for (let round = 0; round < 3; round += 1) {
        for (const event of LATE) ({ to: now } = step(now, event));
      }
      expect(isIn(now, LIVE), placeOf(state)).toBe(true);
    }
  });

  it("shows as connecting while it waits and there is no session", () => {
    for (const state of states.filter((each) => isIn(each, { calls: "held" }) && isIn(each, IDLE))) {
      if (isIn(state, { lifecycle: { idle: { disconnected: "unannounced" } } })) continue;
      // Another call of the app may have changed what shows since.
      const { to } = step(state, opening);
      expect([...to.tags], placeOf(state)).toEqual(["connecting"]);
    }
  });

  it("in a session shares it", () => {
    for (const state of states.filter((each) => isIn(each, LIVE) && !phasesOf(each).includes("started"))) {
      for (const event of [opening, continuing]) {
        const { to, verdicts } = step(state, event);
        expect(verdicts).toEqual([{ type: "call.joined", call: NEW }]);
        expect(placeOf(to)).toBe(placeOf(state));
      }
    }
  });
});

describe("a connect() that continues an attempt", () => {
  it("is decided once, or waits", () => {
    for (const state of states) {
      const { to, verdicts } = step(state, continuing);
      const waits = isIn(to, { calls: "held" }) && (to.context as TransportContext).newest === NEW;
      expect(decisionsOf(verdicts, NEW), placeOf(state)).toBe(waits ? 0 : 1);
    }
  });

  it("of an older one is refused, and changes nothing", () => {
    const found = states.filter((each) => !isIn(each, LIVE) && phasesOf(each).includes("query"));
    expect(found.length).toBeGreaterThan(0);
    for (const state of found) {
      const { to, verdicts } = step(state, continuing);
      const why = olderOf(state).find(({ phase }) => phase === "query")?.why;
      expect(verdicts).toMatchObject([{ type: "calls.decided", refused: [{ call: NEW, attempt: 1, why }] }]);
      expect(placeOf(to)).toBe(placeOf(state));
      expect(phasesOf(to)).toContain("refused");
    }
  });
});

describe("disconnect()", () => {
  it("leaves no attempt, and whatever the older ones do then begins nothing", () => {
    for (const state of states) {
      const { to: released } = step(state, { type: "session.released" });
      expect(isIn(released, { calls: "none" }), placeOf(state)).toBe(true);
      expect(olderOf(released).every(({ why }) => why !== "superseded")).toBe(true);
      expect(phasesOf(released).some((phase) => phase === "waiting" || phase === "held")).toBe(false);
      let now = released;
      // As often as there are older attempts, and once more.
      for (const round of ["one more", ...olderOf(released)]) {
        expect(round).toBeDefined();
        for (const event of [continuing, { type: "start.called", call: NEW, opens: false }, answered]) {
          const mayCall = phasesOf(now).some((phase) => phase === "query" || phase === "overdue");
          if (event !== answered && !mayCall) continue;
          const { to, verdicts } = step(now, event);
          expect(decisionsOf(verdicts, NEW), `${placeOf(state)} ${event.type}`).toBe(1);
          expect(isIn(to, LIVE)).toBe(false);
          expect(isIn(to, { calls: "none" })).toBe(true);
          now = to;
        }
      }
    }
  });

  it("answers every initDevices() and refuses the connect() that waits", () => {
    for (const state of states) {
      const { verdicts } = step(state, { type: "session.released" });
      const decided = verdicts.find((verdict) => verdict.type === "calls.decided");
      const asked = phasesOf(state).filter((phase) => phase === "devices").length;
      const newest = isIn(state, { calls: "devices" }) ? 1 : 0;
      expect(decided?.answered, placeOf(state)).toHaveLength(asked + newest);
      expect(decided?.refused, placeOf(state)).toHaveLength(isIn(state, { calls: "held" }) ? 1 : 0);
    }
  });
});

describe("a bot's start", () => {
  it("is begun or refused, once, whenever the client writes that it was called or answered", () => {
    for (const state of states) {
      for (const opens of [true, false]) {
        const { to, verdicts } = step(state, { type: "start.called", call: NEW, opens });
        const begun = isIn(to, { calls: "starting" }) && (opens || decisionsOf(verdicts, NEW) === 0);
        expect(decisionsOf(verdicts, NEW), placeOf(state)).toBe(begun ? 0 : 1);
      }
      const { to, verdicts } = step(state, answered);
      const isNewest = isIn(state, { calls: "starting" }) && !phasesOf(state).includes("starting");
      expect(isIn(to, { calls: "started" }) && !isIn(state, { calls: "started" }), placeOf(state)).toBe(isNewest);
      expect(decisionsOf(verdicts, NEW), placeOf(state)).toBe(isNewest ? 0 : 1);
    }
  });
});

describe("microphones that were asked for", () => {
  it("every answer goes to every attempt that waits for it", () => {
    for (const { from, letter, to } of edges) {
      if (letter.event.type !== "mic.acquired" && letter.event.type !== "mic.failed") continue;
      expect(
        phasesOf(to).filter((phase) => phase === "devices"),
        placeOf(from),
      ).toEqual([]);
      if (isIn(from, { calls: { devices: "asked" } })) expect(isIn(to, { calls: "query" })).toBe(true);
    }
  });

  it("no session and no end of one leaves an attempt waiting for an answer that does not come", () => {
    for (const { from, to } of edges) {
      const ends = isIn(from, { lifecycle: "session" }) && isIn(to, IDLE);
      if (ends) expect(phasesOf(to).filter((phase) => phase === "devices")).toEqual([]);
    }
  });
});
