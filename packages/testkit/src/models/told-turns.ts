import fc from "fast-check";
import { createActor, SimulatedClock } from "xstate";
import type { turnsMachine } from "../../../../machines/index.js";
import { turnsOf } from "../../../../src/actors/turns.js";
import type { TurnEdge, TurnFact, TurnTag } from "../../../../src/contracts/turns.js";

const LULL = 3_000;
const CALL_TIMEOUT = LULL;

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
  [
    { type: "call.began", call: 1 },
    { type: "call.ended", call: 1 },
  ],
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

/** A call that is answered in time, and the time that it had: chance hardly has all of it in a row. */
const ANSWERED_CALL: readonly Step[] = [
  { type: "tools.called" },
  { type: "call.began", call: 1 },
  { type: "call.ended", call: 1 },
  { type: "wait", ms: CALL_TIMEOUT },
];

/** A reply that is interrupted, and whose end the service confirms. */
const INTERRUPTED_REPLY: readonly Step[] = [
  { type: "reply.began" },
  { type: "reply.cancelled" },
  { type: "reply.ended", another: false },
];

/** A bot that is lost, and what the connection after that brings: the same one, or another. */
const RETURNS = (["fresh", "resumed"] as const).flatMap((continuity): (readonly Step[])[] => {
  const back: readonly Step[] = [
    { type: "bot.ready" },
    { type: "connection.lost" },
    { type: "connection.ready", continuity },
  ];
  return [
    [...back, { type: "bot.ready" }],
    [...back, { type: "bot.asked" }, { type: "bot.ready" }],
  ];
});

const facts: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      { weight: 40, arbitrary: step.map((each) => [each]) },
      { weight: 1, arbitrary: fc.constantFrom(ANSWERED_CALL, INTERRUPTED_REPLY, ...RETURNS) },
    ),
    {
      maxLength: 40,
    },
  )
  .map((parts) => parts.flat());

/** What a session's turns are told; one in two ends, and goes on being told of things. */
export const toldTurns = fc.tuple(facts, fc.option(fc.array(step, { maxLength: 4 }), { nil: undefined }));

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

/** Whose turn it is and what is due, by the meaning of the facts alone: `src/contracts/turns.ts` has it in words. */
class Due {
  #user: "silent" | "speaking" | "inferred" = "silent";
  #inferredAt = 0;
  #made: "nothing" | "generating" | "stopping" = "nothing";
  #owed: "nothing" | "turn" | "request" = "nothing";
  #voice: "silent" | "queued" | "speaking" | "flushing" = "silent";
  #tools: "none" | "pending" | "suspended" = "none";
  #bot: "absent" | "asked" | "present" | "lost" = "absent";

  /** @param now In ms. */
  sees(fact: Step, edges: readonly TurnEdge["type"][], is: (tag: TurnTag) => boolean, now: number): void {
    const joins = this.#bot === "absent" && (fact.type === "bot.ready" || fact.type === "connection.ready");
    const isReady = fact.type === "bot.ready" && (this.#bot === "absent" || this.#bot === "asked");
    const isFresh = fact.type === "connection.ready" && fact.continuity === "fresh";
    const drops = (isFresh && this.#tools === "suspended") || (fact.type === "session.ended" && this.#tools !== "none");
    this.#takes(fact, now);
    check(edges.includes("bot-joined") === joins, "a bot joins when it is there first");
    check(edges.includes("bot-ready") === isReady, "a bot that was asked whether it is ready has answered");
    check(edges.includes("calls-dropped") === drops, "calls are dropped with the conversation that they belong to");
    if (fact.type === "session.ended") return;
    check(is("user.speaking") === (this.#user !== "silent"), "the user speaks");
    check(is("user.inferred") === (this.#user === "inferred"), "that the user speaks is only inferred");
    check(is("reply.generating") === (this.#made === "generating"), "a reply is made");
    check(is("expects.progress") === (this.#made === "generating"), "a reply that is made goes on");
    const isOwed = this.#owed !== "nothing" || this.#made === "stopping";
    check(is("expects.reply") === isOwed, "the service owes a reply, or the end of one");
    const isPending = this.#voice === "queued" || this.#voice === "speaking";
    check(is("voice.pending") === isPending, "something is played, or waits to be");
    check(is("tools.pending") === (this.#tools === "pending"), "a call waits for its result");
    const isIdle = this.#user === "silent" && this.#made === "nothing" && this.#voice === "silent";
    check(
      is("busy") !== (isIdle && !isOwed && this.#tools !== "pending"),
      "a conversation is busy while anything is going on",
    );
  }

  #takes(fact: Step, now: number): void {
    switch (fact.type) {
      case "call.began":
      case "call.ended":
      case "session.ended":
        break;
      case "wait":
        if (this.#user === "inferred" && now - this.#inferredAt >= LULL) this.#user = "silent";
        break;
      case "user.started":
        if (fact.inferred !== true) this.#user = "speaking";
        else if (this.#user === "silent") this.#user = "inferred";
        this.#inferredAt = now;
        if (this.#owed === "turn") this.#owed = "nothing";
        break;
      case "user.stopped":
        this.#user = "silent";
        if (fact.replyDue && this.#owed === "nothing") this.#owed = "turn";
        break;
      case "user.concluded":
        if (this.#user === "inferred") this.#user = "silent";
        break;
      case "reply.requested":
        this.#owed = "request";
        break;
      case "reply.began":
        if (this.#user === "inferred") this.#user = "silent";
        this.#made = "generating";
        this.#owed = "nothing";
        break;
      case "reply.cancelled":
        if (this.#made === "generating") this.#made = "stopping";
        break;
      case "reply.ended":
        if (fact.another) this.#owed = "request";
        else if (this.#made === "nothing") this.#owed = "nothing";
        this.#made = "nothing";
        break;
      case "voice.queued":
        if (this.#voice !== "speaking") this.#voice = "queued";
        break;
      case "voice.began":
        this.#voice = "speaking";
        break;
      case "voice.drained":
        if (this.#voice !== "flushing") this.#voice = "silent";
        break;
      case "voice.flushed":
        this.#voice = "flushing";
        break;
      case "voice.counted":
        if (this.#voice === "flushing") this.#voice = "silent";
        break;
      case "tools.called":
        if (this.#tools === "none") this.#tools = "pending";
        break;
      case "tools.settled":
        this.#tools = "none";
        break;
      case "bot.ready":
        if (this.#bot !== "lost") this.#bot = "present";
        break;
      case "bot.asked":
        if (this.#bot === "present") this.#bot = "asked";
        break;
      case "connection.lost":
        [this.#user, this.#made, this.#owed, this.#voice] = ["silent", "nothing", "nothing", "silent"];
        if (this.#tools === "pending") this.#tools = "suspended";
        if (this.#bot === "present") this.#bot = "lost";
        break;
      case "connection.ready":
        if (this.#tools === "suspended") this.#tools = fact.continuity === "fresh" ? "none" : "pending";
        if (this.#bot === "absent") this.#bot = "asked";
        else if (this.#bot === "lost") this.#bot = fact.continuity === "fresh" ? "asked" : "present";
        break;
    }
  }
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

/** Tells a chart of turns all that, and believes what it says. Throws where that cannot be. */
export function believeTurns(
  chart: typeof turnsMachine,
  [steps, afterwards]: readonly [readonly Step[], readonly Step[] | undefined],
): void {
  const clock = new SimulatedClock();
  const actor = createActor(chart, { input: { lull: LULL, functionCallTimeout: CALL_TIMEOUT }, clock }).start();
  const unprompted: TurnEdge["type"][] = [];
  let isCallOpen = false;
  let isLate = false;
  const turns = turnsOf(actor, ({ type }) => {
    // What is thrown here is XState's to report.
    if (type === "call-overdue") isLate ||= !isCallOpen;
    else unprompted.push(type);
  });
  const is = (tag: TurnTag): boolean => turns.is(tag);
  const app = new App();
  const due = new Due();

  const take = (each: Step): readonly TurnEdge["type"][] => {
    if (each.type !== "wait") return turns.tell(each).map(({ type }) => type);
    clock.increment(each.ms);
    return unprompted.splice(0);
  };
  for (const each of steps) {
    // A call has a number of its own: it begins once.
    if (each.type === "call.began" && isCallOpen) continue;
    const wasInferred = is("user.inferred");
    if (each.type === "call.began") isCallOpen = true;
    if (each.type === "call.ended") isCallOpen = false;
    const edges = take(each);
    check(!isLate, "a call that has its result is not overdue");
    app.sees(each, edges, is);
    due.sees(each, edges, is, clock.now());
    check(unprompted.length === 0, "what comes of a fact is returned");
    if (each.type === "wait" && edges.length > 0) {
      check(wasInferred && edges.join() === "user-stopped-speaking", "time ends an inferred turn, and nothing else");
    }
  }
  if (afterwards === undefined) return;
  const last = take({ type: "session.ended" });
  app.sees({ type: "session.ended" }, last, is);
  due.sees({ type: "session.ended" }, last, is, clock.now());
  for (const each of afterwards) check(take(each).length === 0 && !is("busy"), "nothing comes after the end");
}
