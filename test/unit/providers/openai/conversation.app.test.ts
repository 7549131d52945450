import { UnsupportedFeatureError } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { InvalidOptionsError, NotReadyError, ProtocolError } from "../../../../src/errors.js";
import { Scenario, server } from "../../../../packages/testkit/src/messages/openai.js";

const userItem = (text: string) => ({
  type: "conversation.item.create",
  item: { type: "message", role: "user", content: [{ type: "input_text", text }] },
});
const output = (call_id: string, text: string) => ({
  type: "conversation.item.create",
  item: { type: "function_call_output", call_id, output: text },
});
const result = (tool_call_id: string, value: unknown) => ({
  function_name: "f",
  tool_call_id,
  arguments: {},
  result: value,
});

/** The service does not answer the user by itself. */
const manual = { audio: { input: { turn_detection: { type: "server_vad", create_response: false } } } };
const creates = (scenario: Scenario) => scenario.sentTypes.filter((type) => type === "response.create").length;

describe("send-text", () => {
  it("is said and answered", () => {
    const scenario = Scenario.ready();
    scenario.app("send-text", { content: "hi", options: {} });
    expect(scenario.sent).toEqual([userItem("hi"), { type: "response.create" }]);
  });

  it("is answered in text alone when no audio is wanted", () => {
    const ga = Scenario.ready();
    ga.app("send-text", { content: "hi", options: { audio_response: false } });
    expect(ga.sent.at(-1)).toEqual({ type: "response.create", response: { output_modalities: ["text"] } });
    const beta = Scenario.ready({ dialect: "beta" });
    beta.app("send-text", { content: "hi", options: { audio_response: false } });
    expect(beta.sent.at(-1)).toEqual({ type: "response.create", response: { modalities: ["text"] } });
  });

  it("is only said when it may wait", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(100));
    scenario.forget();
    scenario.app("send-text", { content: "hi", options: { run_immediately: false } });
    expect(scenario.sent).toEqual([userItem("hi")]);
    expect(scenario.of("flush")).toHaveLength(0);
  });

  it("interrupts the bot, and is answered after the cancelled response is done", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(100));
    scenario.forget();
    scenario.app("send-text", { content: "stop" });
    expect(scenario.effects[0]).toEqual({ type: "flush" });
    expect(scenario.sent).toEqual([{ type: "response.cancel", response_id: "resp_1" }, userItem("stop")]);
    scenario.receive(server.done("resp_1", { status: "cancelled" }));
    expect(scenario.sent.at(-1)).toEqual({ type: "response.create" });
    scenario.receive(server.created("resp_2"), server.done("resp_2"));
    expect(scenario.sentTypes.filter((type) => type === "response.create")).toHaveLength(1);
  });

  it("is answered, too, when the response to be cancelled had just ended without us knowing", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created());
    scenario.app("send-text", { content: "stop" });
    scenario.receive(server.error({ code: "x", event_id: scenario.lastId("response.cancel") }));
    expect(scenario.sent.at(-1)).toEqual({ type: "response.create" });
  });

  it("asks again, once, when another response was being made", () => {
    const scenario = Scenario.ready();
    const busy = () =>
      server.error({
        code: "conversation_already_has_active_response",
        event_id: scenario.lastId("response.create"),
      });
    scenario.app("send-text", { content: "hi" });
    scenario.receive(busy());
    expect(scenario.sentTypes.filter((type) => type === "response.create")).toHaveLength(2);
    expect(scenario.of("report")).toHaveLength(0);
    scenario.receive(busy());
    expect(scenario.sentTypes.filter((type) => type === "response.create")).toHaveLength(2);
    expect(scenario.of("report")).toHaveLength(1);
  });

  const busyWith = (scenario: Scenario) =>
    server.error({
      code: "conversation_already_has_active_response",
      event_id: scenario.lastId("response.create"),
    });
  const crossed = () => {
    const scenario = Scenario.ready();
    scenario.receive(server.started, server.stopped, server.committed);
    // The service has begun to answer the user, and we do not know it yet.
    scenario.app("send-text", { content: "also this" });
    scenario.receive(server.created("resp_vad"));
    return scenario;
  };

  it("is answered after the answer to the user that it crossed, and nothing is reported", () => {
    const scenario = crossed();
    scenario.receive(busyWith(scenario), server.done("resp_vad"));
    expect(scenario.of("report")).toEqual([]);
    expect(creates(scenario)).toBe(2);
    scenario.receive(server.created("resp_2"), server.done("resp_2"));
    expect(creates(scenario)).toBe(2);
    expect(scenario.conversation.isBusy).toBe(false);
  });

  it("is answered after the user where it waited when they began to speak, and the service does not answer them", () => {
    const scenario = Scenario.ready({}, manual);
    scenario.receive(server.created());
    scenario.app("send-text", { content: "also this" });
    scenario.receive(server.started, server.done("resp_1", { status: "cancelled" }));
    expect(creates(scenario)).toBe(0);
    scenario.receive(server.stopped);
    expect(creates(scenario)).toBe(1);
  });

  it("is answered with the user where it waited when they began to speak, and the service answers them", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created());
    scenario.app("send-text", { content: "also this" });
    scenario.receive(server.started, server.done("resp_1", { status: "cancelled" }), server.stopped);
    scenario.receive(server.created("resp_2"), server.done("resp_2"));
    expect(creates(scenario)).toBe(0);
  });

  it("is asked for again after the next answer, where that was asked for before the service refused it", () => {
    const scenario = crossed();
    const busy = busyWith(scenario);
    scenario.receive(server.done("resp_vad"));
    scenario.app("run");
    scenario.receive(busy);
    expect(creates(scenario)).toBe(2);
    expect(scenario.conversation.expects).toBe("reply");
    scenario.receive(server.created("resp_2"), server.done("resp_2"));
    expect(creates(scenario)).toBe(3);
  });

  it("has the calls of an answer that it crossed continued after its own", () => {
    const scenario = crossed();
    scenario.receive(busyWith(scenario), server.callDone("c1", "f", "{}", "resp_vad"), server.done("resp_vad"));
    scenario.receive(server.created("resp_2"));
    scenario.app("llm-function-call-result", result("c1", 1));
    scenario.receive(server.done("resp_2"));
    expect(creates(scenario)).toBe(3);
  });

  it("leaves nobody waiting where the service answered it before the user", () => {
    const scenario = crossed();
    scenario.receive(server.callDone("c1", "f", "{}", "resp_vad"), server.done("resp_vad"));
    scenario.app("llm-function-call-result", result("c1", 1));
    expect(creates(scenario)).toBe(2);
  });

  it.each<[string, (scenario: Scenario) => void]>([
    ["interrupts", (scenario) => scenario.interrupt()],
    ["is interrupted by the user", (scenario) => scenario.receive(server.started)],
  ])("is not asked for again once somebody %s", (_who, stop) => {
    const scenario = crossed();
    stop(scenario);
    scenario.receive(busyWith(scenario), server.done("resp_vad", { status: "cancelled" }));
    expect(creates(scenario)).toBe(1);
    expect(scenario.of("report")).toEqual([]);
  });

  it("that was interrupted before it began is not asked for again when it is refused", () => {
    const scenario = Scenario.ready();
    scenario.app("send-text", { content: "hi" });
    const busy = busyWith(scenario);
    scenario.interrupt();
    scenario.receive(busy);
    expect(creates(scenario)).toBe(1);
    expect(scenario.of("report")).toEqual([]);
  });

  it.each<[string, (scenario: Scenario) => void]>([
    ["nothing else was asked for", () => undefined],
    ["another answer was asked for", (scenario) => scenario.app("run")],
  ])("leaves it to the app what becomes of a response that it asked for itself, where %s", (_what, before) => {
    const scenario = Scenario.ready();
    before(scenario);
    const asked = creates(scenario);
    scenario.conversation.command({ type: "raw", event: { type: "response.create", event_id: "mine" } });
    const refused = { code: "conversation_already_has_active_response", message: "Wait a little." };
    scenario.receive(server.error({ ...refused, event_id: "mine" }));
    expect(creates(scenario)).toBe(asked);
    expect(scenario.of("report").map(({ error }) => error.message)).toEqual([
      expect.stringContaining("Wait a little."),
    ]);
  });

  it("reports a response that the service will not make, and can be asked for the next", () => {
    const scenario = Scenario.ready();
    scenario.app("send-text", { content: "hi" });
    scenario.receive(server.error({ code: "invalid_value", event_id: scenario.lastId("response.create") }));
    expect(scenario.of("report")).toHaveLength(1);
    scenario.forget();
    scenario.app("send-text", { content: "again" });
    expect(scenario.sent).toEqual([userItem("again"), { type: "response.create" }]);
  });

  it("measures from the text to the first sample", () => {
    const scenario = Scenario.ready();
    scenario.app("send-text", { content: "hi" });
    scenario.now += 700;
    scenario.receive(server.created(), server.audio(100));
    scenario.now += 50;
    scenario.plays("began", "item_a", 0, 100);
    scenario.plays("progress", "item_a", 10, 100);
    expect(scenario.data("metrics")).toEqual([{ ttfb: [{ processor: "openai-realtime", value: 0.75 }] }]);
  });
});

describe("append-to-context", () => {
  it("is appended, in its role, and acknowledged", () => {
    const scenario = Scenario.ready();
    scenario.app("append-to-context", { role: "assistant", content: "I said so" }, "msg7");
    expect(scenario.sent).toEqual([
      {
        type: "conversation.item.create",
        item: { type: "message", role: "assistant", content: [{ type: "output_text", text: "I said so" }] },
      },
    ]);
    expect(scenario.of("deliver")).toEqual([
      { type: "deliver", message: { type: "append-to-context-result", data: { result: "success" }, id: "msg7" } },
    ]);
  });

  it("is answered only when it says so", () => {
    const scenario = Scenario.ready();
    scenario.app("append-to-context", { role: "user", content: "now", run_immediately: true });
    expect(scenario.sentTypes).toEqual(["conversation.item.create", "response.create"]);
  });
});

describe("function calls", () => {
  const calling = (...ids: string[]) => {
    const scenario = Scenario.ready();
    scenario.receive(server.created());
    for (const id of ids) {
      scenario.receive(server.callAdded(id, "f"), server.callArguments(id, '{"a":1}', { name: "f" }));
      scenario.receive(server.callDone(id, "f", '{"a":1}'));
    }
    return scenario;
  };
  it("are started, in progress and stopped, once each", () => {
    const scenario = calling("c1");
    const output_ = [
      { id: "item_c1", type: "function_call", status: "completed", call_id: "c1", name: "f", arguments: '{"a":1}' },
    ];
    scenario.receive(server.done("resp_1", { output: output_ }));
    scenario.app("llm-function-call-result", result("c1", { ok: true }));
    expect(scenario.told.filter((type) => type.startsWith("llm-function-call"))).toEqual([
      "llm-function-call-started",
      "llm-function-call-in-progress",
      "llm-function-call-stopped",
    ]);
    expect(scenario.data("llm-function-call-started")).toEqual([{ function_name: "f" }]);
    expect(scenario.data("llm-function-call-in-progress")).toEqual([
      { tool_call_id: "c1", function_name: "f", arguments: { a: 1 } },
    ]);
    expect(scenario.data("llm-function-call-stopped")).toEqual([
      { tool_call_id: "c1", cancelled: false, function_name: "f", result: { ok: true } },
    ]);
    expect(scenario.sent).toEqual([output("c1", '{"ok":true}'), { type: "response.create" }]);
  });

  it.each([
    [0, "0"],
    [false, "false"],
    [null, "null"],
    [undefined, "null"],
    ["", ""],
    ["plain", "plain"],
    [[], "[]"],
    [{ a: [1] }, '{"a":[1]}'],
  ])("give %j back as the string %j", (value, text) => {
    const scenario = calling("c1");
    scenario.receive(server.done());
    scenario.app("llm-function-call-result", result("c1", value));
    expect(scenario.sent).toEqual([output("c1", text), { type: "response.create" }]);
  });

  it("continue only after response.done, when the result is quicker", () => {
    const scenario = calling("c1");
    scenario.app("llm-function-call-result", result("c1", 1));
    expect(scenario.sent).toEqual([output("c1", "1")]);
    scenario.receive(server.done());
    expect(creates(scenario)).toBe(1);
  });

  it("continue once, when the last of several is in, in any order", () => {
    for (const order of [
      ["c1", "c2", "c3", "done"],
      ["done", "c3", "c1", "c2"],
      ["c2", "done", "c1", "c3"],
    ]) {
      const scenario = calling("c1", "c2", "c3");
      order.forEach((step, index) => {
        if (step === "done") scenario.receive(server.done());
        else scenario.app("llm-function-call-result", result(step, index));
        expect(creates(scenario)).toBe(index === order.length - 1 ? 1 : 0);
      });
      expect(scenario.sent.filter(({ item }) => item !== undefined)).toHaveLength(3);
    }
  });

  it("ignore a result that comes twice, or for a call nobody made", () => {
    const scenario = calling("c1");
    scenario.receive(server.done());
    scenario.app("llm-function-call-result", result("c1", 1));
    scenario.forget();
    scenario.app("llm-function-call-result", result("c1", 2));
    scenario.app("llm-function-call-result", result("ghost", 2));
    expect(scenario.sent).toEqual([]);
    expect(scenario.told).toEqual([]);
  });

  it.each(["{", "[1]", "null", '"x"', "7"])("with arguments %s are refused, and the model is told", (json) => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.callAdded("c1", "f"), server.callArguments("c1", json, { name: "f" }));
    expect(scenario.of("report")[0]?.error).toBeInstanceOf(ProtocolError);
    expect(scenario.told).toEqual(["bot-llm-started", "llm-function-call-started", "llm-function-call-stopped"]);
    expect(scenario.data("llm-function-call-stopped")).toEqual([
      { tool_call_id: "c1", cancelled: true, function_name: "f" },
    ]);
    expect(scenario.sent).toEqual([output("c1", expect.stringContaining("error") as string)]);
    scenario.receive(server.done());
    expect(creates(scenario)).toBe(1);
  });

  it("may come without arguments, and bring no prototype", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.callArguments("c1", "", { name: "f" }));
    scenario.receive(server.callArguments("c2", '{"__proto__":{"x":1},"a":{"__proto__":{"y":1}}}', { name: "f" }));
    const [first, second] = scenario.data("llm-function-call-in-progress") as { arguments: object }[];
    expect(first?.arguments).toEqual({});
    expect(JSON.stringify(second?.arguments)).toBe('{"a":{}}');
  });

  it("take the name from the item where the arguments lack it, as in beta", () => {
    const scenario = Scenario.ready({ dialect: "beta" });
    scenario.receive(server.created(), server.callAdded("c1", "f"), server.callArguments("c1", "{}"));
    expect(scenario.data("llm-function-call-in-progress")).toMatchObject([{ function_name: "f" }]);

    const later = Scenario.ready({ dialect: "beta" });
    later.receive(server.created(), server.callArguments("c1", "{}"), server.callDone("c1", "g", "{}"));
    expect(later.data("llm-function-call-in-progress")).toMatchObject([{ function_name: "g" }]);

    const last = Scenario.ready();
    const item = { type: "function_call", call_id: "c1", name: "h", arguments: "{}", status: "completed" };
    last.receive(server.created(), server.done("resp_1", { output: [item] }));
    expect(last.data("llm-function-call-in-progress")).toMatchObject([{ function_name: "h" }]);
  });

  it("are cancelled with the response that was still writing them", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.callAdded("c1", "f"), server.done("resp_1", { status: "cancelled" }));
    expect(scenario.data("llm-function-call-stopped")).toEqual([
      { tool_call_id: "c1", cancelled: true, function_name: "f" },
    ]);
    scenario.forget();
    scenario.app("llm-function-call-result", result("c1", 1));
    expect(scenario.sent).toEqual([]);
  });

  it("that were complete when the user interrupted give their result, without an answer of its own", () => {
    const scenario = calling("c1");
    scenario.receive(server.started, server.done("resp_1", { status: "cancelled" }));
    scenario.app("llm-function-call-result", result("c1", 1));
    expect(scenario.sent).toEqual([output("c1", "1")]);
  });

  it("wait for the user to finish, and are continued by the answer to what they said", () => {
    const scenario = calling("c1");
    scenario.receive(server.done(), server.started);
    scenario.app("llm-function-call-result", result("c1", 1));
    scenario.receive(server.stopped);
    expect(creates(scenario)).toBe(0);
    scenario.receive(server.created("resp_2"), server.done("resp_2"));
    expect(creates(scenario)).toBe(0);
  });

  it("of two responses wait for the user to finish, too", () => {
    const scenario = calling("c1");
    scenario.receive(server.done(), server.created("resp_2"), server.callDone("c2", "f", "{}", "resp_2"));
    scenario.receive(server.done("resp_2"), server.started);
    scenario.app("llm-function-call-result", result("c1", 1));
    scenario.app("llm-function-call-result", result("c2", 2));
    expect(creates(scenario)).toBe(0);
  });

  it("wait for the user to finish although an answer begins that was asked for before they spoke", () => {
    const scenario = calling("c1");
    scenario.receive(server.done());
    scenario.app("run");
    scenario.receive(server.started, server.created("resp_2"), server.done("resp_2", { status: "cancelled" }));
    scenario.app("llm-function-call-result", result("c1", 1));
    expect(creates(scenario)).toBe(1);
  });

  it("are continued after an answer that was asked for before their result was there", () => {
    const scenario = calling("c1");
    scenario.receive(server.done());
    scenario.app("run");
    scenario.app("llm-function-call-result", result("c1", 1));
    scenario.receive(server.created("resp_2"), server.done("resp_2"));
    expect(creates(scenario)).toBe(2);
  });

  it("are continued once more where the answer to the user had begun before the service had the result", () => {
    const scenario = calling("c1");
    scenario.receive(server.done(), server.started, server.stopped);
    scenario.app("llm-function-call-result", result("c1", 1));
    const added = { type: "conversation.item.added", item: { id: "i1", ...output("c1", "1").item } };
    scenario.receive(server.created("resp_2"), added, server.done("resp_2"));
    expect(creates(scenario)).toBe(1);
  });

  it("are continued by the answer to the user where the service had the result before", () => {
    const scenario = calling("c1");
    scenario.receive(server.done(), server.started, server.stopped);
    scenario.app("llm-function-call-result", result("c1", 1));
    const added = { type: "conversation.item.added", item: { id: "i1", ...output("c1", "1").item } };
    scenario.receive(added, server.created("resp_2"), added, server.done("resp_2"));
    expect(creates(scenario)).toBe(0);
  });

  it("end with the conversation that the app replaces", () => {
    const scenario = calling("c1");
    scenario.receive(server.done());
    const messages = [{ role: "system", content: "You are new." }];
    const told = scenario.conversation.command({ type: "replace", messages, interrupt: true });
    const data = { tool_call_id: "c1", cancelled: true, function_name: "f" };
    expect(told).toMatchObject([{ type: "deliver", message: { type: "llm-function-call-stopped", data } }, {}]);
    scenario.forget();
    scenario.app("llm-function-call-result", result("c1", 1));
    expect(scenario.sent).toEqual([]);
  });

  it("wait for the user to finish, and are continued then where the service does not answer by itself", () => {
    const scenario = Scenario.ready({}, manual);
    scenario.receive(server.created(), server.callArguments("c1", "{}", { name: "f" }), server.done(), server.started);
    scenario.app("llm-function-call-result", result("c1", 1));
    expect(creates(scenario)).toBe(0);
    scenario.receive(server.stopped);
    expect(creates(scenario)).toBe(1);
  });

  it("beyond a number are refused, not collected", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created());
    for (let index = 0; index < 300; index += 1) scenario.receive(server.callDone(`c${index}`, "f", "{}"));
    expect(scenario.of("report").length).toBeGreaterThan(0);
    expect(scenario.data("llm-function-call-started")).toHaveLength(256);
  });
});

describe("texts to be spoken", () => {
  it("wait for the bot to finish, 64 at most: the next is refused, and nothing has happened", () => {
    const scenario = Scenario.ready();
    const say = () => scenario.conversation.command({ type: "speak", text: "hello" });
    scenario.receive(server.created());
    scenario.forget();
    for (let count = 0; count < 64; count += 1) expect(say()).toEqual([]);
    expect(say).toThrow(NotReadyError);
    expect(say).toThrow("64");
    scenario.receive(server.done());
    expect(scenario.sentTypes).toEqual(["response.create"]);
    expect(say()).toEqual([]);
    expect(say).toThrow(NotReadyError);
  });
});

describe("other messages of the app", () => {
  it("take client-ready in silence, and disconnect-bot as the end", () => {
    const scenario = Scenario.ready();
    expect(scenario.app("client-ready", { version: "2.1.0" })).toEqual([]);
    expect(scenario.app("disconnect-bot", {})).toEqual([{ type: "end" }]);
  });

  it("send raw service events", () => {
    const scenario = Scenario.ready();
    scenario.app("client-message", { t: "raw", d: { type: "input_audio_buffer.commit" } }, "msg3");
    expect(scenario.sent).toEqual([{ type: "input_audio_buffer.commit" }]);
    expect(scenario.of("deliver")).toEqual([
      { type: "deliver", message: { type: "server-response", data: { t: "raw" }, id: "msg3" } },
    ]);
  });

  it.each(["dtmf", "ui-event", "ui-snapshot", "ui-cancel-job-group", "raw-audio", "made-up"])(
    "%s is an unsupported feature of that name",
    (type) => {
      const scenario = Scenario.ready();
      const send = () => scenario.app(type, {});
      expect(send).toThrow(UnsupportedFeatureError);
      expect(send).toThrow(type);
      try {
        send();
      } catch (error) {
        expect((error as UnsupportedFeatureError).feature).toBe(type);
      }
      expect(scenario.effects).toEqual([]);
    },
  );

  it.each([
    ["client-message", { t: "other" }, "client-message"],
    ["client-message", { t: "raw", d: { kind: "x" } }, "type"],
    ["client-message", { t: "raw" }, "type"],
    ["send-text", {}, "send-text.content"],
    ["send-text", { content: 7 }, "send-text.content must be a string or a list of parts"],
    ["send-text", undefined, "send-text.content"],
    ["append-to-context", { role: "robot", content: "x" }, "append-to-context.role"],
    ["append-to-context", { role: 5, content: "x" }, "append-to-context.role"],
    ["append-to-context", { role: "user", content: [] }, "append-to-context.content"],
    ["append-to-context", { role: "user", content: [{ text: 7 }] }, "append-to-context.content"],
    ["append-to-context", { role: "user", content: [{ type: "image_url" }] }, "append-to-context.content"],
    ["llm-function-call-result", { result: 1 }, "tool_call_id"],
    ["llm-function-call-result", { tool_call_id: "c", result: 10n }, "result"],
  ])("%s with %o is refused before anything happens", (type, data, named) => {
    const scenario = Scenario.ready();
    const send = () => scenario.app(type, data);
    expect(send).toThrow(named);
    try {
      send();
    } catch (error) {
      expect(error instanceof InvalidOptionsError || error instanceof UnsupportedFeatureError).toBe(true);
    }
    expect(scenario.effects).toEqual([]);
  });
});
