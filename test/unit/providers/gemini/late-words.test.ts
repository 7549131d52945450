import { describe, expect, it } from "vitest";
import { GeminiHistory } from "../../../../src/providers/gemini/gemini-history.js";
import { Scenario, server } from "../../../../packages/testkit/src/messages/gemini.js";

const QUESTION = "what time is it";
const ANSWER = [server.audio(20), server.said("Noon."), server.generated, server.complete];

/** A turn that the user's voice has prompted, of which no words came. */
function answered(conversationHistory = new GeminiHistory()): Scenario {
  const s = Scenario.ready({ conversationHistory });
  s.receive(...ANSWER);
  s.plays("began", "turn_1", 0, 20);
  s.plays("drained", "turn_1", 20);
  return s;
}

const edges = (s: Scenario) => s.told.filter((type) => /^user-.*-speaking$/.test(type));
const finals = (s: Scenario) =>
  s.data("user-transcription").flatMap((data) => {
    const { text, final } = data as { text: string; final: boolean };
    return final ? [text] : [];
  });
const contents = ({ items }: GeminiHistory) =>
  (items ?? []).map((item) => (item.type === "message" ? item.content : ""));

describe("Gemini: words that come after the turn they prompted", () => {
  it("late words: belong to that turn, are final, and nobody is said to speak", () => {
    const history = new GeminiHistory();
    const s = answered(history);
    s.receive(server.heard(QUESTION));
    expect(edges(s)).toEqual([]);
    expect(finals(s)).toEqual([QUESTION]);
    expect(s.dialogue.isBusy).toBe(false);
    expect(contents(history)).toEqual([QUESTION, "Noon."]);
  });

  it("late words: the question is not asked again after a loss", () => {
    const history = new GeminiHistory();
    const s = answered(history);
    s.receive(server.heard(QUESTION));
    s.end();
    expect(history.isAnswerDue).toBe(false);
  });

  it("late words: the question is asked again where nothing of the answer was heard", () => {
    const history = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory: history });
    s.receive(...ANSWER, server.heard(QUESTION));
    s.end();
    expect(history.isAnswerDue).toBe(true);
    expect(contents(history)).toEqual([QUESTION]);
  });

  it("late words: in pieces they are one question of the history", () => {
    const history = new GeminiHistory();
    const s = answered(history);
    s.receive(server.heard("what time"), server.heard(" is it"));
    expect(finals(s)).toEqual(["what time", "is it"]);
    expect(contents(history)).toEqual([QUESTION, "Noon."]);
  });

  it("late words: the end of a question whose beginning came before the answer", () => {
    const history = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory: history });
    s.receive(server.heard("what time"), ...ANSWER);
    s.forget();
    s.receive(server.heard(" is it"));
    expect(edges(s)).toEqual([]);
    expect(finals(s)).toEqual(["is it"]);
    expect(contents(history)).toEqual([QUESTION, "Noon."]);
  });

  it("late words: what a handle covers is not told the service once more", () => {
    const history = new GeminiHistory();
    const s = answered(history);
    s.receive({ sessionResumptionUpdate: { newHandle: "h", resumable: true } }, server.heard(QUESTION));
    expect(history.uncovered).toEqual([]);
    expect(contents(history)).toEqual([QUESTION, "Noon."]);
  });

  it("late words: the end of a question to which the model said nothing", () => {
    const history = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory: history });
    s.receive(server.heard("well", { finished: true }), server.complete, server.heard(" hm"));
    expect(finals(s)).toEqual(["well", "hm"]);
    expect(contents(history)).toEqual(["well hm"]);
  });

  it("late words: take no place of their own in the history, which is limited", () => {
    const history = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory: history });
    for (let turn = 0; turn < 200; turn += 1) {
      s.receive(server.heard(`question ${turn}`, { finished: true }), ...ANSWER, server.heard("?"));
      s.wait(1_000);
    }
    expect(contents(history)[0]).toBe("question 0?");
  });

  it("late words: of a turn to which the model said nothing", () => {
    const s = Scenario.ready();
    s.receive(server.complete, server.heard("hm"));
    expect(edges(s)).toEqual([]);
    expect(finals(s)).toEqual(["hm"]);
  });

  it.each<[string, (s: Scenario) => void]>([
    [
      "after a while",
      (s) => {
        s.wait(10_000);
      },
    ],
    ["after a sign of the voice", (s) => void s.receive({ voiceActivity: { voiceActivityType: "ACTIVITY_START" } })],
    [
      "after an interruption",
      (s) => {
        s.receive(server.audio(20), server.interrupted);
      },
    ],
    [
      "after an answer that the app asked for",
      (s) => {
        s.app("send-text", { content: "hi" });
        s.receive(...ANSWER);
      },
    ],
  ])("words that are not late: begin a turn of the user %s", (_when, before) => {
    const s = answered();
    before(s);
    s.receive(server.heard("and now"));
    expect(edges(s).at(-1)).toBe("user-started-speaking");
    expect(finals(s)).toEqual([]);
    expect(s.dialogue.isBusy).toBe(true);
  });

  it("words that are not late: follow soon on a turn whose words had all come", () => {
    const s = Scenario.ready();
    s.receive(server.heard(QUESTION, { finished: true }), ...ANSWER);
    s.wait(600);
    s.receive(server.heard("and now"));
    expect(edges(s).at(-1)).toBe("user-started-speaking");
  });
});

describe("Gemini: a turn of the user that is only concluded", () => {
  it.each<[string, object[]]>([
    ["words", [server.heard(QUESTION)]],
    ["words that are final", [server.heard(QUESTION, { finished: true })]],
    ["an interruption without words", [server.audio(100), server.interrupted]],
  ])("ends by itself when no more comes: after %s", (_what, messages) => {
    const s = Scenario.ready();
    s.receive(...(messages as Record<string, unknown>[]));
    s.cut();
    s.wait(2_999);
    expect(edges(s)).toEqual(["user-started-speaking"]);
    s.wait(1);
    expect(edges(s)).toEqual(["user-started-speaking", "user-stopped-speaking"]);
    expect(s.dialogue.isBusy).toBe(false);
    s.receive(server.audio(20));
    expect(edges(s)).toHaveLength(2);
  });

  it("its transcript is final by then, and in the history", () => {
    const history = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory: history });
    s.receive(server.heard(QUESTION));
    s.wait(3_000);
    expect(finals(s)).toEqual([QUESTION]);
    expect(s.told.slice(-2)).toEqual(["user-transcription", "user-stopped-speaking"]);
    expect(contents(history)).toEqual([QUESTION]);
  });

  it("more words keep it alive", () => {
    const s = Scenario.ready();
    for (let n = 0; n < 4; n += 1) {
      s.receive(server.heard("more "));
      s.wait(2_000);
    }
    expect(edges(s)).toEqual(["user-started-speaking"]);
  });

  it("one that the service speaks of ends when the service says so", () => {
    const s = Scenario.ready();
    s.receive({ voiceActivity: { voiceActivityType: "ACTIVITY_START" } }, server.heard("well"));
    s.wait(60_000);
    expect(edges(s)).toEqual(["user-started-speaking"]);
    // A lull that crossed the service's word.
    s.keep(s.dialogue.lulled());
    expect(finals(s)).toEqual([]);
    s.receive({ voiceActivity: { voiceActivityType: "ACTIVITY_END" } });
    expect(edges(s)).toEqual(["user-started-speaking", "user-stopped-speaking"]);
    expect(s.dialogue.isBusy).toBe(false);
  });
});
