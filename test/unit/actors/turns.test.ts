import { createActor, SimulatedClock } from "xstate";
import { describe, expect, it, vi } from "vitest";
import { turnsMachine } from "../../../machines/index.js";
import { turnsOf } from "../../../src/actors/turns.js";
import { endTurns } from "../../../src/compose.js";
import type { TurnEdge, TurnFact } from "../../../src/contracts/turns.js";

function start(lull?: number, functionCallTimeout = 0) {
  const clock = new SimulatedClock();
  const actor = createActor(turnsMachine, { input: { lull, functionCallTimeout }, clock }).start();
  const unprompted: string[] = [];
  const turns = turnsOf(actor, ({ type }) => unprompted.push(type));
  const tell = (fact: TurnFact): string[] => turns.tell(fact).map(({ type }) => type);
  return { clock, actor, turns, tell, unprompted };
}

describe("turns: telling facts", () => {
  it("returns what comes of a fact at once, in order, and only that", () => {
    const { tell, unprompted } = start();
    expect(tell({ type: "bot.ready" })).toEqual(["bot-joined", "bot-ready"]);
    expect(tell({ type: "voice.began" })).toEqual(["bot-started-speaking"]);
    expect(tell({ type: "user.started" })).toEqual(["user-started-speaking"]);
    expect(tell({ type: "tools.called" })).toEqual([]);
    expect(tell({ type: "user.started" })).toEqual([]);
    expect(tell({ type: "session.ended" })).toEqual([
      "user-stopped-speaking",
      "bot-stopped-speaking",
      "calls-dropped",
      "bot-left",
    ]);
    expect(unprompted).toEqual([]);
  });

  it("has the user's start before the bot's stop when the user interrupts", () => {
    const { tell } = start();
    const facts: readonly TurnFact[] = [
      { type: "reply.began" },
      { type: "voice.queued" },
      { type: "voice.began" },
      { type: "user.started" },
      { type: "reply.cancelled" },
      { type: "voice.flushed", by: "user" },
    ];
    expect(facts.flatMap(tell)).toEqual(["bot-started-speaking", "user-started-speaking", "bot-stopped-speaking"]);
  });

  it("gives each call a list of its own, which later edges do not change", () => {
    const { turns } = start();
    const first = turns.tell({ type: "user.started" });
    turns.tell({ type: "user.stopped", replyDue: false });
    expect(first).toEqual([{ type: "user-started-speaking" }]);
  });

  it("answers about the state that the last fact led to", () => {
    const { turns, tell } = start();
    expect(turns.is("busy")).toBe(false);
    tell({ type: "user.started" });
    expect([turns.is("busy"), turns.is("user.speaking"), turns.is("expects.reply")]).toEqual([true, true, false]);
    tell({ type: "user.stopped", replyDue: true });
    expect([turns.is("busy"), turns.is("user.speaking"), turns.is("expects.reply")]).toEqual([true, false, true]);
  });

  it("takes a fact that comes of another after it, and the outer call returns the edges of both in order", () => {
    const { actor, turns, tell, unprompted } = start();
    const inner: (readonly TurnEdge[])[] = [];
    const seen: boolean[] = [];
    actor.on("user-started-speaking", () => {
      inner.push(turns.tell({ type: "voice.began" }));
      seen.push(turns.is("user.speaking"));
    });
    expect(tell({ type: "user.started" })).toEqual(["user-started-speaking", "bot-started-speaking"]);
    expect(inner).toEqual([[]]);
    expect(seen).toEqual([true]);
    expect(turns.is("bot.speaking")).toBe(true);
    expect(unprompted).toEqual([]);
  });
});

describe("turns: edges that no fact asked for", () => {
  it("reports the end of an inferred turn after a lull, which each further sign puts off", () => {
    const { clock, tell, turns, unprompted } = start(1_000);
    tell({ type: "user.started", inferred: true });
    clock.increment(999);
    tell({ type: "user.started", inferred: true });
    clock.increment(999);
    expect([turns.is("user.speaking"), unprompted]).toEqual([true, []]);
    clock.increment(1);
    expect([turns.is("user.speaking"), unprompted]).toEqual([false, ["user-stopped-speaking"]]);
    clock.increment(60_000);
    expect(unprompted).toHaveLength(1);
  });

  it("takes 3 s for a lull by default", () => {
    const { clock, tell, unprompted } = start();
    tell({ type: "user.started", inferred: true });
    clock.increment(2_999);
    expect(unprompted).toEqual([]);
    clock.increment(1);
    expect(unprompted).toEqual(["user-stopped-speaking"]);
  });

  it("has no lull where a service says when the user stops, also when it says so late", () => {
    const { clock, tell, unprompted } = start();
    tell({ type: "user.started", inferred: true });
    expect(tell({ type: "user.started" })).toEqual([]);
    clock.increment(60_000);
    expect(unprompted).toEqual([]);
    expect(tell({ type: "user.stopped", replyDue: false })).toEqual(["user-stopped-speaking"]);
  });

  it("has the bot's turn end an inferred turn, and not one that the user began by a button", () => {
    const { tell } = start();
    tell({ type: "user.started", inferred: true });
    expect(tell({ type: "reply.began" })).toEqual(["user-stopped-speaking"]);
    tell({ type: "user.started" });
    expect(tell({ type: "reply.began" })).toEqual([]);
  });

  it("loses no edge of a fact that is told while a timer of the chart is at work", () => {
    const { actor, clock, turns, tell, unprompted } = start();
    const inner: (readonly TurnEdge[])[] = [];
    actor.on("user-stopped-speaking", () => inner.push(turns.tell({ type: "voice.began" })));
    tell({ type: "user.started", inferred: true });
    clock.increment(3_000);
    // Inside the chart's step the fact waits for its turn, and its edge comes when that does.
    expect([inner, unprompted]).toEqual([[[]], ["user-stopped-speaking", "bot-started-speaking"]]);
    expect(tell({ type: "voice.drained" })).toEqual(["bot-stopped-speaking"]);
  });
});

describe("turns: the end", () => {
  it("returns nothing and is nothing once the session has ended, whatever still comes", () => {
    const { turns, tell, clock, unprompted } = start();
    tell({ type: "bot.ready" });
    tell({ type: "user.started", inferred: true });
    tell({ type: "session.ended" });
    for (const fact of [{ type: "voice.began" }, { type: "bot.ready" }, { type: "session.ended" }] as const) {
      expect(tell(fact)).toEqual([]);
    }
    clock.increment(60_000);
    expect([unprompted, turns.is("busy"), turns.is("bot.present")]).toEqual([[], false, false]);
  });

  it("returns nothing and is nothing after the actor was stopped in the middle of a turn", () => {
    const { actor, turns, tell } = start();
    tell({ type: "bot.ready" });
    tell({ type: "user.started" });
    actor.stop();
    const warned = vi.spyOn(console, "warn");
    expect([tell({ type: "user.stopped", replyDue: true }), turns.is("busy"), turns.is("bot.present")]).toEqual([
      [],
      false,
      false,
    ]);
    expect(warned, "XState warns of events for a stopped actor").not.toHaveBeenCalled();
    warned.mockRestore();
  });
});

describe("turns: which bot-ready is delivered", () => {
  const lost = { type: "connection.lost" } as const;
  const ready = (continuity: "fresh" | "resumed" | "replayed") => ({ type: "connection.ready", continuity }) as const;
  const asked = { type: "bot.asked" } as const;
  const bot = { type: "bot.ready" } as const;

  it("joins when the service is ready, and delivers bot-ready when the bot has answered", () => {
    const { tell } = start();
    expect(tell(ready("fresh"))).toEqual(["bot-joined"]);
    expect(tell(bot)).toEqual(["bot-ready"]);
    expect(tell(bot)).toEqual([]);
  });

  it("delivers the first one after a loss before it, whether the service kept the conversation or not", () => {
    const { tell } = start();
    expect([ready("fresh"), lost, ready("resumed"), bot].flatMap(tell)).toEqual(["bot-joined", "bot-ready"]);
  });

  it("swallows the answers of a bot that the app knows, however late and many", () => {
    const { tell } = start();
    tell(bot);
    expect([lost, bot, asked, lost, asked, ready("replayed"), bot, bot].flatMap(tell)).toEqual([]);
  });

  it("delivers one for a new bot that was asked on each of several connections", () => {
    const { tell } = start();
    tell(bot);
    expect([lost, asked, lost, asked, ready("fresh"), bot, bot].flatMap(tell)).toEqual(["bot-ready"]);
  });

  it("still owes the one of a new bot whose connection was lost before it answered", () => {
    const { tell } = start();
    tell(bot);
    expect([lost, ready("fresh"), lost, ready("resumed"), bot].flatMap(tell)).toEqual(["bot-ready"]);
  });

  it("delivers one more when the app asks once more on the same connection", () => {
    const { tell } = start();
    tell(bot);
    expect([asked, asked, bot, bot].flatMap(tell)).toEqual(["bot-ready"]);
  });
});

describe("turns: what the service owes", () => {
  const is = (...facts: readonly TurnFact[]): string => {
    const { turns, tell } = start();
    for (const fact of facts) tell(fact);
    return [turns.is("expects.reply") ? "reply" : "", turns.is("expects.progress") ? "progress" : ""].join("");
  };
  const stopped = { type: "user.stopped", replyDue: true } as const;
  const began = { type: "reply.began" } as const;
  const ended = { type: "reply.ended", another: false } as const;

  it("withdraws the reply to a turn when the user goes on speaking, and never one that was asked for", () => {
    expect(is({ type: "user.started" }, stopped)).toBe("reply");
    expect(is({ type: "user.started" }, stopped, { type: "user.started" })).toBe("");
    expect(is({ type: "reply.requested" }, { type: "user.started" })).toBe("reply");
    expect(is({ type: "user.started" }, stopped, { type: "reply.requested" }, { type: "user.started" })).toBe("reply");
  });

  it("keeps in mind what becomes due while a reply is being made or stopped", () => {
    expect(is(began, stopped, ended)).toBe("reply");
    expect(is(began, { type: "reply.cancelled" }, { type: "reply.requested" }, ended)).toBe("reply");
    expect(is(began, { type: "reply.ended", another: true })).toBe("reply");
    expect(is(began, stopped, { type: "user.started" }, ended)).toBe("");
  });

  it("owes nothing more when what it owed failed before it began", () => {
    expect(is({ type: "reply.requested" }, ended)).toBe("");
    expect(is({ type: "user.started" }, stopped, ended)).toBe("");
  });

  it("makes progress until it is interrupted, and has to confirm that", () => {
    expect(is(began)).toBe("progress");
    expect(is(began, { type: "reply.cancelled" })).toBe("reply");
    expect(is(began, { type: "reply.cancelled" }, ended)).toBe("");
  });
});

describe("turns: function calls when the connection is lost", () => {
  const called: readonly TurnFact[] = [{ type: "tools.called" }, { type: "connection.lost" }];
  const settled: TurnFact = { type: "tools.settled" };

  it("holds no planned reconnect up while they are suspended, and is busy again where the conversation was kept", () => {
    const { turns, tell } = start();
    for (const fact of called) tell(fact);
    expect([turns.is("tools.pending"), turns.is("busy")]).toEqual([false, false]);
    expect(tell({ type: "connection.ready", continuity: "replayed" })).toEqual(["bot-joined"]);
    expect([turns.is("tools.pending"), turns.is("busy")]).toEqual([true, true]);
    expect(tell(settled)).toEqual([]);
    expect(turns.is("busy")).toBe(false);
  });

  it("drops them, once, when a new conversation begins or the session ends", () => {
    for (const end of [{ type: "connection.ready", continuity: "fresh" }, { type: "session.ended" }] as const) {
      const { tell } = start();
      const edges = [...called, end, settled, { type: "session.ended" } as const].flatMap(tell);
      expect(edges.filter((edge) => edge === "calls-dropped")).toHaveLength(1);
    }
  });

  it("drops nothing when the last result came meanwhile", () => {
    const { tell } = start();
    expect([...called, settled, { type: "connection.ready", continuity: "fresh" } as const].flatMap(tell)).toEqual([
      "bot-joined",
    ]);
  });
});

describe("turns: the end of a session by a defect", () => {
  const LAST = ["user-stopped-speaking", "bot-stopped-speaking", "bot-left"];

  /** Everybody speaks. */
  function speaking() {
    const rig = start();
    for (const type of ["bot.ready", "voice.began", "user.started"] as const) rig.tell({ type });
    return rig;
  }

  it("is told by the chart itself where that runs on, and once", () => {
    const { actor, unprompted } = speaking();
    expect(endTurns(actor)).toEqual([]);
    expect(unprompted).toEqual(LAST);
    expect(endTurns(actor)).toEqual([]);
    expect(unprompted).toEqual(LAST);
  });

  it("is told for a chart that was stopped in the middle, with no timer left", () => {
    const { actor, unprompted, tell } = speaking();
    tell({ type: "user.stopped", replyDue: false });
    tell({ type: "user.started", inferred: true });
    actor.stop();
    expect(endTurns(actor).map(({ type }) => type)).toEqual(LAST);
    expect(unprompted).toEqual([]);
  });
});

describe("turns: function calls that nobody answers", () => {
  it("says of each call on its own that it is overdue, also while the connection is lost", () => {
    const { clock, tell, unprompted } = start(undefined, 1_000);
    tell({ type: "tools.called" });
    tell({ type: "call.began", call: 1 });
    clock.increment(600);
    tell({ type: "call.began", call: 2 });
    tell({ type: "connection.lost" });
    clock.increment(400);
    expect(unprompted).toEqual(["call-overdue"]);
    clock.increment(599);
    expect(unprompted).toHaveLength(1);
    clock.increment(1);
    expect(unprompted).toEqual(["call-overdue", "call-overdue"]);
  });

  it("says nothing of a call that has ended, nor of any where there is no limit", () => {
    const limited = start(undefined, 1_000);
    limited.tell({ type: "tools.called" });
    limited.tell({ type: "call.began", call: 1 });
    limited.tell({ type: "call.began", call: 2 });
    limited.tell({ type: "call.ended", call: 1 });
    limited.clock.increment(1_000);
    expect(limited.unprompted).toEqual(["call-overdue"]);
    const unlimited = start();
    unlimited.tell({ type: "tools.called" });
    unlimited.tell({ type: "call.began", call: 1 });
    unlimited.clock.increment(10_000_000);
    expect(unlimited.unprompted).toEqual([]);
  });
});
