import { createActor, SimulatedClock, type AnyMachineSnapshot, type StateValue } from "xstate";
import { beforeAll, describe, expect, it } from "vitest";
import { turnsMachine } from "../../machines/index.js";
import { describeTurns, turnsNodes } from "../../packages/testkit/src/models/turns-text.js";
import {
  leavesOf,
  placeOfTurns,
  stepOf,
  walkTurns,
  type TurnStep,
  type TurnsWalk,
} from "../../packages/testkit/src/models/turns-walk.js";

import { LULL, TURN_LETTERS, type Letter } from "../../src/testing/model/turn-letters.js";
import { turnsOf } from "../../src/actors/turns.js";
import type { TurnEdge, TurnFact, TurnTag } from "../../src/contracts/turns.js";

/** Which leaves mean what; a leaf that is not named means none of it. */
const MEANINGS: Readonly<Record<TurnTag, readonly string[]>> = {
  busy: [
    "user.speaking",
    "user.inferred",
    "reply.made.generating",
    "reply.made.stopping",
    "reply.owed.turn",
    "reply.owed.request",
    "voice.queued",
    "voice.speaking",
    "voice.flushing",
    "tools.pending",
  ],
  "expects.reply": ["reply.made.stopping", "reply.owed.turn", "reply.owed.request"],
  "expects.progress": ["reply.made.generating"],
  "user.speaking": ["user.speaking", "user.inferred"],
  "user.inferred": ["user.inferred"],
  "reply.generating": ["reply.made.generating"],
  "voice.pending": ["voice.queued", "voice.speaking"],
  "bot.speaking": ["voice.speaking"],
  "tools.pending": ["tools.pending"],
  "bot.present": ["bot.asked", "bot.present", "bot.lost"],
};
const TAGS = Object.keys(MEANINGS) as TurnTag[];

/** In which order the edges of one fact come. */
const ORDER: readonly TurnEdge["type"][] = [
  "user-started-speaking",
  "user-stopped-speaking",
  "bot-started-speaking",
  "bot-stopped-speaking",
  "calls-dropped",
  "call-overdue",
  "bot-joined",
  "bot-ready",
  "bot-left",
];

const isIn = ({ value }: AnyMachineSnapshot, ...leaves: readonly string[]): boolean =>
  leavesOf(value as StateValue).some((leaf) => leaves.includes(leaf));
const where = ({ from, letter }: TurnStep): string =>
  `${letter.event.type} ${letter.note ?? ""} in ${placeOfTurns(from)}`;

/** The steps that break a rule, as text. */
const breaking = (steps: readonly TurnStep[], rule: (step: TurnStep) => boolean): string[] =>
  steps.filter((step) => !rule(step)).map(where);

let walk: TurnsWalk;
beforeAll(() => {
  walk = walkTurns();
}, 60_000);

describe("turns: the whole graph", () => {
  it("reaches every leaf", () => {
    const seen = new Set(walk.states.flatMap(({ value }) => leavesOf(value as StateValue)));
    const leaves = turnsNodes.filter((node) => Object.keys(node.states).length === 0);
    expect(leaves.map(({ id }) => id.slice("turns.".length)).filter((leaf) => !seen.has(leaf))).toEqual([]);
  });

  it("takes every transition, and has a use for every fact", () => {
    const taken = new Set(walk.steps.flatMap((step) => step.taken));
    const all = turnsNodes.flatMap((node) => [...node.transitions.values()].flat());
    expect(all.length).toBeGreaterThan(60);
    expect(all.filter((each) => !taken.has(each)).map(({ source, eventType }) => `${source.id}: ${eventType}`)).toEqual(
      [],
    );
    const used = new Set(walk.steps.filter((step) => step.taken.length > 0).map(({ letter }) => letter));
    expect(TURN_LETTERS.filter((letter) => !used.has(letter))).toEqual([]);
  });

  it("describes every state, has no wildcard, and keeps serialisable facts only", () => {
    expect(turnsNodes.filter(({ description }) => (description ?? "").length < 15).map(({ id }) => id)).toEqual([]);
    const events = turnsNodes.flatMap(({ transitions }) => [...transitions.keys()]);
    expect(events.filter((event) => event.includes("*"))).toEqual([]);
    for (const { context } of walk.states) {
      expect(structuredClone(context)).toEqual(JSON.parse(JSON.stringify(context)));
    }
  });

  it.each(TAGS)("is %s in the states that mean it, and in no other", (tag) => {
    const wrong = walk.states.filter((state) => state.hasTag(tag) !== isIn(state, ...MEANINGS[tag]));
    expect(wrong.map(placeOfTurns)).toEqual([]);
  });

  it("is busy wherever something is expected of the service", () => {
    const expecting = walk.states.filter((state) => state.hasTag("expects.reply") || state.hasTag("expects.progress"));
    expect(expecting.length).toBeGreaterThan(0);
    expect(expecting.filter((state) => !state.hasTag("busy")).map(placeOfTurns)).toEqual([]);
  });

  it("is not busy, expects nothing and has nobody speaking once the connection is lost or the session has ended", () => {
    const ends = walk.steps.filter(({ letter: { event } }) => /^(connection\.lost|session\.ended)$/.test(event.type));
    const tags = TAGS.filter((tag) => tag !== "bot.present");
    expect(breaking(ends, ({ to }) => !tags.some((tag) => to.hasTag(tag)))).toEqual([]);
    const over = ends.filter(({ letter }) => letter.event.type === "session.ended");
    expect(breaking(over, ({ to }) => to.status === "done" && to.tags.size === 0)).toEqual([]);
    expect(walk.states.filter(({ status }) => status === "done")).toHaveLength(1);
  });

  it("has the states and edges of its golden list", async () => {
    await expect(describeTurns(walk)).toMatchFileSnapshot("golden/turns.txt");
  });
});

/** Emitted exactly once when a step satisfies `when`, and never otherwise: then no path can emit it twice or too few. */
const edgeRules: readonly (readonly [edge: TurnEdge["type"], when: (step: TurnStep) => boolean])[] = [
  ["user-started-speaking", ({ from, to }) => !from.hasTag("user.speaking") && to.hasTag("user.speaking")],
  ["user-stopped-speaking", ({ from, to }) => from.hasTag("user.speaking") && !to.hasTag("user.speaking")],
  ["bot-started-speaking", ({ from, to }) => !from.hasTag("bot.speaking") && to.hasTag("bot.speaking")],
  ["bot-stopped-speaking", ({ from, to }) => from.hasTag("bot.speaking") && !to.hasTag("bot.speaking")],
  ["bot-joined", ({ from, to }) => !from.hasTag("bot.present") && to.hasTag("bot.present")],
  ["bot-left", ({ from, to }) => from.hasTag("bot.present") && !to.hasTag("bot.present")],
  [
    "bot-ready",
    ({ from, letter, to }) =>
      letter.event.type === "bot.ready" && isIn(from, "bot.absent", "bot.asked") && isIn(to, "bot.present"),
  ],
  [
    "call-overdue",
    ({ from, letter }) => letter.event.type === "call.overdue" && isIn(from, "tools.pending", "tools.suspended"),
  ],
  [
    "calls-dropped",
    ({ from, letter, to }) =>
      letter.event.type !== "tools.settled" &&
      isIn(from, "tools.pending", "tools.suspended") &&
      isIn(to, "tools.none", "tools.over"),
  ],
];

describe("turns: what is emitted", () => {
  it.each(edgeRules)("emits %s exactly once where that happens, and nowhere else", (edge, when) => {
    const count = ({ edges }: TurnStep): number => edges.filter((type) => type === edge).length;
    expect(walk.steps.some(when)).toBe(true);
    expect(breaking(walk.steps, (step) => count(step) === (when(step) ? 1 : 0))).toEqual([]);
  });

  it("emits the edges of one fact in one order, wherever it comes", () => {
    const inOrder = ({ edges }: TurnStep): boolean =>
      edges.join() === ORDER.filter((edge) => edges.includes(edge)).join();
    expect(breaking(walk.steps, inOrder)).toEqual([]);
  });

  it("emits the same ends when the session ends as when the connection is lost, then drops calls, then the bot leaves", () => {
    const ends = (type: string): Map<AnyMachineSnapshot, TurnStep> =>
      new Map(walk.steps.filter(({ letter }) => letter.event.type === type).map((step) => [step.from, step]));
    const lost = ends("connection.lost");
    for (const [state, { edges }] of ends("session.ended")) {
      const drops = isIn(state, "tools.pending", "tools.suspended") ? ["calls-dropped"] : [];
      const leaves = state.hasTag("bot.present") ? ["bot-left"] : [];
      expect(edges).toEqual([...(lost.get(state)?.edges ?? ["no such step"]), ...drops, ...leaves]);
    }
  });

  it("moves as a fact does, and emits nothing, when the server delivers the edge by itself", () => {
    const loud = walk.steps.filter(
      ({ edges, letter }) => edges.length > 0 && /^(user|reply|voice|tools)\./.test(letter.event.type),
    );
    expect(loud.length).toBeGreaterThan(0);
    const isQuiet = ({ from, letter, to }: TurnStep): boolean => {
      const silent = stepOf(from, { event: { ...letter.event, silently: true } });
      return silent.edges.length === 0 && placeOfTurns(silent.to) === placeOfTurns(to);
    };
    expect(breaking(loud, isQuiet)).toEqual([]);
  });

  it("delivers no second bot-ready of a bot that the app knows", () => {
    const late = walk.steps.filter(
      ({ from, letter }) => letter.event.type === "bot.ready" && isIn(from, "bot.present", "bot.lost"),
    );
    expect(late.length).toBeGreaterThan(0);
    expect(breaking(late, ({ edges, taken }) => edges.length === 0 && taken.length === 0)).toEqual([]);
  });
});

describe("turns: a running chart", () => {
  /** Plays letters to a chart that runs; returns where it is and what it emitted after each. */
  function play(letters: readonly Letter[]) {
    const clock = new SimulatedClock();
    const actor = createActor(turnsMachine, { input: { lull: undefined }, clock }).start();
    let late: TurnEdge[] = [];
    const turns = turnsOf(actor, (edge) => late.push(edge));
    return letters.map(({ event }) => {
      late = [];
      let edges: readonly TurnEdge[] = [];
      if (event.type === LULL) clock.increment(3_000);
      else edges = turns.tell(event as TurnFact);
      return { place: placeOfTurns(actor.getSnapshot()), edges: [...edges, ...late].map(({ type }) => type) };
    });
  }

  it("does on the shortest way to each of its transitions what the walk says", () => {
    const first = new Map<unknown, TurnStep>();
    for (const step of walk.steps) for (const each of step.taken) if (!first.has(each)) first.set(each, step);
    const steps = new Set(first.values());
    expect(first.size).toBeGreaterThan(60);
    for (const step of steps) {
      const played = play([...walk.pathTo(step.from), step.letter]);
      expect(played.at(-1), where(step)).toEqual({ place: placeOfTurns(step.to), edges: step.edges });
    }
  });
});
