import { describe, expect, it } from "vitest";
import { GeminiHistory } from "../../../../src/providers/gemini/gemini-history.js";
import { Scenario, server } from "../../../../packages/testkit/src/messages/gemini.js";

const ask = (content: string, options?: object) => (s: Scenario) => s.app("send-text", { content, options });
const gets =
  (...messages: Parameters<Scenario["receive"]>) =>
  (s: Scenario) =>
    s.receive(...messages);
const plays = (turn: string, ms: number) => (s: Scenario) => s.plays("progress", turn, ms, 1_000);
const drained = (s: Scenario) => s.plays("drained", "turn_1", 1_000);
const result = (id: string) => (s: Scenario) => s.app("llm-function-call-result", { tool_call_id: id, result: 1 });
const respond = (fields: object) => (s: Scenario) =>
  s.command({ type: "raw", event: { toolResponse: { functionResponses: [{ ...fields, response: { output: 1 } }] } } });
const append = (run: boolean) => (s: Scenario) =>
  s.command({ type: "append", messages: [{ role: "user", content: "a fact" }], run });
const run = (s: Scenario) => s.command({ type: "run" });
const speak = (s: Scenario) => s.command({ type: "speak", text: "Welcome!" });
const replace = (s: Scenario) => s.command({ type: "replace", messages: [], interrupt: true });

const SPEECH = gets(server.audio(1_000), server.said("One two three four five six."));
const DONE = gets(server.generated, server.complete);
const HANDLE = gets({ sessionResumptionUpdate: { newHandle: "h", resumable: true } });
const VOICE = (type: string) => gets({ voiceActivity: { voiceActivityType: `ACTIVITY_${type}` } });

type Step = (s: Scenario) => unknown;

function dueAfter(...steps: Step[]): boolean {
  const conversationHistory = new GeminiHistory();
  const s = Scenario.ready({ conversationHistory });
  for (const step of steps) step(s);
  s.end();
  return conversationHistory.isAnswerDue;
}

describe("a lost connection", () => {
  it.each<[string, ...Step[]]>([
    ["a text", ask("hi")],
    ["an answer of which nothing was played", ask("hi"), SPEECH],
    ["an answer of which no word was played", ask("hi"), SPEECH, plays("turn_1", 0)],
    ["an answer that was made, and not played yet", ask("hi"), SPEECH, DONE],
    ["a text that cut another answer", ask("a"), SPEECH, plays("turn_1", 500), ask("b"), gets(server.interrupted)],
    ["a text after which the answer before it went on to its end", ask("a"), SPEECH, ask("b"), SPEECH, DONE],
    ["a text that crossed the end of another answer", ask("a"), SPEECH, ask("b"), DONE, plays("turn_1", 900)],
    ["words of the user", gets(server.heard("what time"))],
    ["words that came after the answer began", SPEECH, gets(server.heard("what time"))],
    ["words after which the user fell silent", VOICE("START"), gets(server.heard("what")), VOICE("END")],
    ["words that cut an answer", ask("a"), SPEECH, plays("turn_1", 500), gets(server.interrupted, server.heard("no"))],
    ["a function that is waited for", ask("hi"), gets(server.call("c1"))],
    ["a function after some words", ask("hi"), SPEECH, plays("turn_1", 900), gets(server.call("c1"))],
    ["a function's result", ask("hi"), gets(server.call("c1")), result("c1")],
    ["what the app adds and has answered", append(true)],
    ["what the app has continued", run],
    ["what a handle covers that came before the answer", run, HANDLE],
  ])("takes along the answer to %s", (_what, ...steps) => {
    expect(dueAfter(...steps)).toBe(true);
  });

  it.each<[string, ...Step[]]>([
    ["nothing"],
    ["what has been heard in part", ask("hi"), SPEECH, plays("turn_1", 500)],
    ["what was heard without a transcript", ask("hi"), gets(server.audio(1_000)), plays("turn_1", 500)],
    [
      "what was all heard before its last words came",
      ask("hi"),
      gets(server.audio(1_000), server.said("One two")),
      plays("turn_1", 0),
      drained,
      gets(server.generated),
    ],
    ["what has been read", ask("hi"), gets(server.text("hello"))],
    ["what was read aloud to nobody", ask("hi", { audio_response: false }), SPEECH],
    ["what was said after a function", ask("hi"), gets(server.call("c1")), result("c1"), SPEECH, plays("turn_1", 500)],
    ["an answer without a word", ask("hi"), gets(server.complete)],
    [
      "an answer that is silence",
      gets(server.heard("hm")),
      gets({ serverContent: { generationComplete: true } }, server.complete),
    ],
    ["an answer that the app stopped", ask("hi"), SPEECH, (s) => s.interrupt()],
    ["an answer that the app stopped before its sound", ask("hi"), gets(server.said("Yes")), (s) => s.interrupt()],
    ["an answer that the user stopped", ask("hi"), SPEECH, gets(server.interrupted, server.complete)],
    ["an answer that a handle covers", ask("hi"), SPEECH, DONE, HANDLE],
    ["a text that wants none", ask("hi", { run_immediately: false })],
    ["what the app adds", append(false)],
    ["what the app has said aloud", speak],
    ["what is being said aloud after what the app added", append(false), speak, SPEECH],
    ["who is heard speaking on", VOICE("START"), gets(server.heard("what"))],
    ["who goes on while a function runs", gets(server.call("c1")), VOICE("START")],
    ["a conversation that was replaced", ask("hi"), replace],
    ["no words", gets(server.heard(" "))],
    ["who goes on speaking while the bot answers", VOICE("START"), gets(server.heard("what")), SPEECH],
    ["a result of a call that nobody made", respond({ id: "c9" })],
    ["a result of a function that nobody called", respond({ name: "g" })],
    ["a silent result", gets(server.call("c1"), server.complete), respond({ id: "c1", scheduling: "SILENT" })],
    ["words of a question that is being answered", SPEECH, plays("turn_1", 500), gets(server.heard("what time"))],
  ])("takes along no answer: %s", (_what, ...steps) => {
    expect(dueAfter(...steps)).toBe(false);
  });

  it("that was never ready leaves what was due as it was", () => {
    const conversationHistory = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory });
    ask("hi")(s);
    s.end();
    const next = new Scenario({ conversationHistory });
    next.dialogue.open();
    next.end();
    expect(conversationHistory.isAnswerDue).toBe(true);
  });

  it("is followed by one that owes what it is asked", () => {
    const conversationHistory = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory, runInitial: true });
    expect([s.dialogue.expects, s.dialogue.isBusy, conversationHistory.isAnswerDue]).toEqual(["reply", true, false]);
    s.end();
    expect(conversationHistory.isAnswerDue).toBe(true);
  });
});

describe("a connection has proven itself", () => {
  const proven = (...steps: Step[]): boolean => {
    const s = Scenario.ready();
    for (const step of steps) step(s);
    return s.dialogue.lifetime.isProven;
  };

  it("with an answer and a handle, in whatever order", () => {
    expect(proven(ask("hi"), SPEECH, DONE, HANDLE)).toBe(true);
    expect(proven(HANDLE, ask("hi"), SPEECH, DONE)).toBe(true);
  });

  it("not with one of them", () => {
    expect(proven(HANDLE)).toBe(false);
    expect(proven(ask("hi"), SPEECH, DONE)).toBe(false);
    expect(proven(HANDLE, ask("hi"), SPEECH, gets(server.interrupted, server.complete))).toBe(false);
  });
});

describe("texts that the bot is to say", () => {
  const says = (s: Scenario, text: string): void => {
    s.command({ type: "speak", text });
  };
  const said = (s: Scenario) => JSON.stringify(s.sent).match(/text \d+/g) ?? [];

  it("wait for it to finish, no more than 64 of them", () => {
    const s = Scenario.ready();
    SPEECH(s);
    for (let count = 1; count <= 64; count += 1) says(s, `text ${count}`);
    expect(() => {
      says(s, "text 65");
    }).toThrow(/64 texts wait/);
    expect(said(s)).toEqual([]);
    DONE(s);
    drained(s);
    expect(said(s)).toEqual(["text 1"]);
  });

  it("are said on the next connection where this one is lost", () => {
    const conversationHistory = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory });
    SPEECH(s);
    says(s, "text 1");
    s.end();
    const next = new Scenario({ conversationHistory, handle: "h" });
    next.keep(next.dialogue.open());
    next.receive({ setupComplete: {} });
    expect(said(next)).toEqual(["text 1"]);
  });

  it("belong to a conversation: with another in its place, the connection to come says what was ordered since", () => {
    const conversationHistory = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory });
    SPEECH(s);
    says(s, "text 1");
    replace(s);
    DONE(s);
    drained(s);
    says(s, "text 2");
    expect(said(s)).toEqual([]);
    s.end();
    expect(conversationHistory.isAnswerDue).toBe(false);
    const next = Scenario.ready({ conversationHistory });
    says(next, "text 3");
    expect(conversationHistory.orders).toEqual(["text 3"]);
  });
});
