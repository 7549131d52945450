import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it, vi } from "vitest";
import { carryOut, resultText, type ServiceCommands } from "../../../src/dialogue/client-commands.js";
import { EffectSink } from "../../../src/dialogue/effects.js";
import { runningTurns } from "../../../packages/testkit/src/models/running-turns.js";

/** A service that takes everything, but knows one function call alone. */
function make() {
  const sink = new EffectSink(runningTurns());
  const service = {
    say: vi.fn<ServiceCommands["say"]>(),
    interrupt: vi.fn<ServiceCommands["interrupt"]>(),
    result: vi.fn<ServiceCommands["result"]>((callId) => callId === "open"),
    failCall: vi.fn<ServiceCommands["failCall"]>(),
    raw: vi.fn<ServiceCommands["raw"]>(),
    run: vi.fn<ServiceCommands["run"]>(),
    append: vi.fn<ServiceCommands["append"]>(),
    replace: vi.fn<ServiceCommands["replace"]>(),
    speak: vi.fn<ServiceCommands["speak"]>(),
  };
  const raw = { read: (message: unknown) => ({ read: message }), what: "an Acme event" };
  const sends = (type: string, data: unknown): string[] => {
    carryOut({ type: "message", message: new RTVIMessage(type, data, "id") }, { service, sink, name: "Acme", raw });
    return sink
      .take()
      .flatMap((effect) =>
        effect.type === "log" ? [effect.message] : effect.type === "deliver" ? [effect.message.type] : [effect.type],
      );
  };
  return { service, sends };
}

describe("messages of the app", () => {
  it("a function's result: goes to the call that waits for it, and is ignored where none does", () => {
    const { service, sends } = make();
    expect(sends("llm-function-call-result", { tool_call_id: "open", result: 1 })).toEqual([]);
    expect(sends("llm-function-call-result", { tool_call_id: "unknown", result: 2 })).toEqual([
      "A function result came for a call that is not open; it is ignored.",
    ]);
    expect(service.result.mock.calls).toEqual([
      ["open", 1],
      ["unknown", 2],
    ]);
  });

  it("the service's own protocol: passes as `raw`, and as nothing else", () => {
    const { service, sends } = make();
    expect(sends("client-message", { t: "raw", d: "event" })).toEqual(["server-response"]);
    expect(service.raw.mock.calls).toEqual([[{ read: "event" }]]);
    expect(() => sends("client-message", { t: "other", d: "event" })).toThrow("with an Acme event as");
    expect(service.raw).toHaveBeenCalledTimes(1);
  });

  it.each([
    ["send-text", {}, "send-text.content is missing."],
    ["send-text", { content: null }, "send-text.content is missing."],
    ["append-to-context", { role: 1, content: "Hello" }, "append-to-context.role must be a string."],
    ["append-to-context", { role: "user" }, "append-to-context.content is missing."],
    ["llm-function-call-result", { result: 1 }, "llm-function-call-result.tool_call_id must be a string."],
    ["llm-function-call-result", { tool_call_id: "open", result: 1n }, "llm-function-call-result.result cannot"],
  ])("a wrong field: refuses %s with %o before anything happens", (type, data, why) => {
    const { service, sends } = make();
    expect(() => sends(type, data)).toThrow(why);
    expect(service.say).not.toHaveBeenCalled();
    expect(service.result).not.toHaveBeenCalled();
  });
});

describe("a function's result as text", () => {
  it.each([
    ["as it is", 'a "word"', 'a "word"'],
    ["as JSON", { a: [1] }, '{"a":[1]}'],
    ["as null where there is none", undefined, "null"],
  ])("result: %s", (_how, result, text) => {
    expect(resultText(result)).toBe(text);
  });

  it("result: is refused where JSON has nothing for it", () => {
    expect(() => resultText(() => 1, "the result")).toThrow("the result is a function, which JSON cannot hold.");
  });
});
