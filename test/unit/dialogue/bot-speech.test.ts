import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Scenario as Gemini, server as gemini } from "../../../packages/testkit/src/messages/gemini.js";
import { Scenario, played, server } from "../../../packages/testkit/src/messages/openai.js";
import { watchedTurns } from "../../../packages/testkit/src/models/running-turns.js";
import { BotOutput } from "../../../src/dialogue/bot-output.js";
import { BotSpeech } from "../../../src/dialogue/bot-speech.js";
import { EffectSink } from "../../../src/dialogue/effects.js";

const spoken = (scenario: Pick<Scenario, "told">): string[] =>
  scenario.told.filter((type) => type === "bot-started-speaking" || type === "bot-stopped-speaking");
/** What is heard of each sentence, as far as the app was told. */
const shown = (scenario: Pick<Scenario, "data">): unknown[] =>
  (scenario.data("bot-output") as { text: string; spoken_status: string }[])
    .filter(({ spoken_status }) => spoken_status !== "new")
    .map(({ text, spoken_status }) => `${text} ${spoken_status}`);

/** An output that plays a response, and may be lost: the next one counts anew. */
class Output {
  readonly s = Scenario.ready();
  #items: { readonly id: string; received: number; played: number }[] = [];

  constructor() {
    this.s.receive(server.created());
  }

  hears(id: string, ms: number): void {
    this.s.receive(server.audio(ms, "resp_1", id));
    const newest = this.#items.at(-1);
    if (newest?.id === id) newest.received += ms;
    else this.#items.push({ id, received: ms, played: 0 });
  }

  plays(ms: number): void {
    let left = ms;
    for (const item of this.#items) {
      const piece = Math.min(left, item.received - item.played);
      if (piece <= 0) continue;
      left -= piece;
      item.played += piece;
      this.s.plays(item.played === item.received ? "drained" : "progress", item.id, item.played, item.received);
    }
  }

  loses(): void {
    for (const { id, played, received } of this.#items.splice(0)) this.s.loses(id, played, received);
  }
}

const ms = fc.integer({ min: 1, max: 300 });
const item = fc.constantFrom("item_a", "item_b", "item_c");
const act: fc.Arbitrary<(output: Output) => void> = fc.oneof(
  fc.tuple(item, ms).map(
    ([id, length]) =>
      (output: Output) =>
        output.hears(id, length),
  ),
  ms.map((length) => (output: Output) => output.plays(length)),
  item.map((id) => (output: Output) => void output.s.receive(server.audioDone("resp_1", id))),
  fc.constant((output: Output) => output.loses()),
);

describe("an output that is lost while the bot speaks", () => {
  it("speech: takes what waited with it, and the bot has stopped", () => {
    const s = Scenario.ready();
    s.receive(
      server.created(),
      server.audio(200, "resp_1", "item_a"),
      server.transcriptDone("One.", "resp_1", "item_a"),
    );
    s.receive(server.audio(200, "resp_1", "item_b"), server.transcriptDone("Two.", "resp_1", "item_b"));
    s.receive(server.audioDone("resp_1", "item_a"), server.audioDone("resp_1", "item_b"), server.done());
    s.plays("began", "item_a", 0, 200);
    s.loses("item_a", 100, 200);
    s.loses("item_b", 0, 200);
    expect(spoken(s)).toEqual(["bot-started-speaking", "bot-stopped-speaking"]);
    expect(shown(s).filter((line) => String(line).startsWith("Two."))).toEqual([]);
    expect(s.conversation.isBusy).toBe(false);
  });

  it("speech: that had not begun to be heard never begins", () => {
    const s = Scenario.ready();
    s.receive(server.created(), server.audio(200), server.audioDone(), server.done());
    s.loses("item_a", 0, 200);
    expect(spoken(s)).toEqual([]);
    expect(s.conversation.isBusy).toBe(false);
  });

  it("speech: with no other to follow takes each piece, however short", () => {
    const s = Scenario.ready();
    s.receive(server.created());
    for (let piece = 0; piece < 3; piece += 1) {
      s.receive(server.audio(20));
      s.loses("item_a", 0, 20);
    }
    s.receive(server.audioDone(), server.done());
    expect(spoken(s)).toEqual([]);
    expect(s.conversation.isBusy).toBe(false);
  });

  it("speech: goes on by the next output, and ends there", () => {
    const s = Scenario.ready();
    s.receive(server.created(), server.audio(200), server.transcriptDone("One."));
    s.plays("began", "item_a", 0, 200);
    s.loses("item_a", 100, 200);
    expect(spoken(s)).toEqual(["bot-started-speaking"]);
    s.receive(server.audio(300), server.audioDone(), server.done());
    s.plays("began", "item_a", 0, 300);
    s.plays("progress", "item_a", 150, 300);
    expect(spoken(s)).toEqual(["bot-started-speaking"]);
    s.plays("drained", "item_a", 300, 300);
    expect(spoken(s)).toEqual(["bot-started-speaking", "bot-stopped-speaking"]);
    expect(shown(s).at(-1)).toBe("One. completed");
  });

  it("speech: is counted anew by the next output, also where all of it had been played", () => {
    const s = Scenario.ready();
    s.receive(server.created(), server.audio(20));
    s.plays("drained", "item_a", 20);
    s.loses("item_a", 20, 20);
    s.receive(server.audio(20), server.audioDone(), server.done());
    s.plays("drained", "item_a", 20);
    expect(spoken(s)).toEqual(["bot-started-speaking", "bot-stopped-speaking"]);
  });

  it("speech: of items that take turns, piece by piece, comes to its end", () => {
    const output = new Output();
    for (const id of ["item_a", "item_b", "item_a", "item_b"]) output.hears(id, 20);
    output.s.receive(server.done());
    output.plays(Infinity);
    expect(spoken(output.s)).toEqual(["bot-started-speaking", "bot-stopped-speaking"]);
  });

  it("speech: whatever is played, and lost, when, nobody is left speaking", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const output = new Output();
        for (const each of acts) each(output);
        output.s.receive(server.done());
        output.plays(Infinity);
        const edges = spoken(output.s);
        expect(edges.filter((type) => type === "bot-stopped-speaking")).toHaveLength(edges.length / 2);
        expect(output.s.conversation.isBusy).toBe(false);
      }),
      { numRuns: 60, seed: 20_261_128 },
    );
  });

  it("speech: ends with it also where the service has no ids", () => {
    const s = Gemini.ready();
    s.receive(gemini.audio(200), gemini.generated, gemini.complete);
    s.plays("began", "turn_1", 0, 200);
    s.loses("turn_1", 100, 200);
    expect(spoken(s)).toEqual(["bot-started-speaking", "bot-stopped-speaking"]);
    expect(s.dialogue.isBusy).toBe(false);
  });
});

/** A voice alone, with the turns that it is told to. */
function voice() {
  const { turns, facts } = watchedTurns();
  const sink = new EffectSink(turns);
  const output = new BotOutput(sink);
  const truncate = vi.fn<(itemId: string, audioEndMs: number) => void>();
  const speech = new BotSpeech(sink, output, () => undefined, truncate);
  return {
    turns,
    facts,
    output,
    speech,
    truncate,
    /** So many ms of an item arrive. */
    arrives: (itemId: string, length: number) => speech.play("resp", itemId, new ArrayBuffer(length * 48)),
  };
}

describe("BotSpeech: what is played", () => {
  it("tells the turns once that audio waits, and not with each item", () => {
    const { facts, arrives } = voice();
    for (const id of ["item_a", "item_b", "item_c"]) arrives(id, 20);
    expect(facts).toEqual(["voice.queued"]);
  });

  it("is not changed by an output that the browser holds or lets go", () => {
    const { facts, speech, arrives } = voice();
    arrives("item_a", 20);
    speech.report({ type: "blocked" });
    speech.report({ type: "unblocked" });
    expect(facts).toEqual(["voice.queued"]);
  });

  it("takes nothing for heard of what two outputs lost", () => {
    const { output, speech, arrives } = voice();
    output.add("resp", "item_a", "One two three four. ", true);
    arrives("item_a", 1_000);
    speech.report({ type: "drained", item: played("item_a", 500, 1_000), lost: true });
    const heard = output.heard("item_a");
    expect(heard).toBe("One two");
    arrives("item_a", 500);
    speech.report({ type: "drained", item: played("item_a", 0, 500), lost: true });
    expect(output.heard("item_a")).toBe(heard);
  });

  it("is counted on by an output that had played all it had", () => {
    const { output, speech, arrives } = voice();
    arrives("item_a", 1_000);
    speech.report({ type: "drained", item: played("item_a", 1_000) });
    arrives("item_a", 1_000);
    output.add("resp", "item_a", "One two three four. ", true);
    speech.report({ type: "progress", item: played("item_a", 1_100, 2_000) });
    expect(output.heard("item_a")).toBe("One two");
  });

  it("goes on, where the service plays, when the last audio of an item has been sent", () => {
    const { turns, speech } = voice();
    speech.serviceStarted();
    speech.itemEnded("item_a");
    speech.responseEnded("resp");
    expect(turns.is("bot.speaking")).toBe(true);
    speech.serviceStopped(undefined);
    expect(turns.is("bot.speaking")).toBe(false);
  });
});

describe("BotSpeech: an interruption", () => {
  it("leaves what is still being counted as it is, where nothing more was to be heard", () => {
    const { turns, speech, truncate, arrives } = voice();
    arrives("item_a", 1_000);
    speech.interrupt("app");
    speech.interrupt("user");
    expect(turns.is("busy")).toBe(true);
    speech.cut([played("item_a", 400, 1_000)]);
    expect(turns.is("busy")).toBe(false);
    expect(truncate.mock.calls).toEqual([["item_a", 400]]);
  });

  it("is counted when the player has answered each of them", () => {
    const { turns, speech, truncate, arrives } = voice();
    arrives("item_a", 1_000);
    speech.interrupt("app");
    arrives("item_b", 1_000);
    speech.interrupt("app");
    speech.cut([played("item_a", 400, 1_000)]);
    expect(turns.is("busy")).toBe(true);
    speech.cut([played("item_b", 300, 1_000)]);
    expect(turns.is("busy")).toBe(false);
    expect(truncate.mock.calls).toEqual([
      ["item_a", 400],
      ["item_b", 300],
    ]);
  });

  it("truncates what was heard in part: not all, not nothing, and not what the service has truncated", () => {
    const { speech, truncate, arrives } = voice();
    for (const id of ["whole", "service's", "part", "unheard"]) arrives(id, 1_000);
    speech.itemEnded("whole");
    speech.truncated("service's");
    speech.interrupt("user");
    const halves = ["service's", "part"].map((id) => played(id, 500, 1_000));
    speech.cut([played("whole", 1_000), ...halves, played("unheard", 0, 1_000)]);
    expect(truncate.mock.calls).toEqual([["part", 500]]);
  });
});
