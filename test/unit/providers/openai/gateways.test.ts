import { describe, expect, it } from "vitest";
import { ProtocolError, ServiceError } from "../../../../src/errors.js";
import { errorWords, tellsError } from "../../../../src/util/error-words.js";
import { Scenario as Gemini } from "../../../../packages/testkit/src/messages/gemini.js";
import { Scenario, server } from "../../../../packages/testkit/src/messages/openai.js";
import { readError } from "../../../../src/providers/pipecat/bot-message.js";

const WORDS = "The upstream model is overloaded";
const typed = (scenario: Scenario) => scenario.sentTypes;

describe("gateways: a session without session.created", () => {
  it("is configured as soon as the connection is open, once", () => {
    const s = new Scenario({ settings: { instructions: "Be brief." } });
    s.effects.push(...s.conversation.open());
    expect(s.sent).toMatchObject([{ type: "session.update", session: { instructions: "Be brief." } }]);
    s.receive({ type: "session.updated", session: { type: "realtime" } });
    expect(s.conversation.isReady).toBe(true);
    s.receive({ type: "session.created", session: { type: "realtime", id: "late" } });
    expect(typed(s)).toEqual(["session.update"]);
  });

  it.each([
    ["any event", { type: "rate_limits.updated", rate_limits: [] }],
    ["one that has no session", { type: "session.created" }],
    ["an unknown event", { type: "gateway.hello" }],
  ])("is configured with %s, where the dialect is the service's to say", (_what, event) => {
    const s = new Scenario({ dialect: "auto" });
    s.effects.push(...s.conversation.open());
    expect(typed(s)).toEqual([]);
    s.receive(event);
    s.receive({ type: "ping" });
    expect(typed(s)).toEqual(["session.update"]);
  });

  it.each([undefined, null, "a session", 7, []])(
    "is configured, and ready, where it says %j of the session",
    (session) => {
      for (const dialect of ["auto", "ga"] as const) {
        const s = new Scenario({ dialect });
        s.effects.push(...s.conversation.open());
        s.receive({ type: "session.created", session }, { type: "session.updated", session });
        expect(typed(s)).toEqual(["session.update"]);
        expect(s.conversation.isReady).toBe(true);
        expect(s.of("report")).toMatchObject([
          { error: { code: "protocol-error" } },
          { error: { code: "protocol-error" } },
        ]);
      }
    },
  );

  it("takes null for nothing when it looks for the dialect", () => {
    const s = new Scenario({ dialect: "auto" });
    s.effects.push(...s.conversation.open());
    s.receive({ type: "session.created", session: { id: "sess_1", modalities: null, input_audio_format: null } });
    expect(s.sent).toMatchObject([{ session: { type: "realtime" } }]);
  });

  it("follows the dialect of one that has it", () => {
    const s = new Scenario({ dialect: "auto" });
    s.effects.push(...s.conversation.open());
    s.receive({ type: "session.created", session: { object: "realtime.session", modalities: ["text"] } });
    expect(s.sent).toMatchObject([{ session: { input_audio_transcription: expect.anything() as unknown } }]);
  });
});

/** The same error in the shapes of services and gateways: the words, and the code where there is one. */
const SHAPES: readonly (readonly [string, object, string | undefined])[] = [
  ["OpenAI's", { type: "error", error: { type: "server_error", code: "overloaded", message: WORDS } }, "overloaded"],
  [
    "a code that is null",
    { type: "error", error: { type: "server_error", code: null, message: WORDS } },
    "server_error",
  ],
  ["a code that is a number", { type: "error", error: { code: 503, message: WORDS } }, "503"],
  ["a type that is a number", { type: "error", error: { type: 7, message: WORDS } }, "7"],
  ["a param that is an object", { type: "error", error: { param: {}, message: WORDS } }, undefined],
  ["an event id that is a number", { type: "error", error: { event_id: 4, message: WORDS } }, undefined],
  ["an error that is text", { type: "error", error: WORDS }, undefined],
  [
    "an error that is JSON in text",
    { type: "error", error: JSON.stringify({ error: { message: WORDS, code: "x" } }) },
    "x",
  ],
  [
    "an error inside an error",
    { type: "error", error: { error: { code: "overloaded", message: WORDS } } },
    "overloaded",
  ],
  ["a list of errors", { type: "error", errors: [{ code: 1, message: WORDS }] }, "1"],
  ["no error object", { type: "error", code: "overloaded", message: WORDS }, "overloaded"],
  ["an error that is null", { type: "error", error: null, message: WORDS }, undefined],
  ["detail", { type: "error", error: { detail: WORDS } }, undefined],
  ["a message that is an object", { type: "error", error: { message: { text: 1, message: WORDS } } }, undefined],
  ["a list of details", { type: "error", detail: [{ loc: ["body"], msg: WORDS }] }, undefined],
  ["no type", { error: { code: "overloaded", message: WORDS } }, "overloaded"],
  ["no type and text", { error: WORDS }, undefined],
  ["no type and no error", { code: 429, message: WORDS }, "429"],
  ["no type and a detail", { detail: WORDS }, undefined],
  ["another type", { type: "upstream.error", message: WORDS }, undefined],
  ["a field of an unknown event", { type: "gateway.status", error: { message: WORDS } }, undefined],
  ["an unknown field alone", { type: "error", error: { hint: WORDS } }, undefined],
];

describe("gateways: the words of an error are never lost", () => {
  it.each(SHAPES)("in %s", (_shape, event, code) => {
    const s = Scenario.ready();
    s.receive(event as { type: string });
    const reports = s.of("report").map(({ error }) => error);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toBeInstanceOf(ServiceError);
    expect(reports[0]?.message).toContain(WORDS);
    if (code !== undefined) expect(reports[0]).toMatchObject({ serviceCode: code });
    expect(s.of("fault")).toEqual([]);
  });

  it.each(SHAPES)("in %s, which ends a session that is not configured yet", (_shape, event) => {
    const s = new Scenario();
    s.effects.push(...s.conversation.open());
    s.receive(event as { type: string });
    const [first] = [...s.of("fault"), ...s.of("report")];
    expect(first?.error.message).toContain(WORDS);
  });

  it.each([
    ["text", WORDS],
    ["an object with text", { error: WORDS }],
    ["a reason", { reason: WORDS }],
    ["a code that is a number", { type: "failed", error: { code: 500, message: WORDS } }],
    ["a list", { error: [{ message: WORDS }] }],
  ])("in a response whose status_details are %s", (_what, status_details) => {
    const s = Scenario.ready();
    s.receive(server.created(), server.done("resp_1", { status: "failed", status_details }));
    expect(s.told).toContain("bot-llm-stopped");
    expect(s.of("report")[0]?.error.message).toContain(WORDS);
  });

  it.each([
    ["a status that is a number", { status: 3, status_details: { error: WORDS } }],
    ["a status that is unknown", { status: "expired", status_details: { reason: WORDS } }],
    ["no status", { status: null, status_details: { error: { message: WORDS } } }],
    ["the status of one that was made", { status: "completed", status_details: { error: { message: WORDS } } }],
    ["the status of one that was cut", { status: "cancelled", status_details: { error: { message: WORDS } } }],
    ["an error of its own", { status: "failed", error: { message: WORDS } }],
    ["an error that is text", { status: "failed", error: WORDS }],
    ["a last error", { status: "failed", last_error: { message: WORDS } }],
    ["status_details that are the error", { status: "failed", status_details: { message: WORDS, code: 1 } }],
    ["status_details that are a list", { status: "incomplete", status_details: [WORDS] }],
    ["incomplete_details", { status: "incomplete", incomplete_details: { reason: WORDS } }],
    ["an error where it is incomplete", { status: "incomplete", status_details: { error: { message: WORDS } } }],
  ])("in a response with %s, which ends", (_what, fields) => {
    const s = Scenario.ready();
    s.receive(server.created(), server.audio(20), server.done("resp_1", fields));
    expect(s.told).toEqual(expect.arrayContaining(["bot-tts-stopped", "bot-llm-stopped"]));
    expect(s.of("report").map(({ error }) => error.message)).toEqual([expect.stringContaining(WORDS)]);
  });

  it.each([
    ["that is done, without an id", { type: "response.done", response: { status: "failed", error: WORDS } }],
    ["that is done, and no response", { type: "response.done", response_id: "resp_1", error: WORDS }],
    ["that began, without an id", { type: "response.created", response: {}, error: { message: WORDS } }],
    [
      "that is a transcription of no item",
      { type: "conversation.item.input_audio_transcription.failed", error: { message: WORDS } },
    ],
  ])("in an event %s", (_what, event) => {
    const s = Scenario.ready();
    s.receive(event);
    expect(s.of("report").filter(({ error }) => error.message.includes(WORDS))).toHaveLength(1);
  });

  it.each([{ error: WORDS }, { error: { code: 3, message: WORDS } }, { message: WORDS }])(
    "in a transcription that failed: %j",
    (fields) => {
      const s = Scenario.ready();
      s.receive({ type: "conversation.item.input_audio_transcription.failed", item_id: "i", ...fields });
      expect(s.of("report")[0]?.error.message).toContain(WORDS);
    },
  );

  it("says so where there are none", () => {
    const s = Scenario.ready();
    s.receive({ type: "error" }, { type: "error", error: null }, { type: "error", error: {} });
    expect(s.of("report").map(({ error }) => error.message)).toEqual(
      Array.from({ length: 3 }, () => "OpenAI reported an error: no reason given"),
    );
  });

  it("shows no key of them, and bears what is deep, long or of no sense", () => {
    const s = Scenario.ready();
    let deep: object = { message: "ek_the_secret" };
    for (let count = 0; count < 50; count += 1) deep = { error: deep };
    s.receive({ type: "error", ...deep }, { type: "error", error: "x".repeat(100_000) }, { type: "error", error: 7 });
    const said = s.of("report").map(({ error }) => error.message);
    expect(said.join("")).not.toContain("ek_the_secret");
    expect(Math.max(...said.map(({ length }) => length))).toBeLessThan(3_000);
    expect(said[2]).toContain("7");
  });

  it("is no error what has no type and says none", () => {
    const s = Scenario.ready();
    s.receive({ hello: 1 } as never);
    expect(s.of("report")[0]?.error).toEqual(new ProtocolError("OpenAI sent a message that is not an event."));
    expect([{}, { error: null }, { message: "hello" }].map(tellsError)).toEqual([false, false, false]);
  });

  it.each([
    [{ error: { code: 400, message: WORDS, status: "INVALID_ARGUMENT" } }, "400"],
    [{ error: WORDS }, undefined],
    [{ code: 500, message: WORDS }, "500"],
  ])("of Gemini: %j", (message, serviceCode) => {
    const s = Gemini.ready();
    s.receive(message);
    expect(s.of("report")[0]?.error).toMatchObject({ message: `Gemini reported an error: ${WORDS}`, serviceCode });
  });

  it.each([WORDS, { error: WORDS }, { message: WORDS }, { error: { message: WORDS } }, { error: null, detail: WORDS }])(
    "of a Pipecat bot: %j",
    (data) => {
      expect(readError(data).text).toBe(WORDS);
    },
  );

  it("names what it is about", () => {
    expect(errorWords({ type: "error", error: { message: "no", param: "voice", event_id: "e1" } })).toEqual({
      message: "no",
      type: undefined,
      code: undefined,
      param: "voice",
      eventId: "e1",
    });
  });
});

describe("gateways: what only the app can answer, or know", () => {
  const approval = { id: "mcpr_1", type: "mcp_approval_request", server_label: "shop", name: "buy", arguments: "{}" };
  const item = (fields: object) => ({ type: "response.output_item.done", response_id: "resp_1", item: fields });

  it.each([
    approval,
    { id: "mcp_1", type: "mcp_call", name: "buy", error: { type: "http_error", code: 500, message: WORDS } },
    { id: "x_1", type: "something_new", detail: { ek: "ek_the_secret" } },
  ])("an item of the model reaches the app once: $type", (whole) => {
    const s = Scenario.ready();
    s.receive(server.created(), item(whole), server.done("resp_1", { output: [whole] }));
    const shown = JSON.parse(JSON.stringify(whole).replace("ek_the_secret", "[redacted]")) as unknown;
    expect(s.data("server-message")).toEqual([{ t: whole.type, d: shown }]);
  });

  it("also where only the response names it", () => {
    const s = Scenario.ready();
    s.receive(server.created(), server.done("resp_1", { output: [approval] }));
    expect(s.data("server-message")).toEqual([{ t: "mcp_approval_request", d: approval }]);
  });

  it.each(["message", "reasoning"])("an item that RTVI has messages for does not: %s", (type) => {
    const s = Scenario.ready();
    s.receive(server.created(), item({ id: "i", type }), server.done());
    expect(s.data("server-message")).toEqual([]);
    expect(s.of("report")).toEqual([]);
  });

  it.each(["response.mcp_call.failed", "mcp_list_tools.failed"])("a server's tool that failed: %s", (type) => {
    const s = Scenario.ready();
    s.receive({ type, item_id: "mcp_1" });
    expect(s.of("report")[0]?.error.message).toContain(type);
    expect(s.of("fault")).toEqual([]);
  });
});

describe("gateways: a response ends, whatever in it cannot be read", () => {
  it.each([
    ["output that is text", { output: "text" }],
    ["output with an item of numbers", { output: [{ type: 4, id: 7 }] }],
    ["output with a call whose id is a number", { output: [{ type: "function_call", call_id: 7, name: "f" }] }],
    ["output that is endless", { output: Array.from({ length: 1_025 }, () => ({ type: "message" })) }],
    ["status_details that are a number", { status_details: 5 }],
    ["a status that is an object", { status: {}, status_details: {} }],
  ])("%s", (_what, fields) => {
    const s = Scenario.ready();
    s.receive(server.created(), server.audio(20), server.done("resp_1", fields));
    expect(s.told).toEqual(expect.arrayContaining(["bot-tts-stopped", "bot-llm-stopped"]));
    expect(s.conversation.expects).toBe("nothing");
  });

  it.each([undefined, null, ""])(
    "and was made, where it says %j of how it came out and tells of no error",
    (status) => {
      const s = Scenario.ready();
      s.receive(server.created(), server.text("Hello."), server.done("resp_1", { status }));
      expect(s.told.slice(-2)).toEqual(["bot-llm-stopped", "metrics"]);
      expect(s.of("report")).toEqual([]);
    },
  );

  it.each([7, "expired"])("and has failed, where all that it says of it is the status %j", (status) => {
    const s = Scenario.ready();
    s.receive(server.created(), server.text("Hello."), server.done("resp_1", { status }));
    expect(s.told.at(-1)).toBe("bot-llm-stopped");
    expect(s.of("report").map(({ error }) => error.message)).toEqual([expect.stringContaining(`status ${status} `)]);
  });

  it.each([
    ["without a response", {}],
    ["whose response is null", { response: null }],
    ["whose response has no id", { response: { status: "completed" } }],
    ["whose response is only named", { response_id: "resp_1" }],
  ])("one %s, and the next answer is asked for", (_what, fields) => {
    const s = Scenario.ready();
    s.receive(server.created(), server.audio(20), { type: "response.done", ...fields });
    expect(s.told).toEqual(expect.arrayContaining(["bot-tts-stopped", "bot-llm-stopped"]));
    expect(s.conversation.expects).toBe("nothing");
    expect(s.of("report")).toMatchObject([{ error: { code: "protocol-error" } }]);
    s.app("send-text", { content: "Hello?" });
    expect(typed(s)).toEqual(["conversation.item.create", "response.create"]);
    s.receive({ type: "response.done", ...fields });
    expect(s.of("fault")).toEqual([]);
  });

  it("hands out what of its output can be read", () => {
    const s = Scenario.ready();
    const call = { type: "function_call", call_id: "c1", name: "f", arguments: "{}", status: "completed" };
    s.receive(server.created(), server.done("resp_1", { output: [{ type: 4 }, call] }));
    expect(s.data("llm-function-call-in-progress")).toMatchObject([{ tool_call_id: "c1" }]);
    expect(s.of("report")[0]?.error).toBeInstanceOf(ProtocolError);
  });
});

describe("gateways: a call is answered, whatever shape it has", () => {
  const call = (fields: object) => ({ type: "function_call", id: "i", call_id: "c1", name: "f", ...fields });
  const itemDone = (fields: object) => ({
    type: "response.output_item.done",
    response_id: "resp_1",
    item: call(fields),
  });
  const outputs = (s: Scenario) =>
    s.sent.flatMap(({ item }) =>
      (item as { type?: string } | undefined)?.type === "function_call_output" ? [item] : [],
    );

  it.each([
    ["arguments that are an object", itemDone({ arguments: { a: 1 } }), { a: 1 }],
    [
      "arguments that are an object, in an event of their own",
      { ...server.callArguments("c1", "", { name: "f" }), arguments: { a: 1 } },
      { a: 1 },
    ],
    ["arguments that are null", itemDone({ arguments: null }), {}],
    [
      "no arguments, in a response that is done",
      server.done("resp_1", { output: [call({ status: "completed" })] }),
      {},
    ],
  ])("%s reach the handler", (_what, event, args) => {
    const s = Scenario.ready();
    s.receive(server.created(), event);
    expect(s.data("llm-function-call-in-progress")).toMatchObject([{ tool_call_id: "c1", arguments: args }]);
  });

  it.each([
    ["no name", itemDone({ name: null, arguments: "{}" })],
    ["an empty name", itemDone({ name: undefined, arguments: "{}", status: "completed" })],
    ["arguments that are a list", itemDone({ arguments: [1] })],
    ["arguments that are a number", itemDone({ arguments: 5 })],
  ])("the model hears of %s, and goes on", (_what, event) => {
    const s = Scenario.ready();
    s.receive(server.created(), event, server.done());
    expect(outputs(s)).toMatchObject([{ call_id: "c1", output: expect.stringContaining("error") as unknown }]);
    expect(s.of("report")[0]?.error).toBeInstanceOf(ProtocolError);
    expect(s.sentTypes.at(-1)).toBe("response.create");
  });

  it("one that is named by an earlier event keeps its name", () => {
    const s = Scenario.ready();
    s.receive(server.created(), server.callAdded("c1", "f"), itemDone({ name: null, arguments: "{}" }));
    expect(s.data("llm-function-call-in-progress")).toMatchObject([{ function_name: "f" }]);
  });

  it("one without an id, which nothing can answer, is reported", () => {
    const s = Scenario.ready();
    s.receive(server.created(), itemDone({ call_id: undefined, arguments: "{}" }));
    expect(s.of("report")[0]?.error.message).toContain("`call_id`");
  });

  it("one that was broken off is none", () => {
    const s = Scenario.ready();
    const broken = { status: "incomplete", call_id: "c2", arguments: '{"a":' };
    const output = [call({ status: "in_progress" }), call(broken)];
    s.receive(server.created(), server.done("resp_1", { status: "cancelled", output }));
    expect(outputs(s)).toEqual([]);
    expect(s.of("report")).toEqual([]);
    expect(s.data("llm-function-call-in-progress")).toEqual([]);
  });
});
