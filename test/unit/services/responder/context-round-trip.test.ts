import { describe, expect, it } from "vitest";
import type { HistoryItem } from "../../../../src/dialogue/conversation-history.js";
import { GeminiHistory } from "../../../../src/providers/gemini/gemini-history.js";
import { checkMessages as checkGemini, readMessages } from "../../../../src/providers/gemini/history-contents.js";
import { planSession as planGemini } from "../../../../src/providers/gemini/plan.js";
import { readConnectionParams as readGemini } from "../../../../src/providers/gemini/params.js";
import { checkMessages as checkOpenAI } from "../../../../src/providers/openai/items.js";
import { readConnectionParams as readOpenAI } from "../../../../src/providers/openai/params.js";
import { contextMessages, readContext } from "../../../../src/services/responder/context.js";
import { Scenario as Gemini } from "../../../../packages/testkit/src/messages/gemini.js";
import { Scenario as OpenAI, server } from "../../../../packages/testkit/src/messages/openai.js";

const SAID: readonly HistoryItem[] = [
  { type: "message", role: "user", content: "What is the weather?" },
  { type: "tool-call", callId: "c1", name: "weather", arguments: '{"city":"Bonn"}' },
  { type: "tool-result", callId: "c1", output: "sunny" },
  { type: "message", role: "assistant", content: "Sunny." },
];
/** What `llm:get_context` gave. */
const CONTEXT = contextMessages(SAID);

describe("context: what llm:get_context gives is taken as initial_messages", () => {
  it("by OpenAI, as items in their order", () => {
    const s = new OpenAI({ initialMessages: checkOpenAI(CONTEXT, "initial_messages") });
    s.receive({ type: "session.created", session: { type: "realtime" } });
    s.receive({ type: "session.updated", session: { type: "realtime" } });
    expect(s.sent.slice(1).map(({ item }) => item)).toMatchObject([
      { type: "message", role: "user" },
      { type: "function_call", call_id: "c1", name: "weather", arguments: '{"city":"Bonn"}' },
      { type: "function_call_output", call_id: "c1", output: "sunny" },
      { type: "message", role: "assistant" },
    ]);
    expect(contextMessages(s.conversation.history.items)).toEqual(CONTEXT);
  });

  it("by Gemini, as turns", () => {
    expect(readMessages(CONTEXT, "initial_messages")).toEqual([
      { role: "user", parts: [{ text: "What is the weather?" }] },
      { role: "model", parts: [{ functionCall: { id: "c1", name: "weather", args: { city: "Bonn" } } }] },
      { role: "user", parts: [{ functionResponse: { id: "c1", name: "weather", response: { output: "sunny" } } }] },
      { role: "model", parts: [{ text: "Sunny." }] },
    ]);
    const initial = readMessages(CONTEXT, "initial_messages");
    const conversationHistory = new GeminiHistory();
    const s = new Gemini({ initial, conversationHistory });
    s.receive({ setupComplete: {} });
    expect(contextMessages(conversationHistory.items ?? [])).toEqual(CONTEXT);
  });

  it.each([
    ["OpenAI, in parameters", () => readOpenAI({ initial_messages: CONTEXT })?.initial_messages],
    ["OpenAI, of a service's option", () => checkOpenAI(CONTEXT, "llm.initial_messages")],
    ["Gemini, of a service's option", () => checkGemini(CONTEXT, "llm.initial_messages")],
  ])("%s, unchanged", (_where, read) => {
    expect(readContext(read(), "again")).toEqual(SAID);
  });

  it("by Gemini, in parameters and options alike", () => {
    const past = { fresh: false };
    const options = { api_key: "k", initial_messages: CONTEXT as never };
    const given = planGemini({ api_key: "k" }, readGemini({ initial_messages: CONTEXT }), past);
    expect(planGemini(options, undefined, past).initial).toEqual(given.initial);
  });

  it.each([
    ["a result without its call's id", { role: "tool", content: "x" }, "tool_call_id"],
    ["a call without a name", { role: "assistant", tool_calls: [{ id: "c1" }] }, "tool_calls[0]"],
    ["nothing", { role: "assistant", content: null }, "content"],
    ["another role", { role: "robot", content: "x" }, "role"],
  ])("but for %s", (_what, message, key) => {
    for (const check of [checkOpenAI, checkGemini]) {
      expect(() => check([message], "initial_messages")).toThrow(key);
    }
  });
});

describe("messages of the app: run", () => {
  it("has OpenAI make a response, after what is being made", () => {
    const s = OpenAI.ready();
    s.app("run");
    expect(s.sentTypes).toEqual(["response.create"]);
    s.receive(server.created());
    s.app("run");
    expect(s.sentTypes).toEqual(["response.create"]);
    s.receive(server.done());
    expect(s.sentTypes).toEqual(["response.create", "response.create"]);
  });

  it("has Gemini answer what was said", () => {
    const s = Gemini.ready();
    s.app("append-to-context", { role: "user", content: "Hello", run_immediately: false });
    s.forget();
    s.app("run");
    expect(JSON.stringify(s.sent)).toContain("turnComplete");
  });
});
