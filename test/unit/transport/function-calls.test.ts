import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import {
  callAnsweredBy,
  callMadeBy,
  failureOf,
  lacksResult,
  withWholeStack,
} from "../../../src/transport/function-calls.js";

const call = (type: string, data: unknown = { tool_call_id: "c1" }) => ({ id: "m", label: "rtvi-ai", type, data });

describe("function calls: the id of a call", () => {
  it("is in the message that makes it, and in the one that answers it", () => {
    expect(callMadeBy(call("llm-function-call"))).toBe("c1");
    expect(callMadeBy(call("llm-function-call-in-progress"))).toBe("c1");
    expect(callMadeBy(call("llm-function-call-result"))).toBeUndefined();
    expect(callAnsweredBy(call("llm-function-call-result"))).toBe("c1");
    expect(callAnsweredBy(call("llm-function-call"))).toBeUndefined();
  });

  it.each([undefined, null, "llm-function-call", call("llm-function-call", null), call("bot-ready")])(
    "is in nothing else: %j",
    (message) => {
      expect(callMadeBy(message)).toBeUndefined();
    },
  );
});

describe("function calls: a result", () => {
  it("is lacking where JSON would leave it out, and only in an answer", () => {
    const result = call("llm-function-call-result", { tool_call_id: "c1", result: () => undefined });
    expect(lacksResult(result)).toBe(true);
    expect(lacksResult({ ...result, data: { tool_call_id: "c1", result: null } })).toBe(false);
    expect(lacksResult({ ...result, type: "client-message" })).toBe(false);
    expect(lacksResult({ ...result, data: null })).toBe(false);
    expect(lacksResult(undefined)).toBe(false);
  });
});

describe("function calls: what a handler threw", () => {
  /** As client-js names the method. */
  const fromHandler = (error: Error): Error => {
    error.stack = `${error.message}\n    at PipecatClient._maybeTriggerFunctionCallCallback (client.js:1:1)`;
    return error;
  };

  it("is a failure of the call, in words about its handler", () => {
    const thrown = fromHandler(new Error("no such city"));
    expect(failureOf(thrown)).toEqual({ what: "has a handler that threw: no such city", cause: thrown });
    const noPromise = fromHandler(new TypeError("Cannot read properties of undefined (reading 'then')"));
    expect(failureOf(noPromise)?.what).toContain("declare it async");
  });

  it("is none where it comes from another callback, or has no stack", () => {
    expect(failureOf(new Error("of another callback"))).toBeUndefined();
    expect(failureOf("_maybeTriggerFunctionCallCallback")).toBeUndefined();
    expect(failureOf({ message: "no stack" })).toBeUndefined();
  });

  it("has a whole stack while a call is handled, and only then", () => {
    const limits = Error as { stackTraceLimit?: number };
    const before = limits.stackTraceLimit;
    const seen: (number | undefined)[] = [];
    const handle = withWholeStack(() => void seen.push(limits.stackTraceLimit));
    handle(new RTVIMessage("bot-ready", { tool_call_id: "c1" }));
    handle(new RTVIMessage("llm-function-call", { tool_call_id: "c1" }));
    expect(seen).toEqual([before, 200]);
    expect(limits.stackTraceLimit).toBe(before);
  });

  it("leaves the limit alone where the engine has none", () => {
    const limits = Error as { stackTraceLimit?: number };
    const before = limits.stackTraceLimit;
    delete limits.stackTraceLimit;
    let during: unknown;
    withWholeStack(() => (during = limits.stackTraceLimit))(
      new RTVIMessage("llm-function-call", { tool_call_id: "c1" }),
    );
    const after = "stackTraceLimit" in Error && limits.stackTraceLimit;
    limits.stackTraceLimit = before!;
    expect([during, after]).toEqual([undefined, false]);
  });
});
