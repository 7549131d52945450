import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Scenario as Gemini, server as gemini } from "../../../packages/testkit/src/messages/gemini.js";
import { Scenario, server } from "../../../packages/testkit/src/messages/openai.js";

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
