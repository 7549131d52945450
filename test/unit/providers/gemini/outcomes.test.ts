import { describe, expect, it } from "vitest";
import { ServiceError } from "../../../../src/errors.js";
import { KEY, Scenario, server } from "../../../../packages/testkit/src/messages/gemini.js";

const reports = (s: Scenario) => s.of("report").map(({ error }) => error);
const part = (fields: object) => server.content({ modelTurn: { parts: [fields] } });
const urls = (...urlMetadata: object[]) => server.content({ urlContextMetadata: { urlMetadata } });

describe("Gemini: how a turn came out", () => {
  it.each([
    ["RESPONSE_REJECTED", server.content({ turnComplete: true, turnCompleteReason: "RESPONSE_REJECTED" })],
    [
      "PROHIBITED_INPUT_CONTENT",
      server.content({ turnComplete: true, turnCompleteReason: "PROHIBITED_INPUT_CONTENT" }),
    ],
    ["MALFORMED_FUNCTION_CALL", server.content({ turnCompleteReason: "MALFORMED_FUNCTION_CALL" })],
    ["SOMETHING_NEW", server.content({ turnComplete: true, turnCompleteReason: "SOMETHING_NEW" })],
    ["OUTCOME_FAILED", part({ codeExecutionResult: { outcome: "OUTCOME_FAILED", output: "Traceback" } })],
    ["OUTCOME_DEADLINE_EXCEEDED", part({ codeExecutionResult: { outcome: "OUTCOME_DEADLINE_EXCEEDED" } })],
    ["SAFETY", server.content({ turnComplete: true, finishReason: "SAFETY" })],
    ["3", server.content({ turnComplete: true, turnCompleteReason: 3 })],
    ["NO_IMAGE", server.content({ turnComplete: true, turnCompleteReason: ["NO_IMAGE"] })],
    [
      "URL_RETRIEVAL_STATUS_ERROR",
      urls(
        { retrievedUrl: "https://a.test", urlRetrievalStatus: "URL_RETRIEVAL_STATUS_SUCCESS" },
        { retrievedUrl: "https://b.test", urlRetrievalStatus: "URL_RETRIEVAL_STATUS_ERROR" },
      ),
    ],
  ])("outcome: %s reaches the app, and the session goes on", (serviceCode, message) => {
    const s = Scenario.ready();
    s.receive(message);
    const [error, ...more] = reports(s);
    expect(more).toEqual([]);
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({ serviceCode, message: expect.stringContaining(serviceCode) as string });
    expect(s.of("fault")).toEqual([]);
    s.receive(server.audio(20));
    expect(s.of("play")).not.toEqual([]);
  });

  it("outcome: the turn is over before its reason is reported", () => {
    const s = Scenario.ready();
    s.receive(
      server.audio(20),
      server.content({ turnComplete: true, turnCompleteReason: "RESPONSE_REJECTED", interrupted: false }),
    );
    const types = s.effects.map((effect) => (effect.type === "deliver" ? effect.message.type : effect.type));
    expect(types.indexOf("report")).toBeGreaterThan(types.indexOf("bot-llm-stopped"));
  });

  it.each([
    server.content({ turnComplete: true, turnCompleteReason: "NEED_MORE_INPUT", waitingForInput: true }),
    server.content({ turnComplete: true, turnCompleteReason: "TURN_COMPLETE_REASON_UNSPECIFIED" }),
    server.content({ turnComplete: true, turnCompleteReason: 0, finishReason: "STOP" }),
    server.content({ turnComplete: true }),
    part({ codeExecutionResult: { outcome: "OUTCOME_OK", output: "4" } }),
    urls({ retrievedUrl: "https://a.test", urlRetrievalStatus: "URL_RETRIEVAL_STATUS_SUCCESS" }, {}),
  ])("outcome: what went well is no news (%#)", (message) => {
    const s = Scenario.ready();
    s.receive(message);
    expect(reports(s)).toEqual([]);
  });

  it("outcome: shows no key", () => {
    const s = Scenario.ready();
    s.receive(server.content({ turnCompleteReason: KEY }), urls({ retrievedUrl: KEY, urlRetrievalStatus: "X" }));
    expect(reports(s)).toHaveLength(2);
    expect(JSON.stringify(reports(s).map(({ message, ...rest }) => [message, rest]))).not.toContain(KEY);
  });

  it.each([{ message: "Overloaded", code: 5 }, "Overloaded", ["Overloaded"]])(
    "outcome: an error inside a turn reaches the app (%j)",
    (error) => {
      const s = Scenario.ready();
      s.receive(server.content({ error }));
      expect(reports(s)).toMatchObject([{ message: expect.stringContaining("Overloaded") as string }]);
    },
  );
});

describe("Gemini: what is wrong with one count touches no other", () => {
  const counts = { totalTokenCount: 7, thoughtsTokenCount: "2" };
  const tokens = (s: Scenario) => s.data("metrics").map((data) => (data as { tokens: object[] }).tokens[0]);

  it.each([1.5, -1, "many", {}, Number.MAX_VALUE])("usage: a count of %j", (promptTokenCount) => {
    const s = Scenario.ready();
    s.receive({ usageMetadata: { promptTokenCount, ...counts } });
    expect(tokens(s)).toEqual([{ processor: "gemini-live", total_tokens: 7, reasoning_tokens: 2 }]);
    expect(reports(s)).toMatchObject([{ message: expect.stringContaining("promptTokenCount") as string }]);
  });

  it("usage: takes the name of the API's other methods", () => {
    const s = Scenario.ready();
    s.receive(
      { usageMetadata: { candidatesTokenCount: 4 } },
      { usageMetadata: { responseTokenCount: 3, candidatesTokenCount: 4 } },
    );
    expect(tokens(s)).toMatchObject([{ completion_tokens: 4 }, { completion_tokens: 3 }]);
    expect(reports(s)).toEqual([]);
  });
});
