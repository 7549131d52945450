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
    s.plays("drained", "item_a", 100, 200);
    s.plays("drained", "item_b", 0, 200);
    expect(spoken(s)).toEqual(["bot-started-speaking", "bot-stopped-speaking"]);
    expect(shown(s).filter((line) => String(line).startsWith("Two."))).toEqual([]);
    expect(s.conversation.isBusy).toBe(false);
  });

  it("speech: that had not begun to be heard never begins", () => {
    const s = Scenario.ready();
    s.receive(server.created(), server.audio(200), server.audioDone(), server.done());
    s.plays("drained", "item_a", 0, 200);
    expect(spoken(s)).toEqual([]);
    expect(s.conversation.isBusy).toBe(false);
  });

  it("speech: with no other to follow takes each piece, however short", () => {
    const s = Scenario.ready();
    s.receive(server.created());
    for (let piece = 0; piece < 3; piece += 1) {
      s.receive(server.audio(20));
      s.plays("drained", "item_a", 0, 20);
    }
    s.receive(server.audioDone(), server.done());
    expect(spoken(s)).toEqual([]);
    expect(s.conversation.isBusy).toBe(false);
  });

  it("speech: goes on by the next output, and ends there", () => {
    const s = Scenario.ready();
    s.receive(server.created(), server.audio(200), server.transcriptDone("One."));
    s.plays("began", "item_a", 0, 200);
    s.plays("drained", "item_a", 100, 200);
    expect(spoken(s)).toEqual(["bot-started-speaking"]);
    s.receive(server.audio(300), server.audioDone(), server.done());
    s.plays("began", "item_a", 0, 300);
    s.plays("progress", "item_a", 150, 300);
    expect(spoken(s)).toEqual(["bot-started-speaking"]);
    s.plays("drained", "item_a", 300, 300);
    expect(spoken(s)).toEqual(["bot-started-speaking", "bot-stopped-speaking"]);
    expect(shown(s).at(-1)).toBe("One. completed");
  });

  it("speech: ends with it also where the service has no ids", () => {
    const s = Gemini.ready();
    s.receive(gemini.audio(200), gemini.generated, gemini.complete);
    s.plays("began", "turn_1", 0, 200);
    s.plays("drained", "turn_1", 100, 200);
    expect(spoken(s)).toEqual(["bot-started-speaking", "bot-stopped-speaking"]);
    expect(s.dialogue.isBusy).toBe(false);
  });
});
