import { describe, expect, it } from "vitest";
import { GeminiHistory } from "../../../../src/providers/gemini/gemini-history.js";
import { Scenario, server } from "../../../../packages/testkit/src/messages/gemini.js";

const responses = (s: Scenario) =>
  s.sent.flatMap(({ toolResponse }) => (toolResponse as { functionResponses: unknown[] }).functionResponses);
const running = (s: Scenario) => s.data("llm-function-call-in-progress") as { tool_call_id: string }[];
const answer = (s: Scenario, tool_call_id: string, result: unknown) =>
  s.app("llm-function-call-result", { tool_call_id, function_name: "f", arguments: {}, result });

/** A session with a function for which the model does not wait, and one for which it does. */
function declared(conversationHistory = new GeminiHistory()): Scenario {
  const functionDeclarations = [
    { name: "later", behavior: "NON_BLOCKING" },
    { name: "now", behavior: "BLOCKING" },
  ];
  const setup = { model: "models/m", tools: [{ googleSearch: {} }, { functionDeclarations }] };
  return Scenario.ready({ setup, conversationHistory });
}

describe("Gemini: the scheduling of a result", () => {
  it.each(["SILENT", "WHEN_IDLE", "INTERRUPT"])("scheduling: %s stands beside the response", (scheduling) => {
    const s = declared();
    s.receive(server.call("c1", "later"));
    answer(s, "c1", { scheduling, ok: true });
    expect(responses(s)).toEqual([{ id: "c1", name: "later", scheduling, response: { output: { ok: true } } }]);
  });

  it.each<[string, string, unknown]>([
    ["a function for which the model waits", "now", { scheduling: "SILENT", ok: true }],
    ["a function that was not declared", "other", { scheduling: "SILENT" }],
    ["a word that is none of the API's", "later", { scheduling: "tomorrow at nine" }],
    ["a list", "later", ["SILENT"]],
    ["a date", "later", new Date(0)],
  ])("scheduling: is the app's own data with %s", (_what, name, result) => {
    const s = declared();
    s.receive(server.call("c1", name));
    answer(s, "c1", result);
    expect(JSON.stringify(responses(s))).toBe(JSON.stringify([{ id: "c1", name, response: { output: result } }]));
  });

  it("scheduling: a silent result is no question, and is written down without it", () => {
    const history = new GeminiHistory();
    const s = declared(history);
    s.receive(server.call("c1", "later"), server.complete);
    answer(s, "c1", { scheduling: "SILENT", ok: true });
    expect(history.items).toContainEqual({ type: "tool-result", callId: "c1", output: '{"ok":true}' });
    s.end();
    expect(history.isAnswerDue).toBe(false);
  });

  it("scheduling: an interruption that a result makes is not the user's voice", () => {
    const s = declared();
    s.receive(server.call("c1", "later"), server.audio(100));
    answer(s, "c1", { scheduling: "INTERRUPT" });
    s.receive(server.interrupted);
    expect(s.told).not.toContain("user-started-speaking");
  });

  it("willContinue: keeps the call open also where the app answers in the service's own language", () => {
    const s = declared();
    s.receive(server.call("c1", "later"));
    const respond = (fields: object) =>
      s.command({
        type: "raw",
        event: { toolResponse: { functionResponses: [{ id: "c1", response: {}, ...fields }] } },
      });
    respond({ willContinue: true });
    expect(s.data("llm-function-call-stopped")).toEqual([]);
    respond({});
    expect(s.data("llm-function-call-stopped")).toHaveLength(1);
  });

  it("willContinue: keeps the call open for another result", () => {
    const s = declared();
    s.receive(server.call("c1", "later"));
    answer(s, "c1", { willContinue: true, step: 1 });
    expect(s.data("llm-function-call-stopped")).toEqual([]);
    answer(s, "c1", { step: 2 });
    expect(responses(s)).toEqual([
      { id: "c1", name: "later", willContinue: true, response: { output: { step: 1 } } },
      { id: "c1", name: "later", response: { output: { step: 2 } } },
    ]);
    expect(s.data("llm-function-call-stopped")).toHaveLength(1);
  });
});

describe("Gemini: calls that lack something", () => {
  it("no id: is handled, and answered by name", () => {
    const s = Scenario.ready();
    s.receive(server.calls({ name: "look_up", args: {} }, { name: "look_up" }));
    expect(s.of("report")).toEqual([]);
    const [one, two] = running(s);
    expect(one?.tool_call_id).not.toBe(two?.tool_call_id);
    answer(s, two!.tool_call_id, 2);
    expect(responses(s)).toEqual([{ name: "look_up", response: { output: 2 } }]);
    expect(s.dialogue.isBusy).toBe(true);
    answer(s, one!.tool_call_id, 1);
    s.receive(server.complete);
    expect(s.dialogue.isBusy).toBe(false);
  });

  it("no id: none is used twice in a session, whatever connections it takes", () => {
    const conversationHistory = new GeminiHistory();
    const [one, two] = [1, 2].map(() => {
      const s = Scenario.ready({ conversationHistory });
      s.receive(server.calls({ name: "f" }));
      const [call] = running(s);
      s.end();
      return call?.tool_call_id;
    });
    expect(one).toBeDefined();
    expect(one).not.toBe(two);
  });

  it.each<[string, object, object]>([
    ["arguments that are a list", { id: "c", name: "f", args: [1] }, { id: "c", name: "f" }],
    ["arguments that are text", { name: "f", args: "x" }, { name: "f" }],
    ["no name", { id: "c", args: {} }, { id: "c" }],
    ["a name that is a number", { id: "c", name: 7 }, { id: "c" }],
    ["an id that is a number", { id: 7, name: "f", args: [] }, { name: "f" }],
  ])("unreadable: %s: the model is answered with an error", (_what, call, answered) => {
    const s = Scenario.ready();
    s.receive(server.calls(call, { id: "c2", name: "g" }));
    expect(responses(s)).toEqual([{ ...answered, response: { error: expect.any(String) as string } }]);
    expect(s.of("report")).toMatchObject([{ error: { code: "protocol-error" } }]);
    expect(running(s).map(({ tool_call_id }) => tool_call_id)).toEqual(["c2"]);
    expect(s.told.filter((type) => type === "llm-function-call-started")).toHaveLength(
      s.told.filter((type) => type === "llm-function-call-stopped").length + 1,
    );
  });

  it("too many: each that is not taken is answered with an error", () => {
    const s = Scenario.ready();
    for (let n = 0; n < 3; n += 1) {
      s.receive(server.calls(...Array.from({ length: 100 }, (_, call) => ({ id: `c${n}_${call}`, name: "f" }))));
    }
    expect(running(s)).toHaveLength(256);
    expect(responses(s)).toHaveLength(44);
    expect(responses(s)[0]).toEqual({ id: "c2_56", name: "f", response: { error: "Too many calls are open." } });
  });

  it("unreadable: what has neither a name nor an id can only be reported", () => {
    const s = Scenario.ready();
    s.receive(server.calls({ args: {} }));
    expect(s.effects).toMatchObject([{ type: "report" }]);
    expect(s.dialogue.isBusy).toBe(false);
  });

  it("unreadable: a message that calls nothing is reported", () => {
    const s = Scenario.ready();
    s.receive(server.calls());
    expect(s.effects).toMatchObject([{ type: "report", error: { code: "protocol-error" } }]);
  });

  it("unreadable: a list that is a single call, and arguments that are JSON, can be read", () => {
    const s = Scenario.ready();
    s.receive({ toolCall: { functionCalls: { id: "c1", name: "f", args: '{"a":1}' } } });
    expect(running(s)).toMatchObject([{ tool_call_id: "c1", arguments: { a: 1 } }]);
  });

  it("a goAway without a time: the connection is changed at a quiet moment", () => {
    const s = Scenario.ready();
    s.receive({ goAway: {} });
    expect(s.of("report")).toEqual([]);
    expect(s.of("change-connection")).toEqual([{ type: "change-connection", withinMs: 30_000 }]);
    expect(s.dialogue.expiresAt).toBeUndefined();
  });
});
