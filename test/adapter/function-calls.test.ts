import { LogLevel, PipecatClient, RTVIEvent, RTVIMessage, type FunctionCallCallback } from "@pipecat-ai/client-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createWebSocketTransport, type RealtimeEvent } from "../../src/compat/thrive/index.js";
import { GeminiLiveWebsocketTransport } from "../../src/providers/gemini/index.js";
import { OpenAIRealTimeWebSocketTransport } from "../../src/providers/openai/index.js";
import type { VoiceTransport } from "../../src/transport/voice-transport.js";
import { WebSocketTransport } from "../../src/providers/pipecat/index.js";
import { ManualClock, ScriptedMediaManager } from "../../src/testing/index.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../packages/testkit/src/scripted/fake-web-socket.js";
import { server as gemini } from "../../packages/testkit/src/messages/gemini.js";
import { server as openai } from "../../packages/testkit/src/messages/openai.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";
import { bot, sentMessages } from "../unit/providers/pipecat/rig.js";

const TIMEOUT = 5_000;
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const written = () =>
  FakeWebSocket.last.sent.map((text) => JSON.parse(String(text)) as Record<string, Record<string, unknown>>);
const receive = (...events: object[]) => {
  for (const event of events) FakeWebSocket.last.message(JSON.stringify(event));
};

/** A service that calls functions, and what it is answered: the result, or the error. */
interface Service {
  readonly make: (api_key: string, options: object) => VoiceTransport;
  readonly greet: () => void;
  /** The model calls a function. */
  readonly call: (id: string, name: string) => void;
  readonly answers: () => { readonly id: unknown; readonly error: unknown; readonly result: unknown }[];
  /** What of the answers is sent, where the app answers in the service's own language. */
  readonly raw?: (id: string, result: string) => unknown;
  /** Whether the model is asked to go on. */
  readonly goesOn: () => boolean;
}

const session = { type: "realtime", id: "sess_1" };
const SERVICES: Readonly<Record<string, Service>> = {
  OpenAI: {
    make: (api_key, options) => new OpenAIRealTimeWebSocketTransport({ api_key }, new ScriptedMediaManager(), options),
    greet: () => receive({ type: "session.created", session }, { type: "session.updated", session }),
    call: (id, name) =>
      receive(openai.created(`r_${id}`), openai.callDone(id, name, "{}", `r_${id}`), openai.done(`r_${id}`)),
    answers: () =>
      written().flatMap(({ item }) => {
        if (item?.type !== "function_call_output") return [];
        const output = String(item.output);
        const read = output.startsWith("{") ? (JSON.parse(output) as { error?: unknown }) : {};
        return [{ id: item.call_id, error: read.error, result: output }];
      }),
    raw: (call_id, output) => ({
      type: "conversation.item.create",
      item: { type: "function_call_output", call_id, output },
    }),
    goesOn: () => FakeWebSocket.last.sent.some((text) => String(text).includes('"response.create"')),
  },
  Gemini: {
    make: (api_key, options) => new GeminiLiveWebsocketTransport({ api_key }, new ScriptedMediaManager(), options),
    greet: () => receive({ setupComplete: {} }),
    call: (id, name) => receive(gemini.call(id, name)),
    answers: () =>
      written().flatMap(({ toolResponse }) =>
        (
          (toolResponse?.functionResponses ?? []) as { id: string; response: { error?: unknown; output?: unknown } }[]
        ).map(({ id, response }) => ({ id, error: response.error, result: response.output })),
      ),
    raw: (id, output) => ({ toolResponse: { functionResponses: [{ id, name: "f", response: { output } }] } }),
    goesOn: () => true,
  },
  "a Pipecat bot of the old protocol": {
    make: (_key, options) => new WebSocketTransport({ wsUrl: "ws://bot.test/ws" }, new ScriptedMediaManager(), options),
    greet: () => FakeWebSocket.last.message(bot.rtvi("bot-ready", { version: "0.3.0" })),
    call: (tool_call_id, function_name) =>
      FakeWebSocket.last.message(bot.rtvi("llm-function-call", { function_name, tool_call_id, args: {} })),
    answers: () =>
      sentMessages().flatMap(({ type, data }) => {
        if (type !== "llm-function-call-result") return [];
        const { tool_call_id, result } = data as { tool_call_id: string; result: { error?: unknown } };
        return [{ id: tool_call_id, error: result.error, result }];
      }),
    goesOn: () => true,
  },
};

async function ready(name: string, limit: object = { functionCallTimeout: TIMEOUT }) {
  FakeWebSocket.all.length = 0;
  const service = SERVICES[name]!;
  const clock = new ManualClock();
  const logged: string[] = [];
  const log = (...line: unknown[]) => void logged.push(line.map(String).join(" "));
  const transport = service.make(canary("ek_"), {
    WebSocket: FakeWebSocketConstructor,
    clock,
    ...limit,
    timeouts: { silence: 0 },
    logger: { debug: () => undefined, info: () => undefined, warn: log, error: log },
  });
  const errors: unknown[] = [];
  const stopped: unknown[] = [];
  const client = new PipecatClient({
    transport,
    callbacks: {
      onError: ({ data }) => void errors.push(data),
      onLLMFunctionCallStopped: (data) => void stopped.push(data),
    },
  });
  client.setLogLevel(LogLevel.NONE);
  const connecting = transport.connect();
  await vi.waitFor(() => {
    expect(FakeWebSocket.all.length).toBeGreaterThan(0);
  });
  FakeWebSocket.last.open();
  await connecting;
  const announced = transport.sendReadyMessage();
  service.greet();
  await announced;
  const leave = async () => {
    const left = transport.disconnect();
    if (FakeWebSocket.last.readyState < 3) FakeWebSocket.last.drop(1000, "", true);
    await left;
  };
  onTestFinished(leave);
  return { ...service, leave, transport, client, clock, errors, stopped, logged };
}

const cycle: Record<string, unknown> = {};
cycle.self = cycle;
const of = (result: unknown): FunctionCallCallback => (() => Promise.resolve(result)) as FunctionCallCallback;

/** Handlers that the client says nothing of to the transport: the deadline ends their calls. */
const SILENT: readonly (readonly [string, FunctionCallCallback | undefined])[] = [
  ["rejects", () => Promise.reject(new Error("no"))],
  ["resolves to undefined", of(undefined)],
  ["resolves to null", of(null)],
  ["never answers", () => new Promise(() => undefined)],
  ["is not registered", undefined],
  ["resolves to a BigInt", of(10n)],
  ["resolves to a cycle", of(cycle)],
];

function deeply(depth: number): never {
  if (depth > 0) deeply(depth - 1);
  throw new Error("no such city");
}

/** Those of which it hears at once. */
const LOUD: readonly (readonly [string, FunctionCallCallback, RegExp])[] = [
  [
    "throws",
    () => {
      throw new Error("no such city");
    },
    /`f` has a handler that threw: no such city/,
  ],
  ["throws from deep inside", () => deeply(50), /`f` has a handler that threw: no such city/],
  ["returns no promise", (() => "sunny") as unknown as FunctionCallCallback, /returned no promise/],
  ["resolves to a function", of(() => 1), /what JSON cannot hold/],
  ["resolves to a symbol", of(Symbol("s")), /what JSON cannot hold/],
];

const code = "function-call-failed";
const text = (matching: string | RegExp): unknown => expect.stringMatching(matching);
const NO_RESULT = "The function failed and has no result.";

describe.each(Object.keys(SERVICES))("function calls of %s: the model is answered, and the app hears once", (name) => {
  it.each(SILENT)("when the handler %s: at the deadline", async (_what, handler) => {
    const rig = await ready(name);
    if (handler !== undefined) rig.client.registerFunctionCallHandler("f", handler);
    rig.call("c1", "f");
    await turn();
    rig.clock.advance(TIMEOUT - 1);
    await turn();
    expect(rig.answers()).toEqual([]);
    rig.clock.advance(1);
    await turn();
    expect(rig.answers()).toMatchObject([{ id: "c1", error: NO_RESULT }]);
    expect(rig.errors).toMatchObject([{ code, fatal: false, error: text(`within ${TIMEOUT} ms`) }]);
    expect(rig.logged.filter((line) => line.includes("`f`"))).toHaveLength(1);
    expect(rig.goesOn()).toBe(true);
    rig.clock.advance(10 * TIMEOUT);
    await turn();
    expect(rig.answers()).toHaveLength(1);
  });

  it.each(LOUD)("when the handler %s: at once", async (_what, handler, why) => {
    const rig = await ready(name);
    rig.client.registerFunctionCallHandler("f", handler);
    rig.call("c1", "f");
    await turn();
    expect(rig.answers()).toMatchObject([{ id: "c1", error: NO_RESULT }]);
    expect(rig.errors).toMatchObject([{ fatal: false, error: text(why) }]);
    rig.clock.advance(10 * TIMEOUT);
    await turn();
    expect([rig.answers().length, rig.errors.length]).toEqual([1, 1]);
    expect(rig.transport.state).toBe("ready");
  });

  it("each on its own: one that answers is not disturbed by one that does not", async () => {
    const rig = await ready(name);
    rig.client.registerFunctionCallHandler("good", of({ ok: true }));
    rig.call("c1", "good");
    rig.call("c2", "bad");
    await turn();
    rig.clock.advance(TIMEOUT);
    await turn();
    expect(rig.answers().map(({ id, error }) => [id, error])).toEqual([
      ["c1", undefined],
      ["c2", NO_RESULT],
    ]);
    expect(rig.errors).toHaveLength(1);
  });

  it("a result that comes after the deadline is no second failure", async () => {
    const rig = await ready(name);
    const answer = new AbortController();
    const aborted = new Promise<string>((resolve) => {
      answer.signal.addEventListener("abort", () => resolve("late"));
    });
    rig.client.registerFunctionCallHandler("f", () => aborted);
    rig.call("c1", "f");
    await turn();
    rig.clock.advance(TIMEOUT);
    await turn();
    answer.abort();
    await turn();
    const results = rig.answers().map(({ error }) => error);
    expect(results[0]).toBe(NO_RESULT);
    expect(rig.errors).toHaveLength(1);
  });

  it("waits for ever where functionCallTimeout is 0 or Infinity, and 30 s by default", async () => {
    for (const functionCallTimeout of [0, Infinity]) {
      const rig = await ready(name, { functionCallTimeout });
      rig.call("c1", "f");
      await turn();
      rig.clock.advance(600_000);
      await turn();
      expect([rig.answers(), rig.errors]).toEqual([[], []]);
      await rig.leave();
    }
    const rig = await ready(name, {});
    rig.call("c1", "f");
    await turn();
    rig.clock.advance(29_999);
    await turn();
    expect(rig.answers()).toEqual([]);
    rig.clock.advance(1);
    await turn();
    expect(rig.answers()).toHaveLength(1);
  });
});

/** An app of Thrive's transport: it answers calls by events, and hears of them by events. */
async function readyThrive(limit: object = { functionCallTimeout: TIMEOUT }) {
  FakeWebSocket.all.length = 0;
  const clock = new ManualClock();
  const logged: string[] = [];
  const log = (...line: unknown[]) => void logged.push(line.map(String).join(" "));
  const { call, answers, greet, goesOn } = SERVICES.OpenAI!;
  const transport = createWebSocketTransport(
    {},
    { mediaManager: new ScriptedMediaManager(), getSessionToken: () => ({ value: canary("ek_") }) },
    {
      WebSocket: FakeWebSocketConstructor,
      clock,
      ...limit,
      timeouts: { silence: 0 },
      logger: { debug: () => undefined, info: () => undefined, warn: log, error: log },
    },
  );
  const events: RealtimeEvent[] = [];
  const connecting = transport.connect({ token: "", onEvent: (event) => void events.push(event) });
  await vi.waitFor(() => {
    expect(FakeWebSocket.all.length).toBeGreaterThan(0);
  });
  FakeWebSocket.last.open();
  await turn();
  greet();
  await connecting;
  const leave = async () => {
    const left = transport.close();
    if (FakeWebSocket.last.readyState < 3) FakeWebSocket.last.drop(1000, "", true);
    await left;
  };
  onTestFinished(leave);
  const errors = () => events.filter(({ type }) => type === "error");
  const answer = (call_id: string, output: string) =>
    transport.send({ type: "conversation.item.create", item: { type: "function_call_output", call_id, output } });
  return { leave, clock, logged, events, call, answers, goesOn, errors, answer };
}

describe("function calls of Thrive: the model is answered, and the app hears once", () => {
  it("when the app never answers: at the deadline", async () => {
    const rig = await readyThrive();
    rig.call("c1", "f");
    await turn();
    expect(rig.events.map(({ type }) => type)).toContain("response.output_item.done");
    rig.clock.advance(TIMEOUT - 1);
    await turn();
    expect([rig.answers(), rig.errors()]).toEqual([[], []]);
    rig.clock.advance(1);
    await turn();
    expect(rig.answers()).toMatchObject([{ id: "c1", error: NO_RESULT }]);
    expect(rig.errors()).toMatchObject([{ error: { type: "transport_error", code, fatal: false } }]);
    expect(rig.logged.filter((line) => line.includes("`f`"))).toHaveLength(1);
    expect(rig.goesOn()).toBe(true);
    rig.clock.advance(10 * TIMEOUT);
    await turn();
    expect(rig.answers()).toHaveLength(1);
  });

  it("each on its own: the app's answer is the one that is sent", async () => {
    const rig = await readyThrive();
    rig.call("c1", "f");
    rig.call("c2", "f");
    await turn();
    rig.answer("c1", "sunny");
    rig.clock.advance(TIMEOUT);
    await turn();
    expect(rig.answers()).toMatchObject([
      { id: "c1", result: "sunny" },
      { id: "c2", error: NO_RESULT },
    ]);
    expect(rig.errors()).toHaveLength(1);
  });

  it("waits for ever where functionCallTimeout is 0 or Infinity, and 30 s by default", async () => {
    for (const functionCallTimeout of [0, Infinity]) {
      const rig = await readyThrive({ functionCallTimeout });
      rig.call("c1", "f");
      await turn();
      rig.clock.advance(600_000);
      await turn();
      expect([rig.answers(), rig.errors()]).toEqual([[], []]);
      await rig.leave();
    }
    const rig = await readyThrive({});
    rig.call("c1", "f");
    await turn();
    rig.clock.advance(29_999);
    await turn();
    expect(rig.answers()).toEqual([]);
    rig.clock.advance(1);
    await turn();
    expect(rig.answers()).toHaveLength(1);
  });
});

describe.each(["OpenAI", "Gemini"])("function calls of %s that the app answers in the service's language", (name) => {
  it("that fit nowhere are over as well", async () => {
    const rig = await ready(name);
    rig.call("c1", "f");
    const data = { function_name: "f", tool_call_id: "c1", arguments: {}, result: "x".repeat(70_000) };
    expect(() => rig.transport.sendMessage(new RTVIMessage("llm-function-call-result", data))).toThrow("larger than");
    expect(rig.answers()).toMatchObject([{ id: "c1", error: NO_RESULT }]);
  });

  it.each(["message", "event"])("are over with its %s", async (how) => {
    const rig = await ready(name);
    rig.call("c1", "f");
    await turn();
    const raw = rig.raw!("c1", "sunny");
    if (how === "message") rig.transport.sendMessage(new RTVIMessage("client-message", { t: "raw", d: raw }));
    else (rig.transport as unknown as { sendServiceEvent(message: unknown): void }).sendServiceEvent(raw);
    expect(rig.stopped).toMatchObject([{ tool_call_id: "c1", cancelled: false, result: "sunny" }]);
    rig.clock.advance(TIMEOUT);
    await turn();
    expect(rig.answers()).toMatchObject([{ id: "c1", result: "sunny" }]);
    expect(rig.errors).toEqual([]);
  });
});

const inOpenAI = (item: object, response_id: unknown = "r1") => [
  { type: "response.created", response: { id: response_id, status: "in_progress", output: [] } },
  {
    type: "response.output_item.done",
    response_id,
    item: { id: "i1", type: "function_call", status: "completed", name: "f", arguments: "{}", ...item },
  },
  { type: "response.done", response: { id: response_id, status: "completed", output: [] } },
];
const inGemini = (...functionCalls: unknown[]) => [{ toolCall: { functionCalls } }];
const inPipecat = (data: unknown, type = "llm-function-call") => [{ label: "rtvi-ai", type, data }];

/** Calls that are written oddly and can be answered all the same: at once, because they cannot be handled, or at the deadline. */
const ODD: Readonly<
  Record<string, readonly (readonly [string, object[], { id?: unknown; by: "refusal" | "deadline" }])[]>
> = {
  OpenAI: [
    ["a number as its id", inOpenAI({ call_id: 7 }), { id: "7", by: "deadline" }],
    ["a number as its response's id", inOpenAI({ call_id: "c1" }, 5), { id: "c1", by: "deadline" }],
    ["a number as its name", inOpenAI({ call_id: "c1", name: 5 }), { id: "c1", by: "refusal" }],
    ["an endless name", inOpenAI({ call_id: "c1", name: "f".repeat(1_000) }), { id: "c1", by: "refusal" }],
    [
      "endless arguments",
      inOpenAI({ call_id: "c1", arguments: `"${"x".repeat(2 ** 20)}"` }),
      { id: "c1", by: "refusal" },
    ],
    ["a number as its status", inOpenAI({ call_id: "c1", status: 5 }), { id: "c1", by: "deadline" }],
    [
      "no item to belong to",
      [{ type: "response.function_call_arguments.done", response_id: "r1", call_id: "c1", name: "f", arguments: "{}" }],
      { id: "c1", by: "deadline" },
    ],
  ],
  Gemini: [
    ["a number as its id", inGemini({ id: 7, name: "f" }), { id: undefined, by: "deadline" }],
    [
      "a place among the parts of the model's turn",
      [{ serverContent: { modelTurn: { parts: [{ functionCall: { id: "c1", name: "f", args: {} } }] } } }],
      { id: "c1", by: "deadline" },
    ],
    [
      "two places in one message",
      [
        {
          serverContent: { modelTurn: { parts: [{ functionCall: { name: "f" } }] } },
          toolCall: { functionCalls: [{ id: "c1", name: "f" }] },
        },
      ],
      { id: "c1", by: "deadline" },
    ],
  ],
  "a Pipecat bot of the old protocol": [
    ["a number as its id", inPipecat({ function_name: "f", tool_call_id: 7, args: {} }), { id: 7, by: "deadline" }],
    ["no id", inPipecat({ function_name: "f", args: {} }), { by: "deadline" }],
    ["no data", inPipecat(undefined), { by: "deadline" }],
  ],
};

describe.each(Object.keys(SERVICES))("function calls of %s that are written oddly", (name) => {
  const write = (messages: readonly object[]) => {
    if (name.includes("Pipecat")) for (const message of messages) FakeWebSocket.last.message(bot.message(message));
    else receive(...messages);
  };
  const pendingIn = ({ transport }: { readonly transport: VoiceTransport }) =>
    transport.actor.getSnapshot().children.turns?.getSnapshot().hasTag("tools.pending");

  it.each(ODD[name]!)("are answered once, and the app hears once: %s", async (_what, messages, { id, by }) => {
    const rig = await ready(name);
    write(messages);
    await turn();
    expect(rig.answers()).toHaveLength(by === "refusal" ? 1 : 0);
    rig.clock.advance(TIMEOUT);
    await turn();
    expect(rig.answers()).toMatchObject([{ id, error: expect.any(String) as string }]);
    expect(rig.errors).toHaveLength(1);
    expect(pendingIn(rig)).toBe(false);
  });

  it("are answered, however many", async () => {
    const rig = await ready(name);
    const ids = Array.from({ length: 300 }, (_, index) => `c${index}`);
    if (name === "Gemini") write(inGemini(...ids.map((id) => ({ id, name: "f" }))));
    else if (name === "OpenAI") write(ids.flatMap((call_id) => inOpenAI({ call_id }).slice(0, 2)));
    else write(ids.flatMap((tool_call_id) => inPipecat({ function_name: "f", tool_call_id })));
    await turn();
    rig.clock.advance(TIMEOUT);
    await turn();
    expect(
      rig
        .answers()
        .map(({ id }) => String(id))
        .toSorted(),
    ).toEqual(ids.toSorted());
    expect(pendingIn(rig)).toBe(false);
  });
});

describe("function calls: what cannot be answered is reported", () => {
  it.each([
    ["OpenAI", inOpenAI({}), "call_id"],
    ["Gemini", [{ toolCall: {} }], "without a call that can be read"],
    ["Gemini", inGemini("f"), "without a call that can be read"],
    ["Gemini", [{ toolCall: { functionCall: { name: "f" } } }], "without a call that can be read"],
  ])("of %s: %j", async (name, messages, said) => {
    const rig = await ready(name);
    receive(...messages);
    await turn();
    expect(rig.errors).toMatchObject([{ error: text(new RegExp(said)), code: "protocol-error" }]);
    expect(rig.answers()).toEqual([]);
  });

  it("a handler of a Pipecat bot's call whose id is a number fails at once", async () => {
    const rig = await ready("a Pipecat bot of the old protocol");
    rig.client.registerFunctionCallHandler("f", () => {
      throw new Error("no such city");
    });
    const data = { function_name: "f", tool_call_id: 7, arguments: {} };
    FakeWebSocket.last.message(bot.message(inPipecat(data, "llm-function-call-in-progress")[0]));
    await turn();
    expect(rig.answers()).toMatchObject([{ id: 7, error: NO_RESULT }]);
    expect(rig.errors).toMatchObject([{ error: text("no such city") }]);
  });
});

describe("function calls: what is not the handler's", () => {
  it("a callback that throws changes nothing: the call goes on waiting for its handler", async () => {
    const rig = await ready("OpenAI");
    rig.client.on(RTVIEvent.LLMFunctionCallInProgress, () => {
      throw new Error("not of the handler");
    });
    rig.client.registerFunctionCallHandler("f", async () => {
      await turn();
      return "sunny";
    });
    rig.call("c1", "f");
    await turn();
    await turn();
    expect(rig.answers()).toMatchObject([{ id: "c1", result: "sunny" }]);
    expect(rig.errors).toEqual([]);
  });

  it("a raw answer asks for nothing: the app asks for the reply itself", async () => {
    const rig = await ready("OpenAI");
    rig.call("c1", "f");
    const raw = rig.raw!("c1", "sunny");
    rig.transport.sendMessage(new RTVIMessage("client-message", { t: "raw", d: raw }));
    expect(rig.goesOn()).toBe(false);
  });

  it("a Pipecat bot of the current protocol sees to its calls itself", async () => {
    const rig = await ready("a Pipecat bot of the old protocol");
    const data = { function_name: "f", tool_call_id: "c1", arguments: {} };
    FakeWebSocket.last.message(bot.rtvi("llm-function-call-in-progress", data));
    await turn();
    rig.clock.advance(10 * TIMEOUT);
    await turn();
    expect([rig.answers(), rig.errors]).toEqual([[], []]);
  });
});
