import { describe, expect, it } from "vitest";
import type { Content, Role } from "../../../../src/providers/gemini/contents.js";
import { messagesOf, replayPlanOf, type ReplaySource } from "../../../../src/providers/gemini/replay-plan.js";

const said = (role: Role, text: string): Content => ({ role, parts: [{ text }] });
const HELLO = [said("user", "hello"), said("model", "hi")];
const QUESTION = said("user", "what is the time");
const RESULT: Content = { role: "user", parts: [{ functionResponse: { id: "c", name: "f", response: {} } }] };
const turn = (role: string, text: string) => ({ role, parts: [{ text }] });
const HELLO_TURNS = [turn("user", "hello"), turn("model", "hi")];

/** Whether a handle is offered, and what is said after the set-up. */
function told(source: Partial<ReplaySource>): { resumes: boolean; messages: unknown[] } {
  const whole: ReplaySource = {
    realtime: false,
    handle: "h",
    conversation: [...HELLO, ...(source.uncovered ?? [])],
    uncovered: [],
    due: false,
    runs: false,
    transcribed: true,
    ...source,
  };
  const telling = replayPlanOf(whole);
  const textInput = whole.realtime ? "realtime" : "client_content";
  return { resumes: telling.handle !== undefined, messages: messagesOf({ ...telling, textInput }) };
}

describe("what a connection is told, where text is clientContent", () => {
  it.each([
    ["nothing that is covered", {}, []],
    ["what is not", { uncovered: [QUESTION] }, [{ turns: [turn("user", "what is the time")], turnComplete: false }]],
    [
      "what is not, with the question",
      { uncovered: [QUESTION], due: true },
      [{ turns: [turn("user", "what is the time")], turnComplete: true }],
    ],
    ["the question alone", { due: true }, [{ turnComplete: true }]],
  ])("is %s", (_what, source, contents) => {
    const messages = contents.map((clientContent) => ({ clientContent }));
    expect(told(source)).toEqual({ resumes: true, messages });
  });

  it("is everything where there is no handle", () => {
    const source = { handle: undefined, uncovered: [QUESTION], due: true };
    const turns = [...HELLO_TURNS, turn("user", "what is the time")];
    expect(told(source)).toEqual({ resumes: false, messages: [{ clientContent: { turns, turnComplete: true } }] });
  });
});

describe("what a connection is told, where text is realtimeInput", () => {
  const realtime = (source: Partial<ReplaySource>) => told({ realtime: true, ...source });
  const history = (turns: unknown[]) => ({ clientContent: { turns, turnComplete: true } });
  const ask = (text: string) => ({ realtimeInput: { text } });

  it.each([
    ["nothing that is covered", {}, []],
    ["the text that is due", { uncovered: [QUESTION], due: true }, [ask("what is the time")]],
    [
      "texts in a row together",
      { uncovered: [said("user", "wait"), QUESTION], due: true },
      [ask("wait\nwhat is the time")],
    ],
  ])("is %s, on a resumed session", (_what, source, messages) => {
    expect(realtime(source)).toEqual({ resumes: true, messages });
  });

  it.each([
    ["what wants no answer", { uncovered: [QUESTION] }, [history([...HELLO_TURNS, turn("user", "what is the time")])]],
    [
      "what the bot said, and then the question",
      { uncovered: [said("model", "It was"), QUESTION], due: true },
      [history([...HELLO_TURNS, turn("model", "It was")]), ask("what is the time")],
    ],
    [
      "a function's result, which cannot be asked about",
      { uncovered: [QUESTION, RESULT], due: true },
      [history([...HELLO_TURNS, turn("user", "what is the time"), RESULT])],
    ],
    [
      "a question that the handle may cover or not",
      { conversation: [...HELLO, QUESTION], due: true },
      [history(HELLO_TURNS), ask("what is the time")],
    ],
    [
      "the messages that it begins with",
      { conversation: [QUESTION], runs: true, handle: undefined },
      [ask("what is the time")],
    ],
  ])("is %s, on a new one", (_what, source, messages) => {
    expect(realtime(source)).toEqual({ resumes: false, messages });
  });

  it("is what can be asked where a new session would not know what the user said aloud", () => {
    const uncovered = [said("model", "It was"), QUESTION];
    expect(realtime({ uncovered, due: true, transcribed: false })).toEqual({
      resumes: true,
      messages: [ask("what is the time")],
    });
    expect(realtime({ uncovered, transcribed: false })).toEqual({ resumes: true, messages: [] });
  });

  it("is no question without words", () => {
    expect(
      realtime({ uncovered: [said("user", "")], due: true, handle: undefined, conversation: [] }).messages,
    ).toEqual([]);
  });
});
