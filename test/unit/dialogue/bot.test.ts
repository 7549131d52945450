import { describe, expect, it, vi } from "vitest";
import { Bot } from "../../../src/dialogue/bot.js";
import type { HistoryItem } from "../../../src/dialogue/conversation-history.js";
import { EffectSink } from "../../../src/dialogue/effects.js";
import type { BotEvent } from "../../../src/dialogue/voice-event.js";
import { runningTurns } from "../../../packages/testkit/src/models/running-turns.js";

const piece = { reply: "r1", item: "i1" };
const BEGAN: BotEvent = { type: "reply.began", reply: "r1", kind: "conversation" };
const ENDED: BotEvent = { type: "reply.ended", reply: "r1", how: "completed" };
const SOUND = { type: "audio", ...piece, pcm: () => new ArrayBuffer(4_800) } as const satisfies BotEvent;
const WORDS: BotEvent = { type: "words", ...piece, text: "One two. ", form: "spoken" };

function make(playedBy: "player" | "service" = "player") {
  const turns = runningTurns();
  const sink = new EffectSink(turns);
  const written = new Map<string, HistoryItem>();
  const clock = { now: 0 };
  const ended = vi.fn<(reply: string) => void>();
  const bot = new Bot<string>(sink, {
    processor: "any",
    playedBy,
    now: () => clock.now,
    ended,
    history: { note: (id, item) => void written.set(id, item) },
    began: (reply) => ({ request: `asked for ${reply}`, was: "asked" }),
  });
  const told = (): string[] => {
    return sink.take().flatMap((effect) => (effect.type === "deliver" ? [effect.message.type] : []));
  };
  return {
    bot,
    sink,
    turns,
    clock,
    ended,
    written,
    told,
    hears: (...events: BotEvent[]) => {
      for (const event of events) bot.handle(event);
    },
  };
}

describe("Bot: what a voice service tells", () => {
  it("begins a reply that nobody has announced with its first piece", () => {
    const { hears, told, turns } = make();
    hears(SOUND);
    expect(told()).toEqual(["bot-llm-started", "bot-tts-started"]);
    expect(turns.is("reply.generating")).toBe(true);
  });

  it("drops what comes late of a reply that is over or interrupted", () => {
    const { bot, hears, told, turns } = make();
    hears(BEGAN, SOUND);
    bot.interrupt("app");
    expect(turns.is("expects.reply")).toBe(true);
    told();
    hears(SOUND, WORDS);
    expect(told()).toEqual([]);
    hears(ENDED, WORDS);
    expect(told()).toEqual(["bot-llm-stopped", "metrics"]);
    expect(turns.is("expects.reply")).toBe(false);
  });

  it("decodes no audio that is not played: late, or the service's own to play", () => {
    const pcm = vi.fn(() => new ArrayBuffer(4_800));
    const { bot, hears } = make();
    hears(BEGAN, { ...SOUND, pcm });
    expect(pcm).toHaveBeenCalledTimes(1);
    bot.interrupt("app");
    hears({ ...SOUND, pcm });
    make("service").hears(BEGAN, { ...SOUND, pcm });
    expect(pcm).toHaveBeenCalledTimes(1);
  });

  it("takes words of a reply that is made, and none of one that is over", () => {
    const { hears, told } = make();
    hears(BEGAN, SOUND, { type: "reply.made", reply: "r1" });
    expect(told()).toContain("bot-llm-stopped");
    hears(WORDS);
    expect(told()).toContain("bot-tts-text");
    hears(ENDED);
    expect(told()).toEqual([]);
    hears(WORDS);
    expect(told()).toEqual([]);
  });

  it("writes down what is said, but for asides", () => {
    const { hears, written, turns } = make();
    hears({ ...BEGAN, reply: "r2", kind: "aside" }, { ...WORDS, reply: "r2", item: "i2" }, BEGAN, WORDS);
    expect([...written]).toEqual([["i1", { type: "message", role: "assistant", content: "One two. " }]]);
    hears(ENDED);
    expect(turns.is("reply.generating")).toBe(false);
  });

  it.each<[string, string[], BotEvent[]]>([
    ["began", ["asked for r1"], [BEGAN]],
    ["is to be heard", ["asked for r1"], [BEGAN, SOUND, WORDS, ENDED]],
    ["was read", [], [BEGAN, { ...WORDS, form: "written" }]],
    ["was cut", [], [BEGAN, SOUND, { ...ENDED, how: "cut" }]],
    ["had no voice", [], [BEGAN, ENDED]],
  ])("asks again, after a loss, for a reply that nobody has heard: one that %s", (_what, again, events) => {
    const { bot, hears } = make();
    hears(...events);
    bot.end();
    expect(bot.unheardReplies.requests).toEqual(again);
  });

  it("asks for no reply again of which a word was heard", () => {
    const { bot, hears } = make();
    hears(BEGAN, SOUND, WORDS);
    bot.playback({
      type: "began",
      item: { itemId: "i1", playedSamples: 1_200, receivedSamples: 2_400, sampleRate: 24_000 },
    });
    bot.playback({
      type: "progress",
      item: { itemId: "i1", playedSamples: 2_400, receivedSamples: 2_400, sampleRate: 24_000 },
    });
    hears(ENDED);
    bot.playback({
      type: "drained",
      item: { itemId: "i1", playedSamples: 2_400, receivedSamples: 2_400, sampleRate: 24_000 },
    });
    bot.end();
    expect(bot.unheardReplies.requests).toEqual([]);
  });

  it("leaves to the player when the bot is heard, where that plays", () => {
    const { hears, told } = make("player");
    hears({ type: "playback.began" }, { type: "playback.ended" });
    expect(told()).toEqual([]);
    const remote = make("service");
    remote.hears({ type: "playback.began" });
    expect(remote.told()).toEqual(["bot-started-speaking"]);
    expect(remote.bot.isPlaying).toBe(true);
    remote.hears({ type: "playback.ended" });
    expect(remote.told()).toEqual(["bot-stopped-speaking"]);
  });

  it("tells nothing of an output that the browser holds or lets go", () => {
    const { bot, hears, told } = make();
    hears(BEGAN, SOUND);
    told();
    bot.playback({ type: "blocked" });
    bot.playback({ type: "unblocked" });
    expect(told()).toEqual([]);
  });

  it("begins a reply once, however often it is announced", () => {
    const { hears, told, turns } = make();
    hears(BEGAN, BEGAN);
    expect(told()).toEqual(["bot-llm-started"]);
    hears(ENDED, BEGAN);
    expect(told()).toEqual(["bot-llm-stopped", "metrics"]);
    expect(turns.is("reply.generating")).toBe(false);
  });

  it("ends a reply once, however often that is told", () => {
    const { hears, ended } = make();
    hears(BEGAN, ENDED, ENDED);
    expect(ended.mock.calls).toEqual([["r1"]]);
  });

  it("is making a reply until the last one is over", () => {
    const { hears, turns } = make();
    hears(BEGAN, { ...BEGAN, reply: "r2" }, ENDED);
    expect(turns.is("reply.generating")).toBe(true);
    hears({ ...ENDED, reply: "r2" });
    expect(turns.is("reply.generating")).toBe(false);
  });

  it("owes the user what an aside does not answer", () => {
    const { bot, hears, turns, ended } = make();
    turns.tell({ type: "reply.requested" });
    hears({ ...BEGAN, kind: "aside" });
    expect(turns.is("expects.reply")).toBe(true);
    expect(turns.is("reply.generating")).toBe(false);
    expect(bot.unheardReplies.requests).toEqual([]);
    hears(ENDED);
    expect(turns.is("expects.reply")).toBe(true);
    expect(ended).not.toHaveBeenCalled();
  });

  it("takes a reply whose pieces came unannounced for one of the conversation, to its end", () => {
    const { hears, turns, ended } = make();
    hears(SOUND, { ...ENDED, kind: "aside" });
    expect(turns.is("reply.generating")).toBe(false);
    expect(ended.mock.calls).toEqual([["r1"]]);
  });

  it("ends the oldest of more replies than may be made at once, and no other", () => {
    const { hears, ended } = make();
    for (let n = 1; n <= 64; n += 1) hears({ ...BEGAN, reply: `r${n}` });
    expect(ended).not.toHaveBeenCalled();
    hears({ ...BEGAN, reply: "r65" });
    expect(ended.mock.calls).toEqual([["r1"]]);
  });

  it("takes audio without a sample for none", () => {
    const { bot, hears, told } = make();
    hears(BEGAN, { ...SOUND, pcm: () => new ArrayBuffer(0) });
    expect(told()).toEqual(["bot-llm-started"]);
    expect(bot.isPlaying).toBe(false);
  });

  it("starts no voice for words that come after their sound", () => {
    const { hears, told } = make();
    hears(BEGAN, SOUND, { type: "audio.ended", ...piece });
    expect(told()).toContain("bot-tts-stopped");
    hears(WORDS);
    expect(told()).not.toContain("bot-tts-started");
  });

  it("asks the player for silence where that has something to play, and never the service", () => {
    const flushes = ({ bot, sink }: ReturnType<typeof make>): number => {
      sink.take();
      bot.silence();
      return sink.take().filter(({ type }) => type === "flush").length;
    };
    const local = make("player");
    expect(flushes(local)).toBe(0);
    local.hears(BEGAN, SOUND);
    expect(flushes(local)).toBe(1);
    const remote = make("service");
    remote.hears({ type: "playback.began" });
    expect(flushes(remote)).toBe(0);
  });
});

describe("Bot: when the connection is gone", () => {
  it("closes what had begun, and writes down what was heard", () => {
    const { bot, hears, told, written } = make();
    hears(BEGAN, SOUND, WORDS);
    told();
    bot.end();
    expect(told()).toEqual(["bot-tts-stopped", "bot-llm-stopped"]);
    expect(bot.isPlaying).toBe(false);
    expect(written.get("i1")).toEqual({ type: "message", role: "assistant", content: "" });
  });

  it("asks again for a reply of which sound was played, and no word heard", () => {
    const { bot, hears } = make();
    hears(BEGAN, SOUND, WORDS);
    const item = { itemId: "i1", playedSamples: 24, receivedSamples: 2_400, sampleRate: 24_000 };
    bot.playback({ type: "began", item });
    bot.end();
    expect(bot.unheardReplies.requests).toEqual(["asked for r1"]);
  });

  it.each<[string, string, BotEvent[]]>([
    ["as much as ordinary speech says while the service played", "One", [{ type: "playback.began" }]],
    ["nothing where the service had not begun to play", "", []],
    ["nothing more where the service was cut", "", [{ type: "playback.began" }, { type: "playback.cut" }]],
  ])("takes for heard %s", (_what, content, events) => {
    const { bot, clock, hears, written } = make("service");
    hears(BEGAN, { ...WORDS, text: "One two three. " }, ...events);
    clock.now = 400;
    bot.end();
    expect(written.get("i1")).toEqual({ type: "message", role: "assistant", content });
  });

  it("tells of no progress where the service had not begun to play, whatever the script", () => {
    const { bot, hears, told } = make("service");
    hears(BEGAN, { ...WORDS, text: "你好。再见。" });
    told();
    bot.end();
    expect(told()).not.toContain("bot-output");
  });
});
