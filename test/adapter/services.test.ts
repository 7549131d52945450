import { BotNotReadyError, LogLevel, MessageTooLargeError, PipecatClient, RTVIMessage } from "@pipecat-ai/client-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ConnectionAbortedError, ConnectionLostError, InvalidOptionsError, ProtocolError } from "../../src/errors.js";
import type { Logger } from "../../src/log.js";
import {
  LLMHelper,
  RequestRejectedError,
  RequestTimeoutError,
  RTVIClientHelper,
  RTVIServices,
  type RTVIServicesOptions,
} from "../../src/services/index.js";
import { OpenAIRealTimeWebSocketTransport } from "../../src/providers/openai/index.js";
import { ScriptedMediaManager } from "../../src/testing/index.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../packages/testkit/src/scripted/fake-web-socket.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";
import { ServicesServer } from "../../packages/testkit/src/worlds/services-server.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";

const open: PipecatClient[] = [];

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(open.splice(0).map((client) => client.disconnect()));
});

async function start(options: RTVIServicesOptions = {}) {
  const transport = new ServicesServer({ logger: silent, random: () => 0 });
  const messageErrors: RTVIMessage[] = [];
  const client = new PipecatClient({
    transport,
    callbacks: { onMessageError: (message) => messageErrors.push(message) },
  });
  client.setLogLevel(LogLevel.NONE);
  const services = new RTVIServices(client, { logger: silent, ...options });
  await client.connect();
  open.push(client);
  const said = () => transport.sent.map(({ label, type, data }) => ({ label, type, data }));
  return { transport, client, services, messageErrors, said };
}

const CONFIG = [
  { service: "tts", options: [{ name: "voice", value: "a" }] },
  { service: "llm", options: [{ name: "model", value: "m" }] },
];

const config = () => ({ type: "config", data: { config: CONFIG } });

describe("RTVIServices", () => {
  it("sends what client-js 0.3 sent, byte for byte, and resolves to what it resolved to", async () => {
    const { transport, services, said } = await start();
    transport.answers = ({ type }) => {
      if (type === "describe-config") return { type: "config-available", data: { config: [] } };
      if (type === "describe-actions") return { type: "actions-available", data: { actions: [] } };
      if (type === "action") return { type: "action-response", data: { result: true } };
      return config();
    };
    expect(await services.getConfig()).toEqual(CONFIG);
    expect((await services.updateConfig(CONFIG, true)).data.config).toEqual(CONFIG);
    expect((await services.describeConfig()).data).toEqual({ config: [] });
    expect((await services.describeActions()).data).toEqual({ actions: [] });
    const say = { service: "tts", action: "say", arguments: [{ name: "text", value: "hi" }] };
    expect(await services.action(say)).toMatchObject({ label: "rtvi-ai", data: { result: true } });
    const label = "rtvi-ai";
    expect(said()).toEqual([
      { label, type: "get-config", data: {} },
      { label, type: "update-config", data: { config: CONFIG, interrupt: true } },
      { label, type: "describe-config", data: {} },
      { label, type: "describe-actions", data: {} },
      { label, type: "action", data: say },
    ]);
  });

  it("tells answers apart by id, in whatever order they come", async () => {
    const { transport, services } = await start();
    const act = (action: string) => services.action({ service: "llm", action });
    const results = Promise.all([act("one"), act("two"), act("three")]);
    for (const { id, data } of [...transport.sent].reverse()) {
      transport.says("action-response", { result: (data as { action: string }).action }, id);
      transport.says("action-response", { result: "twice" }, id);
    }
    transport.says("action-response", { result: "nobody asked" }, "ffffffff");
    expect((await results).map(({ data }) => data.result)).toEqual(["one", "two", "three"]);
  });

  it("does not take another type for the answer, and refuses one that it cannot read", async () => {
    const { transport, services } = await start();
    const asked = services.getConfig();
    const { id } = transport.sent[0]!;
    transport.says("action-response", { result: 1 }, id);
    transport.says("config", { config: [{ service: "tts" }] }, id);
    await expect(asked).rejects.toThrow(ProtocolError);
    const acted = services.action({ service: "llm", action: "run" });
    transport.says("action-response", undefined, transport.sent[1]!.id);
    await expect(acted).rejects.toThrow(ProtocolError);
  });

  it("rejects with the server's words, and client-js says them, too", async () => {
    const { transport, services, messageErrors } = await start();
    transport.answers = () => ({ type: "error-response", data: { error: "Action tts:sing not registered" } });
    const asked = services.action({ service: "tts", action: "sing" });
    await expect(asked).rejects.toThrow("Action tts:sing not registered");
    await expect(asked).rejects.toBeInstanceOf(RequestRejectedError);
    expect(messageErrors).toMatchObject([{ data: { error: "Action tts:sing not registered" } }]);
  });

  it("rejects when the answer does not come in time, which client-js 0.3 never did", async () => {
    const { services, transport } = await start({ timeout: 2_000 });
    vi.useFakeTimers();
    const asked = services.getConfig();
    const outcome = expect(asked).rejects.toThrow(RequestTimeoutError);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await outcome;
    transport.says("config", { config: [] }, transport.sent[0]!.id);
    transport.answers = config;
    await services.getConfig();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects what waits when the session ends, or is mended: the new bot knows nothing of it", async () => {
    const { client, transport, services } = await start();
    const asked = services.getConfig();
    const outcome = expect(asked).rejects.toThrow(ConnectionLostError);
    transport.service.dropped();
    await outcome;
    await vi.waitFor(() => {
      expect(client.state).toBe("ready");
    });
    const again = services.describeActions();
    const aborted = expect(again).rejects.toThrow(ConnectionAbortedError);
    await client.disconnect();
    await aborted;
    await expect(services.getConfig()).rejects.toThrow(BotNotReadyError);
    await expect(services.action({ service: "llm", action: "run" })).rejects.toThrow(BotNotReadyError);
    expect(() => {
      services.sendMessage(new RTVIMessage("anything", {}));
    }).toThrow(BotNotReadyError);
  });

  it("rejects when the transport throws, and when the message is too large for it", async () => {
    const { transport, services } = await start();
    transport.answers = () => {
      throw new Error("no way out");
    };
    await expect(services.getConfig()).rejects.toThrow("no way out");
    const value = "x".repeat(transport.maxMessageSize);
    await expect(
      services.action({ service: "tts", action: "say", arguments: [{ name: "text", value }] }),
    ).rejects.toThrow(MessageTooLargeError);
  });

  it("bounds the requests that wait, and the timeout", async () => {
    const { client, services } = await start();
    const asked = Array.from({ length: 257 }, () => services.getConfig());
    const settled = Promise.allSettled(asked);
    await expect(asked[256]).rejects.toThrow("256");
    services.close();
    expect((await settled).every(({ status }) => status === "rejected")).toBe(true);
    for (const timeout of [0, -1, Number.NaN, Infinity]) {
      expect(() => new RTVIServices(client, { timeout })).toThrow(InvalidOptionsError);
    }
  });

  it("sends nothing that JSON cannot hold, and says so", async () => {
    const { services, said } = await start();
    const circle: unknown[] = [];
    circle.push(circle);
    for (const value of [circle, 1n]) {
      const asked = services.updateConfig([{ service: "llm", options: [{ name: "tools", value }] }]);
      await expect(asked).rejects.toThrow('The message "update-config" cannot be written as JSON.');
      await expect(asked).rejects.toThrow(InvalidOptionsError);
    }
    expect(said()).toEqual([]);
  });

  it("asks nothing once it is closed: nobody would see the answer", async () => {
    const { services, said } = await start();
    services.close();
    await expect(services.getConfig()).rejects.toThrow(ConnectionAbortedError);
    expect(said()).toEqual([]);
  });

  it("keeps no message from the client, although callback and logger throw", async () => {
    const throws = (): never => JSON.parse("{") as never;
    const { transport, client } = await start({
      callbacks: { onConfig: throws },
      logger: { ...silent, error: throws },
    });
    const ready = vi.fn();
    client.on("botReady", ready);
    transport.says("bot-ready", { version: "1.0.0", config: CONFIG });
    expect(ready).toHaveBeenCalledTimes(1);
  });

  it("hands out the standard events that client-js lost: config and generic-message", async () => {
    const onConfig = vi.fn();
    const onGenericMessage = vi.fn(() => {
      throw new Error("app");
    });
    const onConfigDescribe = vi.fn();
    const onActionsAvailable = vi.fn();
    const callbacks = { onConfig, onGenericMessage, onConfigDescribe, onActionsAvailable };
    const { transport, client } = await start({ callbacks });
    const transcripts = vi.fn();
    client.on("userTranscript", transcripts);
    transport.says("config", { config: CONFIG });
    transport.says("bot-ready", { version: "0.3.0", config: CONFIG });
    transport.says("config", { config: "broken" });
    transport.says("config-available", { config: [] });
    transport.says("actions-available", { actions: [] });
    transport.says("system-log", { text: "hm" });
    transport.says("user-transcription", { text: "hi", final: true });
    expect(onConfig.mock.calls).toEqual([[CONFIG], [CONFIG]]);
    expect(onConfigDescribe).toHaveBeenCalledWith({ config: [] });
    expect(onActionsAvailable).toHaveBeenCalledWith({ actions: [] });
    expect(onGenericMessage).toHaveBeenCalledTimes(1);
    expect(onGenericMessage).toHaveBeenCalledWith({ text: "hm" }, expect.objectContaining({ type: "system-log" }));
    expect(transcripts).toHaveBeenCalledTimes(1);
  });

  it("lets go of the client: also when somebody else listens in after it", async () => {
    const onConfig = vi.fn();
    const { transport, client, services } = await start({ callbacks: { onConfig } });
    const later = new RTVIServices(client, { logger: silent });
    services.close();
    transport.says("config", { config: [] });
    expect(onConfig).not.toHaveBeenCalled();
    transport.answers = config;
    expect(await later.getConfig()).toEqual(CONFIG);
    later.close();
    const ready = vi.fn();
    client.on("botReady", ready);
    transport.says("bot-ready", { version: "1.0.0" });
    expect(ready).toHaveBeenCalledTimes(1);
  });
});

describe("RTVIServices: a direct transport in an outage", () => {
  it("is asked once: what waits for the connection is answered, and not told to be lost before", async () => {
    const key = canary();
    const transport = new OpenAIRealTimeWebSocketTransport({ api_key: key }, new ScriptedMediaManager(), {
      WebSocket: FakeWebSocketConstructor,
      logger: silent,
      reconnect: { base: 1, cap: 1 },
    });
    const client = new PipecatClient({ transport });
    client.setLogLevel(LogLevel.NONE);
    // Shorter than the outage: it is for servers that may not answer.
    const services = new RTVIServices(client, { timeout: 1, logger: silent });
    const opened = async (count: number) => {
      await vi.waitFor(() => {
        expect(FakeWebSocket.all.length).toBeGreaterThanOrEqual(count);
      });
      FakeWebSocket.last.open();
      await vi.waitFor(() => {
        expect(client.state).toBe("connected");
      });
      return FakeWebSocket.last;
    };
    const greet = (socket: FakeWebSocket) => {
      for (const type of ["session.created", "session.updated"]) {
        socket.message(JSON.stringify({ type, session: { type: "realtime" } }));
      }
    };
    const before = FakeWebSocket.all.length;
    const connecting = client.connect();
    greet(await opened(before + 1));
    await connecting;
    FakeWebSocket.last.drop(1006);
    await vi.waitFor(() => {
      expect(client.state).toBe("connecting");
    });
    const settled = vi.fn();
    const said = services.action({ service: "tts", action: "say", arguments: [{ name: "text", value: "Ahoy" }] });
    said.then(settled, settled);
    const second = await opened(before + 2);
    // Lost again, before it could be said.
    second.drop(1006);
    const third = await opened(before + 3);
    expect(settled).not.toHaveBeenCalled();
    greet(third);
    expect((await said).data).toEqual({ result: true });
    expect([...second.sent, ...third.sent].filter((text) => String(text).includes("Ahoy"))).toHaveLength(1);
    const gone = client.disconnect();
    third.drop(1000);
    await gone;
  });
});

describe("the configuration helpers", () => {
  it("read a configuration, given or in force", async () => {
    const { transport, services } = await start();
    transport.answers = config;
    expect(await services.getServiceOptionsFromConfig("tts")).toEqual(CONFIG[0]);
    expect(await services.getServiceOptionValueFromConfig("llm", "model")).toBe("m");
    expect(await services.getServiceOptionValueFromConfig("llm", "tempo")).toBeUndefined();
    expect(await services.getServiceOptionsFromConfig("stt", CONFIG)).toBeUndefined();
    expect(transport.sent).toHaveLength(3);
  });

  it("change a copy, and know no service that is not there", async () => {
    const { services } = await start();
    const before = structuredClone(CONFIG);
    expect(await services.setServiceOptionInConfig("tts", { name: "voice", value: "b" }, CONFIG)).toEqual([
      { service: "tts", options: [{ name: "voice", value: "b" }] },
      CONFIG[1],
    ]);
    expect(await services.setServiceOptionInConfig("stt", { name: "model", value: "b" }, CONFIG)).toEqual(CONFIG);
    const both = await services.setConfigOptions(
      [
        { service: "llm", options: [{ name: "tempo", value: 2 }] },
        { service: "tts", options: [{ name: "voice", value: "c" }] },
      ],
      CONFIG,
    );
    expect(both[0]?.options).toEqual([{ name: "voice", value: "c" }]);
    expect(both[1]?.options).toEqual([
      { name: "model", value: "m" },
      { name: "tempo", value: 2 },
    ]);
    expect(CONFIG).toEqual(before);
  });
});

class Listener extends RTVIClientHelper {
  readonly heard: unknown[] = [];
  getMessageTypes(): string[] {
    return ["storage-item-stored"];
  }
  handleMessage({ data }: RTVIMessage): void {
    this.heard.push(data);
    throw new Error("helper");
  }
  useTooEarly(): string {
    return this._service;
  }
}

/** Names what the callbacks of the services are told, too. */
class ConfigListener extends Listener {
  override getMessageTypes(): string[] {
    return ["config", "config-available", "actions-available", "bot-ready"];
  }
}

describe("helpers", () => {
  it("get the messages that they name, and nobody else does", async () => {
    const onGenericMessage = vi.fn();
    const { transport, services } = await start({ callbacks: { onGenericMessage } });
    const helper = new Listener();
    expect(() => helper.useTooEarly()).toThrow("registerHelper");
    expect(services.registerHelper("storage", helper)).toBe(helper);
    transport.says("storage-item-stored", { items: 1 });
    expect(helper.heard).toEqual([{ items: 1 }]);
    expect(onGenericMessage).not.toHaveBeenCalled();
    expect(services.getHelper("storage")).toBe(helper);
    expect(services.getHelper("storage", Listener)).toBe(helper);
    expect(services.getHelper("storage", LLMHelper)).toBeUndefined();
    expect(() => services.registerHelper("storage", new Listener())).toThrow(InvalidOptionsError);
    services.unregisterHelper("storage");
    services.unregisterHelper("storage");
    transport.says("storage-item-stored", { items: 2 });
    expect(helper.heard).toHaveLength(1);
    expect(onGenericMessage).toHaveBeenCalledTimes(1);
    expect(() => services.registerHelper("other", JSON.parse("{}") as Listener)).toThrow(InvalidOptionsError);
  });

  it("get the messages that they name, also where a callback is told of them", async () => {
    const onConfig = vi.fn();
    const { transport, services } = await start({ callbacks: { onConfig } });
    const helper = services.registerHelper("config", new ConfigListener());
    for (const type of helper.getMessageTypes()) transport.says(type, { config: CONFIG });
    expect(helper.heard).toHaveLength(4);
    expect(onConfig).toHaveBeenCalledTimes(2);
  });
});

async function withHelper(callbacks = {}, logger: Logger = silent) {
  const started = await start({ logger });
  const helper = started.services.registerHelper("llm", new LLMHelper({ callbacks }));
  return { ...started, helper };
}

describe("LLMHelper", () => {
  it("acts on the context in the messages of 0.3", async () => {
    const { transport, helper, said } = await withHelper();
    const messages = [{ role: "user", content: "yo" }];
    let result: unknown = true;
    transport.answers = () => ({ type: "action-response", data: { result } });
    expect(await helper.appendToMessages(messages[0]!, true)).toBe(true);
    expect(await helper.setContext({ messages: [] }, true)).toBe(true);
    await helper.run(true);
    result = { messages: [...messages, "broken"], tools: [] };
    expect(await helper.getContext()).toEqual({ messages, tools: [] });
    result = messages;
    expect(await helper.getContext()).toEqual({ messages });
    result = null;
    expect(await helper.getContext()).toEqual({});
    const argumentsOf = (index: number) => said()[index]?.data;
    expect(argumentsOf(0)).toEqual({
      service: "llm",
      action: "append_to_messages",
      arguments: [
        { name: "messages", value: messages },
        { name: "run_immediately", value: true },
      ],
    });
    expect(argumentsOf(1)).toEqual({
      service: "llm",
      action: "set_context",
      arguments: [
        { name: "messages", value: [] },
        { name: "interrupt", value: true },
      ],
    });
    expect(argumentsOf(2)).toEqual({ service: "llm", action: "run", arguments: [{ name: "interrupt", value: true }] });
    expect(argumentsOf(3)).toEqual({ service: "llm", action: "get_context" });
  });

  it("refuses outside a session, and run() does nothing there", async () => {
    const { client, helper, said } = await withHelper();
    await client.disconnect();
    await expect(helper.getContext()).rejects.toThrow(BotNotReadyError);
    await expect(helper.setContext({ messages: [] })).rejects.toThrow(BotNotReadyError);
    await expect(helper.appendToMessages({ role: "user", content: "" })).rejects.toThrow(BotNotReadyError);
    expect(await helper.run()).toBeUndefined();
    expect(said()).toEqual([]);
  });

  it.each([
    ["llm-function-call", "args"],
    ["llm-function-call-in-progress", "arguments"],
  ])("runs the function of %s once, and sends its result, falsy ones too", async (type, key) => {
    const onLLMFunctionCall = vi.fn();
    const { transport, helper, said } = await withHelper({ onLLMFunctionCall });
    const run = vi.fn(() => Promise.resolve<unknown>(0));
    helper.handleFunctionCall(run);
    const call = { function_name: "f", tool_call_id: "call_1", [key]: { a: 1 } };
    transport.says(type, call);
    transport.says(type, call);
    await vi.waitFor(() => {
      expect(said()).toHaveLength(1);
    });
    expect(run.mock.calls).toEqual([[{ functionName: "f", arguments: { a: 1 } }]]);
    expect(onLLMFunctionCall).toHaveBeenCalledTimes(1);
    expect(said()[0]).toEqual({
      label: "rtvi-ai",
      type: "llm-function-call-result",
      data: { function_name: "f", tool_call_id: "call_1", arguments: { a: 1 }, result: 0 },
    });
    run.mockResolvedValue(undefined);
    transport.says(type, { function_name: "f", tool_call_id: "call_2" });
    await vi.waitFor(() => {
      expect(said()[1]?.data).toMatchObject({ arguments: {}, result: null });
    });
  });

  it("never leaves the model waiting: a function that fails, or says too much, is an error to it", async () => {
    const error = vi.fn();
    const { transport, helper, said, client, services } = await withHelper({}, { ...silent, error });
    helper.handleFunctionCall(() => Promise.reject(new Error("out of order")));
    transport.says("llm-function-call", { function_name: "f", tool_call_id: "call_1", args: {} });
    await vi.waitFor(() => {
      expect(said()[0]?.data).toMatchObject({ result: { error: "out of order" } });
    });
    expect(error).not.toHaveBeenCalled();
    helper.handleFunctionCall(() => Promise.resolve("x".repeat(transport.maxMessageSize)));
    transport.says("llm-function-call", { function_name: "f", tool_call_id: "call_2", args: {} });
    await vi.waitFor(() => {
      expect(said()[1]?.data).toMatchObject({ result: { error: expect.stringContaining("larger") as string } });
      expect(error).toHaveBeenCalledTimes(1);
    });
    let finish: (value: string) => void = () => undefined;
    helper.handleFunctionCall(() => new Promise((resolve) => (finish = resolve)));
    transport.says("llm-function-call", { function_name: "f", tool_call_id: "call_3", args: {} });
    await vi.waitFor(() => {
      expect(finish).toHaveLength(1);
    });
    transport.service.dropped();
    await vi.waitFor(() => {
      expect(client.state).not.toBe("ready");
    });
    finish("sunny");
    await vi.waitFor(() => {
      expect(said()[2]?.data).toMatchObject({ tool_call_id: "call_3", result: "sunny" });
      expect(client.state).toBe("ready");
    });
    transport.says("llm-function-call", { function_name: "f", tool_call_id: "call_4", args: {} });
    await client.disconnect();
    finish("too late");
    await Promise.resolve();
    expect(said()).toHaveLength(3);
    const result = new RTVIMessage("llm-function-call-result", { tool_call_id: "call_4", result: 1 });
    expect(() => services.sendMessage(result)).toThrow(BotNotReadyError);
    expect(error).toHaveBeenCalledTimes(1);
  });

  const circle: Record<string, unknown> = {};
  circle.self = circle;

  it.each([
    ["a circle", circle],
    ["a bigint", 1n],
    ["a function", () => 1],
    ["a getter that throws", Object.defineProperty({}, "a", { enumerable: true, get: () => JSON.parse("{") as never })],
  ])("never leaves the model waiting: a result that JSON cannot hold is an error to it: %s", async (_name, result) => {
    const error = vi.fn();
    const { transport, helper, said, messageErrors } = await withHelper({}, { ...silent, error });
    helper.handleFunctionCall(() => Promise.resolve(result));
    transport.says("llm-function-call", { function_name: "f", tool_call_id: "call_1", args: {} });
    await vi.waitFor(() => {
      expect(said()).toMatchObject([
        { data: { tool_call_id: "call_1", result: { error: expect.stringContaining("JSON") as string } } },
      ]);
      expect(error).toHaveBeenCalledTimes(1);
    });
    expect(messageErrors).toEqual([]);
  });

  it.each([
    ["an object without a prototype", Object.create(null), "failed"],
    ["an object with words", { message: "quota" }, "quota"],
    ["nothing", undefined, "undefined"],
  ])("never leaves the model waiting: a function may throw what is no error: %s", async (_name, thrown, words) => {
    const { transport, helper, said } = await withHelper();
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- apps do
    helper.handleFunctionCall(() => Promise.reject(thrown));
    transport.says("llm-function-call", { function_name: "f", tool_call_id: "call_1", args: {} });
    await vi.waitFor(() => {
      expect(said()).toMatchObject([{ data: { result: { error: expect.stringContaining(words) as string } } }]);
    });
  });

  it.each([
    ["that are numbers", { tool_call_id: 7 }],
    ["that are not there, as of old bots", {}],
  ])("runs functions of calls with ids %s, and answers under the id that was given", async (_ids, id) => {
    const onLLMFunctionCall = vi.fn();
    const { transport, helper, said } = await withHelper({ onLLMFunctionCall });
    helper.handleFunctionCall(() => Promise.resolve(1));
    transport.says("llm-function-call", { function_name: "f", ...id, args: {} });
    await vi.waitFor(() => {
      expect(said().map(({ data }) => data)).toEqual([{ function_name: "f", ...id, arguments: {}, result: 1 }]);
    });
    expect(onLLMFunctionCall).toHaveBeenCalledTimes(1);
  });

  it("runs a call of a new bot that has the id of one of the bot before", async () => {
    const { transport, helper, said } = await withHelper();
    helper.handleFunctionCall(() => Promise.resolve(1));
    const call = { function_name: "f", tool_call_id: "1", args: {} };
    transport.says("llm-function-call", call);
    transport.says("llm-function-call", call);
    transport.says("bot-ready", { version: "0.3.0" });
    transport.says("llm-function-call", call);
    await vi.waitFor(() => {
      expect(said()).toHaveLength(2);
    });
  });

  it("runs a function whose announcement the app rejects, and logs that", async () => {
    const error = vi.fn();
    const rejects = (): void => Promise.reject(new Error("app")) as never;
    const callbacks = { onLLMFunctionCall: rejects, onLLMFunctionCallStart: rejects, onLLMJsonCompletion: rejects };
    const { transport, helper, said } = await withHelper(callbacks, { ...silent, error });
    helper.handleFunctionCall(() => Promise.resolve(1));
    transport.says("llm-function-call-start", { function_name: "f" });
    transport.says("llm-json-completion", "{}");
    transport.says("llm-function-call", { function_name: "f", tool_call_id: "call_1", args: {} });
    await vi.waitFor(() => {
      expect(said()).toMatchObject([{ data: { result: 1 } }]);
      expect(error.mock.calls.map(([what]: unknown[]) => what)).toEqual(Array(3).fill('The helper of "llm" rejected'));
    });
  });

  it("tells the app, and bears messages that make no sense", async () => {
    const onLLMFunctionCallStart = vi.fn();
    const onLLMJsonCompletion = vi.fn();
    const { transport, said } = await withHelper({ onLLMFunctionCallStart, onLLMJsonCompletion });
    transport.says("llm-function-call-start", { function_name: "f" });
    transport.says("llm-function-call-started", { function_name: "g" });
    transport.says("llm-json-completion", "{}");
    for (const data of [undefined, null, 1, {}, { function_name: 1 }, { function_name: "f" }]) {
      transport.says("llm-function-call", data);
      transport.says("llm-function-call-start", data);
      transport.says("llm-json-completion", data);
    }
    expect(onLLMFunctionCallStart.mock.calls).toEqual([["f"], ["g"], ["f"]]);
    expect(onLLMJsonCompletion.mock.calls).toEqual([["{}"]]);
    expect(said()).toEqual([]);
  });
});
