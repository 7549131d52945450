import fc from "fast-check";
import { createActor, SimulatedClock } from "xstate";
import { describe, it } from "vitest";
import { turnsMachine } from "../../machines/index.js";
import { turnsOf } from "../../src/actors/turns.js";
import type { TurnEdge, TurnFact, TurnTag } from "../../src/contracts/turns.js";

/** One seed, so that a failure is the same everywhere. To look elsewhere: RTVI_MACHINE_SEED=7 RTVI_MACHINE_RUNS=50000. */
const seed = Number(process.env.RTVI_MACHINE_SEED ?? 20_260_901);
const numRuns = Number(process.env.RTVI_MACHINE_RUNS ?? 10_000);
const LULL = 3_000;

/** A fact, or so many ms in which nothing happens. */
type Step = TurnFact | { readonly type: "wait"; readonly ms: number };

/** Facts of which a server may deliver the edges by itself. */
const silenceable = fc.constantFrom<readonly TurnFact[]>(
  [{ type: "user.started" }, { type: "user.started", silently: true }],
  [{ type: "user.started", inferred: true }],
  [
    { type: "user.stopped", replyDue: true },
    { type: "user.stopped", replyDue: false, silently: true },
  ],
  [{ type: "user.concluded" }],
  [{ type: "reply.requested" }],
  [{ type: "reply.began" }, { type: "reply.began", silently: true }],
  [{ type: "reply.cancelled" }],
  [
    { type: "reply.ended", another: false },
    { type: "reply.ended", another: true },
  ],
  [{ type: "voice.queued" }],
  [{ type: "voice.began" }, { type: "voice.began", silently: true }],
  [{ type: "voice.drained" }, { type: "voice.drained", silently: true }],
  [
    { type: "voice.flushed", by: "user" },
    { type: "voice.flushed", by: "service", silently: true },
  ],
  [{ type: "voice.counted" }],
  [{ type: "tools.called" }],
  [{ type: "tools.settled" }],
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: silenceable.chain((facts) => fc.constantFrom<Step>(...facts)) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Step>(
      { type: "bot.ready" },
      { type: "bot.asked" },
      { type: "connection.lost" },
      { type: "connection.ready", continuity: "fresh" },
      { type: "connection.ready", continuity: "resumed" },
      { type: "connection.ready", continuity: "replayed" },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>(
      { type: "wait", ms: 1 },
      { type: "wait", ms: LULL - 1 },
      { type: "wait", ms: LULL },
    ),
  },
);

/** A session; one in two ends, and goes on being told of things. */
const session = fc.tuple(
  fc.array(step, { maxLength: 40 }),
  fc.option(fc.array(step, { maxLength: 4 }), { nil: undefined }),
);

const ORDER: readonly TurnEdge["type"][] = [
  "user-started-speaking",
  "user-stopped-speaking",
  "bot-started-speaking",
  "bot-stopped-speaking",
  "calls-dropped",
  "bot-joined",
  "bot-ready",
  "bot-left",
];

type Who = "user" | "bot";

/** As `expect`, which is too slow for a million facts. */
function check(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`Broken: ${rule}`);
}

/** An app that believes the edges. Throws where they contradict each other, or what the chart says. */
class App {
  private readonly speaking = new Set<Who>();
  private isThere = false;
  private hasCalls = false;
  /** A bot-ready may come: the app has not had one yet, has asked for one, or the bot is a new one. */
  private awaitsReady = true;

  /** @param is What the chart says now. */
  sees(fact: Step, edges: readonly TurnEdge["type"][], is: (tag: TurnTag) => boolean): void {
    if (fact.type === "bot.asked" || (fact.type === "connection.ready" && fact.continuity === "fresh")) {
      this.awaitsReady = true;
    }
    check(edges.join() === ORDER.filter((edge) => edges.includes(edge)).join(), `the order of ${edges.join()}`);
    for (const edge of edges) this.takes(edge);
    if ("silently" in fact) {
      check(edges.length === 0, "a silent fact has no edge");
      // The server delivers its own, which changes for the app what the fact changes for the chart.
      this.knows("user", is("user.speaking"));
      this.knows("bot", is("bot.speaking"));
    }
    if (fact.type === "tools.called" && is("tools.pending")) this.hasCalls = true;
    if (fact.type === "tools.settled") this.hasCalls = false;

    check(this.speaking.has("user") === is("user.speaking"), "the app knows whether the user speaks");
    check(this.speaking.has("bot") === is("bot.speaking"), "the app knows whether the bot speaks");
    check(this.isThere === is("bot.present"), "the app knows whether the bot is there");
    const expects = is("expects.reply") || is("expects.progress");
    check(is("busy") || !(expects || this.speaking.size > 0), "busy while one speaks or something is expected");
    if (fact.type === "connection.lost") check(this.speaking.size === 0 && !is("busy"), "a loss ends all speech");
    if (fact.type === "session.ended") {
      check(this.speaking.size === 0 && !this.hasCalls && !this.isThere, "the end leaves nothing open");
    }
  }

  private takes(edge: TurnEdge["type"]): void {
    switch (edge) {
      case "user-started-speaking":
      case "bot-started-speaking":
        check(!this.speaking.has(who(edge)), `no second ${edge}`);
        this.speaking.add(who(edge));
        break;
      case "user-stopped-speaking":
      case "bot-stopped-speaking":
        check(this.speaking.delete(who(edge)), `no ${edge} without a start`);
        break;
      case "bot-joined":
        check(!this.isThere, "no bot joins twice");
        this.isThere = true;
        break;
      case "bot-left":
        check(this.isThere, "only a bot that has joined leaves");
        this.isThere = false;
        break;
      case "bot-ready":
        check(this.isThere && this.awaitsReady, "one bot-ready for whatever was asked, of a bot that has joined");
        this.awaitsReady = false;
        break;
      case "call-overdue":
        check(this.hasCalls, "only open calls are overdue");
        break;
      case "calls-dropped":
        check(this.hasCalls, "only open calls are dropped, and once");
        this.hasCalls = false;
        break;
    }
  }

  private knows(speaker: Who, speaks: boolean): void {
    if (speaks) this.speaking.add(speaker);
    else this.speaking.delete(speaker);
  }
}

const who = (edge: TurnEdge["type"]): Who => (edge.startsWith("user") ? "user" : "bot");

function run([steps, afterwards]: readonly [readonly Step[], readonly Step[] | undefined]): void {
  const clock = new SimulatedClock();
  const actor = createActor(turnsMachine, { input: { lull: LULL }, clock }).start();
  const unprompted: TurnEdge["type"][] = [];
  const turns = turnsOf(actor, ({ type }) => unprompted.push(type));
  const is = (tag: TurnTag): boolean => turns.is(tag);
  const app = new App();

  const take = (each: Step): readonly TurnEdge["type"][] => {
    if (each.type !== "wait") return turns.tell(each).map(({ type }) => type);
    clock.increment(each.ms);
    return unprompted.splice(0);
  };
  for (const each of steps) {
    const wasInferred = is("user.inferred");
    const edges = take(each);
    app.sees(each, edges, is);
    check(unprompted.length === 0, "what comes of a fact is returned");
    if (each.type === "wait" && edges.length > 0) {
      check(wasInferred && edges.join() === "user-stopped-speaking", "time ends an inferred turn, and nothing else");
    }
  }
  if (afterwards === undefined) return;
  app.sees({ type: "session.ended" }, take({ type: "session.ended" }), is);
  for (const each of afterwards) check(take(each).length === 0 && !is("busy"), "nothing comes after the end");
}

describe("turns: any order of facts", () => {
  it("keeps edges balanced and in order, announces a bot once for each time it was asked, and expects only while busy", () => {
    fc.assert(fc.property(session, run), { numRuns, seed });
  }, 600_000);
});
