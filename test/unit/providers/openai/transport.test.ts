import { MessageTooLargeError, RTVIMessage, TransportWrapper, UnsupportedFeatureError } from "@pipecat-ai/client-js";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  AuthenticationError,
  ConnectionFailedError,
  InvalidOptionsError,
  NotReadyError,
} from "../../../../src/errors.js";
import { OpenAIRealTimeWebSocketTransport } from "../../../../src/providers/openai/index.js";
import type { OpenAIServiceOptions } from "../../../../src/providers/openai/index.js";
import { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { pcm, played, server } from "../../../../packages/testkit/src/messages/openai.js";
import { canary, textOf, traceOfSecrets } from "../../../../packages/testkit/src/secrets/secrets.js";

const KEY = canary("ek_");
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

function build(service: OpenAIServiceOptions = {}) {
  const manager = new ScriptedMediaManager();
  const told: RTVIMessage[] = [];
  const states: string[] = [];
  const errors: RTVIMessage[] = [];
  const logged: unknown[][] = [];
  const log = (...line: unknown[]) => void logged.push(line);
  const logger = { debug: log, info: log, warn: log, error: log };
  const transport = new OpenAIRealTimeWebSocketTransport({ api_key: KEY, ...service }, manager, {
    WebSocket: FakeWebSocketConstructor,
    reconnect: { base: 1, cap: 1 },
    logger,
  });
  const options = {
    transport,
    callbacks: {
      onTransportStateChanged: (state: string) => void states.push(state),
      onError: (message: RTVIMessage) => void errors.push(message),
    },
  };
  transport.initialize(options, (message) => void told.push(message));
  const events = () => FakeWebSocket.last.sent.map((text) => JSON.parse(String(text)) as Record<string, unknown>);
  return { transport, manager, told, states, errors, logged, events, types: () => told.map(({ type }) => type) };
}

const receive = (...events: object[]) => {
  for (const event of events) FakeWebSocket.last.message(JSON.stringify(event));
};
const greet = () => {
  receive({ type: "session.created", session: { type: "realtime", id: "sess_1", expires_at: 1234 } });
  receive({ type: "session.updated", session: { type: "realtime", id: "sess_1", expires_at: 1234 } });
};

async function connected(service: OpenAIServiceOptions = {}, params?: unknown) {
  const rig = build(service);
  const connecting = rig.transport.connect(params);
  await vi.waitFor(() => {
    expect(FakeWebSocket.all.length).toBeGreaterThan(0);
  });
  FakeWebSocket.last.open();
  await connecting;
  return rig;
}

async function ready(service: OpenAIServiceOptions = {}, params?: unknown) {
  const rig = await connected(service, params);
  const announced = rig.transport.sendReadyMessage();
  greet();
  await announced;
  return rig;
}

async function hangUp({ transport }: { transport: OpenAIRealTimeWebSocketTransport }) {
  const socket = FakeWebSocket.last;
  const gone = transport.disconnect();
  if (socket.readyState < 3) socket.drop(1000, "", true);
  await gone;
}

beforeEach(() => {
  FakeWebSocket.all.length = 0;
});

describe("connecting", () => {
  it("dials with the key in a subprotocol, and is ready when the session is configured", async () => {
    const rig = await ready({ model: "gpt-realtime-2", session_config: { voice: "marin" } });
    const { url, protocols } = FakeWebSocket.last;
    expect(url).toBe("wss://api.openai.com/v1/realtime?model=gpt-realtime-2");
    expect(protocols).toEqual(["realtime", `openai-insecure-api-key.${KEY}`]);
    expect(rig.states).toEqual(["connecting", "connected", "ready"]);
    expect(rig.events()[0]).toMatchObject({
      type: "session.update",
      session: { type: "realtime", audio: { output: { voice: "marin" } } },
    });
    expect(rig.told.at(-1)).toMatchObject({ type: "bot-ready", data: { version: "2.1.0" } });
    expect(rig.transport.expiry).toBe(1234);
    await hangUp(rig);
    expect(rig.transport.expiry).toBeUndefined();
    expect(rig.states.slice(-2)).toEqual(["disconnecting", "disconnected"]);
  });

  it.each([
    ["records at 16 kHz", { inputSampleRate: 16_000 }],
    ["plays at 48 kHz", { outputSampleRate: 48_000 }],
  ])(
    "is refused with a manager that %s: the service would hear, or be heard, at another speed",
    async (_what, rates) => {
      const { transport, manager } = build();
      Object.assign(manager, rates);
      await expect(transport.connect()).rejects.toThrow(InvalidOptionsError);
      await expect(transport.connect()).rejects.toThrow(/24000 Hz, but the media manager .*(16000|48000) Hz/);
      expect(FakeWebSocket.all).toEqual([]);
      Object.assign(manager, { inputSampleRate: undefined, outputSampleRate: undefined });
      const connecting = transport.connect();
      await vi.waitFor(() => {
        expect(FakeWebSocket.all).toHaveLength(1);
      });
      FakeWebSocket.last.open();
      await connecting;
      await transport.disconnect();
    },
  );

  it("understands a service that speaks in the very moment of opening", async () => {
    const rig = build();
    const connecting = rig.transport.connect();
    await vi.waitFor(() => {
      expect(FakeWebSocket.all).toHaveLength(1);
    });
    FakeWebSocket.last.open();
    greet();
    await connecting;
    await rig.transport.sendReadyMessage();
    expect(rig.types()).toContain("bot-ready");
    await hangUp(rig);
  });

  it.each([
    ["GA", { value: "ek_params", expires_at: 99_999_999_999, session: { model: "m1" } }],
    ["beta", { client_secret: { value: "ek_params" }, model: "m1" }],
    ["Pipecat's", { api_key: "ek_params", model: "m1" }],
  ])("takes %s connection parameters for one session, and keeps them out of the options", async (_name, params) => {
    const rig = await ready({ model: "m0" }, params);
    expect(FakeWebSocket.last.url).toContain("model=m1");
    expect(FakeWebSocket.last.protocols).toContain("openai-insecure-api-key.ek_params");
    await hangUp(rig);
    const again = rig.transport.connect();
    await vi.waitFor(() => {
      expect(FakeWebSocket.all).toHaveLength(2);
    });
    expect(FakeWebSocket.last.url).toContain("model=m0");
    expect(FakeWebSocket.last.protocols).toContain(`openai-insecure-api-key.${KEY}`);
    FakeWebSocket.last.open();
    await again;
    await hangUp(rig);
  });

  it.each(["disconnected", "error"])("forgets its parameters at `%s`, and not while it reconnects", async (end) => {
    const secret = canary("ek_");
    const rig = await ready({}, { value: secret });
    FakeWebSocket.last.drop(1006);
    await vi.waitFor(() => {
      expect(FakeWebSocket.all).toHaveLength(2);
    });
    expect(FakeWebSocket.last.protocols).toContain(`openai-insecure-api-key.${secret}`);
    FakeWebSocket.last.open();
    if (end === "error") FakeWebSocket.last.drop(4001, "no");
    else await hangUp(rig);
    await vi.waitFor(() => {
      expect(rig.states.at(-1)).toBe(end);
    });
    expect(traceOfSecrets(textOf(Reflect.get(rig.transport, "_params")))).toEqual([]);
  });

  it("refuses parameters of a wrong type at once, naming the key", () => {
    const { transport } = build();
    expect(() => transport._validateConnectionParams({ model: 7 })).toThrow(InvalidOptionsError);
    expect(() => transport.connect({ model: 7 })).toThrow("model");
    expect(transport._validateConnectionParams(null)).toBeNull();
    expect(FakeWebSocket.all).toHaveLength(0);
  });

  it.each([
    ["no key", { api_key: "" }, AuthenticationError, "api_key"],
    ["a key that cannot be one", { api_key: "a b" }, InvalidOptionsError, "api_key"],
    ["a wrong option", { base_url: "nowhere" }, InvalidOptionsError, "base_url"],
  ])("rejects with %s, dials nothing, and can connect afterwards", async (_name, service, ErrorClass, named) => {
    const rig = build(service);
    const error = await rig.transport.connect().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ErrorClass);
    expect((error as Error).message).toContain(named);
    expect(FakeWebSocket.all).toHaveLength(0);
    expect(rig.transport.state).toBe("error");
    const again = rig.transport.connect({ value: KEY, base_url: "ws://127.0.0.1/x" });
    await vi.waitFor(() => {
      expect(FakeWebSocket.all).toHaveLength(1);
    });
    FakeWebSocket.last.open();
    await again;
    await hangUp(rig);
  });

  it("rejects with an option that JSON cannot hold, and dials nothing", async () => {
    const { transport } = build({ session: { x: 5n } });
    await expect(transport.connect()).rejects.toThrow("session cannot be written as JSON");
    expect(FakeWebSocket.all).toHaveLength(0);
    await transport.disconnect();
  });

  it("refuses a change of settings that JSON cannot hold, and keeps nothing of it", async () => {
    const rig = await ready();
    const before = rig.events().length;
    const settings = { audio: { x: 5n } };
    expect(() => rig.transport.updateSettings(settings)).toThrow("settings.audio cannot be written as JSON");
    expect(rig.events()).toHaveLength(before);
    await hangUp(rig);
  });

  it("rejects when the socket closes before it opens", async () => {
    const rig = build();
    const connecting = rig.transport.connect();
    await vi.waitFor(() => {
      expect(FakeWebSocket.all).toHaveLength(1);
    });
    FakeWebSocket.last.drop(1006);
    await expect(connecting).rejects.toBeInstanceOf(ConnectionFailedError);
    expect(FakeWebSocket.last.listenerCount).toBe(0);
  });

  it("closes the socket that dials when disconnect() comes first", async () => {
    const rig = build();
    const connecting = rig.transport.connect();
    const settled = expect(connecting).rejects.toThrow();
    await vi.waitFor(() => {
      expect(FakeWebSocket.all).toHaveLength(1);
    });
    await rig.transport.disconnect();
    await settled;
    expect(FakeWebSocket.last.closeCalls.length).toBeGreaterThan(0);
    FakeWebSocket.last.drop(1006);
    expect(FakeWebSocket.last.listenerCount).toBe(0);
    expect(rig.transport.state).toBe("disconnected");
  });

  it("rejects sendReadyMessage when the service refuses before it is ready", async () => {
    const rig = await connected();
    const announced = rig.transport.sendReadyMessage();
    receive(server.error({ code: "invalid_api_key", message: `Incorrect API key provided: ${KEY}.` }));
    await expect(announced).rejects.toBeInstanceOf(AuthenticationError);
    expect(rig.transport.state).toBe("error");
    expect(rig.errors.at(-1)?.data).toMatchObject({ fatal: true, code: "unauthorized" });
    expect(FakeWebSocket.last.closeCalls.length).toBeGreaterThan(0);
  });

  it("shows the key to nobody", async () => {
    const rig = await ready({ raw_events: true });
    receive(server.error({ code: "x", message: `What about ${KEY}?` }));
    FakeWebSocket.last.drop(4001, `Bad key ${KEY}`);
    await turn();
    const seen = JSON.stringify([rig.told, rig.errors, rig.logged, rig.states, rig.transport.actor.getSnapshot()]);
    expect(seen).toContain("[redacted]");
    expect(seen).not.toContain(KEY);
  });
});

describe("a session", () => {
  it("streams the microphone once it is ready", async () => {
    const rig = await connected();
    const chunk = new Int16Array([1, -2, 3]).buffer;
    rig.transport.handleUserAudioStream(chunk);
    expect(rig.events().map(({ type }) => type)).toEqual(["session.update"]);
    greet();
    rig.transport.handleUserAudioStream(chunk);
    expect(rig.events().at(-1)).toEqual({
      type: "input_audio_buffer.append",
      audio: Buffer.from(chunk).toString("base64"),
    });
    await hangUp(rig);
    rig.transport.handleUserAudioStream(chunk);
  });

  it("drops microphone audio while the network is too slow, and says so once", async () => {
    const rig = await ready();
    const before = FakeWebSocket.last.sent.length;
    FakeWebSocket.last.bufferedAmount = 1_000_000;
    rig.transport.handleUserAudioStream(new ArrayBuffer(960));
    rig.transport.handleUserAudioStream(new ArrayBuffer(960));
    expect(FakeWebSocket.last.sent).toHaveLength(before);
    expect(rig.errors.map(({ data }) => data)).toEqual([expect.objectContaining({ code: "congested", fatal: false })]);
    FakeWebSocket.last.bufferedAmount = 0;
    rig.transport.handleUserAudioStream(new ArrayBuffer(960));
    expect(FakeWebSocket.last.sent).toHaveLength(before + 1);
    await hangUp(rig);
  });

  it("drops microphone audio while the service is closing the socket, and calls that no error", async () => {
    const rig = await ready();
    const before = FakeWebSocket.last.sent.length;
    FakeWebSocket.last.readyState = 2;
    rig.manager.say(new ArrayBuffer(960));
    await turn();
    expect(FakeWebSocket.last.sent).toHaveLength(before);
    expect(rig.errors).toEqual([]);
    await hangUp(rig);
  });

  it("is not waited for where no output works", async () => {
    const rig = await ready();
    const lost = { type: "lost", error: new Error("the context was closed") } as const;
    for (let output = 0; output < 2; output += 1) {
      rig.manager.speaker.report(lost);
      await turn();
    }
    expect(rig.manager.speaker.isOpen).toBe(false);
    receive(server.created(), server.audio(20), server.audio(20), server.audioDone(), server.done());
    expect(rig.transport.actor.getSnapshot().children.turns?.getSnapshot().hasTag("busy")).toBe(false);
    expect(rig.types()).not.toContain("bot-started-speaking");
    await hangUp(rig);
  });

  it("plays the bot, and truncates what a voice cuts by what was heard", async () => {
    const rig = await ready();
    receive(server.created(), server.transcript("Hello."), server.audio(1000));
    expect(rig.manager.speaker.queue).toEqual([{ itemId: "item_a", samples: 24_000 }]);
    rig.manager.speaker.report({ type: "began", item: played("item_a", 0, 1000) });
    rig.manager.speaker.report({ type: "progress", item: played("item_a", 250, 1000) });
    expect(rig.types()).toContain("bot-started-speaking");
    receive(server.started);
    expect(rig.manager.speaker.queue).toEqual([]);
    await turn();
    expect(rig.events().at(-1)).toMatchObject({
      type: "conversation.item.truncate",
      item_id: "item_a",
      content_index: 0,
      audio_end_ms: 250,
    });
    expect(rig.types().filter((type) => type === "bot-stopped-speaking")).toHaveLength(1);
    await hangUp(rig);
  });

  it("interrupts by hand", async () => {
    const rig = await ready();
    receive(server.created(), server.audio(1000));
    rig.transport.interrupt();
    expect(rig.manager.speaker.queue).toEqual([]);
    expect(rig.events().at(-1)).toMatchObject({ type: "response.cancel", response_id: "resp_1" });
    await hangUp(rig);
    rig.transport.interrupt();
  });

  it("performs effects in order when a callback comes back with a message of its own", async () => {
    const rig = await ready();
    const order: string[] = [];
    vi.spyOn(FakeWebSocket.last, "send").mockImplementation((text) => {
      order.push((JSON.parse(String(text)) as { type: string }).type);
    });
    vi.spyOn(rig.told, "push").mockImplementation(({ type } = new RTVIMessage("none", undefined)) => {
      order.push(type);
      if (type === "llm-function-call-in-progress") {
        const data = { tool_call_id: "c1", function_name: "f", arguments: {}, result: 0 };
        rig.transport.sendMessage(new RTVIMessage("llm-function-call-result", data));
      }
      return order.length;
    });
    receive(server.created(), server.callArguments("c1", "{}", { name: "f" }), server.done());
    // What a message leads to is sent before the app hears of it; each of the two is in its own order.
    expect(order).toEqual([
      "bot-llm-started",
      "llm-function-call-started",
      "llm-function-call-in-progress",
      "conversation.item.create",
      "llm-function-call-stopped",
      "response.create",
      "bot-llm-stopped",
      "metrics",
    ]);
    await hangUp(rig);
  });

  it("does nothing more for a session that a callback has ended", async () => {
    const rig = await ready();
    let before = Infinity;
    const heard: string[] = [];
    vi.spyOn(rig.told, "push").mockImplementation(({ type } = new RTVIMessage("none", undefined)) => {
      if (type === "llm-function-call-started") {
        // The message was dealt with before the app heard of it.
        before = FakeWebSocket.last.sent.length;
        void rig.transport.disconnect();
      }
      return heard.push(type);
    });
    receive(server.created(), server.callArguments("c1", "not json", { name: "f" }));
    await turn();
    expect(FakeWebSocket.last.sent).toHaveLength(before);
    expect(heard.filter((type) => type === "llm-function-call-stopped")).toHaveLength(1);
  });

  it("reports what it cannot understand, and goes on", async () => {
    const rig = await ready();
    FakeWebSocket.last.message("{");
    receive({ ...server.audio(20), delta: "A" });
    expect(rig.errors.map(({ data }) => data)).toEqual([
      expect.objectContaining({ fatal: false, code: "protocol-error" }),
      expect.objectContaining({ fatal: false, code: "protocol-error" }),
    ]);
    expect(rig.transport.state).toBe("ready");
    await hangUp(rig);
  });

  it("changes settings now and for later sessions", async () => {
    const rig = await ready({ session_config: { voice: "ash" } });
    rig.transport.updateSettings({ instructions: "new" });
    expect(rig.events().at(-1)).toMatchObject({ type: "session.update", session: { instructions: "new" } });
    expect(() => {
      rig.transport.updateSettings({ voice: 7 } as never);
    }).toThrow("settings.voice");
    await hangUp(rig);
    rig.transport.updateSettings({ speed: 1.2 });
    const again = rig.transport.connect();
    await vi.waitFor(() => {
      expect(FakeWebSocket.all).toHaveLength(2);
    });
    FakeWebSocket.last.open();
    await again;
    greet();
    expect(rig.events()[0]).toMatchObject({
      session: { instructions: "new", audio: { output: { voice: "ash", speed: 1.2 } } },
    });
    await hangUp(rig);
  });

  it("works through the proxy that client-js hands to apps", async () => {
    const rig = await ready();
    const proxy = new TransportWrapper(rig.transport).proxy as unknown as typeof rig.transport;
    expect(proxy.expiry).toBe(1234);
    expect(proxy.state).toBe("ready");
    proxy.interrupt();
    proxy.updateSettings({ instructions: "by proxy" });
    proxy.sendServiceEvent({ type: "input_audio_buffer.clear" });
    expect(rig.events().slice(-2)).toMatchObject([
      { type: "session.update", session: { instructions: "by proxy" } },
      { type: "input_audio_buffer.clear" },
    ]);
    await hangUp(rig);
  });

  it("warns of temperature once, however many sessions", async () => {
    const rig = await ready({ session_config: { temperature: 0.8 } });
    rig.transport.updateSettings({ temperature: 0.9 });
    expect(rig.logged.filter(([line]) => String(line).includes("temperature"))).toHaveLength(1);
    await hangUp(rig);
  });
});

describe("messages of the app", () => {
  it("need a session that is ready", async () => {
    const rig = build();
    const send = () => {
      rig.transport.sendMessage(new RTVIMessage("send-text", { content: "hi" }));
    };
    expect(send).toThrow(NotReadyError);
    expect(() => {
      rig.transport.sendServiceEvent({ type: "x" });
    }).toThrow(NotReadyError);
    rig.transport.sendMessage(RTVIMessage.clientReady());
  });

  it("are refused with their type's name, in a throw and through onMessageError", async () => {
    const rig = await ready();
    const send = () => {
      rig.transport.sendMessage(new RTVIMessage("dtmf", { buttons: ["1"] }, "msg5"));
    };
    expect(send).toThrow(UnsupportedFeatureError);
    expect(rig.told.at(-1)).toMatchObject({ type: "error-response", id: "msg5", data: { msgType: "dtmf" } });
    await hangUp(rig);
  });

  it("that are requests are refused through onMessageError alone", async () => {
    const rig = await ready();
    rig.transport.sendMessage(new RTVIMessage("client-message", { t: "weather" }, "msg6"));
    expect(rig.told.at(-1)).toMatchObject({ type: "error-response", id: "msg6" });
    await hangUp(rig);
  });

  it("may not be too large", async () => {
    const rig = await ready();
    const before = FakeWebSocket.last.sent.length;
    expect(() => {
      rig.transport.sendMessage(new RTVIMessage("send-text", { content: "x".repeat(70_000) }));
    }).toThrow(MessageTooLargeError);
    expect(FakeWebSocket.last.sent).toHaveLength(before);
    await hangUp(rig);
  });

  it("may be the service's own", async () => {
    const rig = await ready({ raw_events: true });
    rig.transport.sendServiceEvent({ type: "input_audio_buffer.commit" });
    expect(rig.events().at(-1)).toEqual({ type: "input_audio_buffer.commit" });
    expect(() => {
      rig.transport.sendServiceEvent({} as never);
    }).toThrow(InvalidOptionsError);
    receive({ type: "rate_limits.updated", rate_limits: [] });
    expect(rig.told.at(-1)).toMatchObject({
      type: "server-message",
      data: { t: "raw", d: { type: "rate_limits.updated", rate_limits: [] } },
    });
    await hangUp(rig);
  });

  it("end the session with disconnect-bot, on purpose and without an error", async () => {
    const rig = await ready();
    rig.transport.sendMessage(RTVIMessage.disconnectBot());
    expect(FakeWebSocket.last.closeCalls).toEqual([{ code: 1000, reason: "" }]);
    FakeWebSocket.last.drop(1000, "", true);
    await vi.waitFor(() => {
      expect(rig.transport.state).toBe("disconnected");
    });
    expect(rig.errors).toEqual([]);
  });
});

describe("losing the wire", () => {
  it("dials again with a fresh key, where wanted with a fresh conversation, and then with no second answer", async () => {
    let minted = 0;
    const rig = await ready({
      keep_conversation: false,
      api_key: () => ({ value: `ek_number_${(minted += 1)}` }),
      initial_messages: [{ role: "user", content: "hello" }],
    });
    expect(rig.events().map(({ type }) => type)).toEqual([
      "session.update",
      "conversation.item.create",
      "response.create",
    ]);
    receive(server.created(), server.audio(500));
    rig.manager.speaker.report({ type: "began", item: played("item_a", 0, 500) });
    FakeWebSocket.last.drop(1006);
    expect(rig.types().slice(-3)).toEqual(["bot-stopped-speaking", "bot-tts-stopped", "bot-llm-stopped"]);
    await vi.waitFor(() => {
      expect(FakeWebSocket.all).toHaveLength(2);
    });
    expect(FakeWebSocket.all[0]?.listenerCount).toBe(0);
    expect(FakeWebSocket.last.protocols).toContain("openai-insecure-api-key.ek_number_2");
    FakeWebSocket.last.open();
    await vi.waitFor(() => {
      expect(rig.transport.state).toBe("connected");
    });
    greet();
    await vi.waitFor(() => {
      expect(rig.transport.state).toBe("ready");
    });
    expect(rig.types().filter((type) => type === "bot-ready")).toHaveLength(2);
    expect(rig.events().map(({ type }) => type)).toEqual(["session.update", "conversation.item.create"]);
    receive(server.created("resp_1"), server.audio(20));
    expect(rig.manager.speaker.queue.at(-1)).toEqual({ itemId: "item_a", samples: 480 });
    await hangUp(rig);
  });

  const down = { error: { message: canary() } };
  /** The key on the first dial, then what `redialled` says. */
  const endpoint = (redialled: (attempt: number) => unknown) =>
    vi.fn(({ attempt }: { attempt: number }) => (attempt === 1 ? KEY : redialled(attempt)) as string);

  it("comes back although the token server has answered a redial with an error", async () => {
    const api_key = endpoint((attempt) => (attempt === 2 ? down : { value: KEY }));
    const rig = await ready({ api_key });
    FakeWebSocket.last.drop(1006);
    await vi.waitFor(() => {
      expect(FakeWebSocket.all).toHaveLength(2);
    });
    FakeWebSocket.last.open();
    await turn();
    greet();
    expect(rig.transport.state).toBe("ready");
    expect(api_key).toHaveBeenCalledTimes(3);
    expect(rig.errors).toMatchObject([{ data: { code: "connection-lost", fatal: false } }]);
    await hangUp(rig);
  });

  it("gives up, and says whose answers they were, when the token server says nothing else any more", async () => {
    const api_key = endpoint(() => down);
    const rig = await ready({ api_key });
    FakeWebSocket.last.drop(1006);
    // Fifty attempts, beside another worker.
    await vi.waitFor(() => expect(rig.transport.state).toBe("error"), { timeout: 10_000 });
    expect(api_key).toHaveBeenCalledTimes(51);
    expect(rig.errors.at(-1)?.data).toMatchObject({ code: "connection-failed", fatal: true });
    expect(JSON.stringify(rig.errors.at(-1))).toContain("`api_key`");
    expect(JSON.stringify([rig.errors, rig.logged])).not.toContain(down.error.message);
    await rig.transport.disconnect();
  });

  it("ends at once where the app's function knows better", async () => {
    const api_key = endpoint(() => {
      throw new AuthenticationError("Signed out.");
    });
    const rig = await ready({ api_key });
    FakeWebSocket.last.drop(1006);
    await vi.waitFor(() => {
      expect(rig.transport.state).toBe("error");
    });
    expect(api_key).toHaveBeenCalledTimes(2);
    expect(rig.errors.at(-1)?.data).toMatchObject({ code: "unauthorized", fatal: true, message: "Signed out." });
    await rig.transport.disconnect();
  });

  it("dials again when the session expired, not when the account did", async () => {
    const rig = await ready();
    receive(server.error({ code: "session_expired", message: "maximum duration" }));
    await vi.waitFor(() => {
      expect(FakeWebSocket.all).toHaveLength(2);
    });
    FakeWebSocket.last.open();
    await turn();
    receive(server.error({ code: "insufficient_quota", message: "no more" }));
    expect(rig.transport.state).toBe("error");
    expect(rig.errors.at(-1)?.data).toMatchObject({ fatal: true, code: "service-error" });
    await rig.transport.disconnect();
  });

  it("leaves nothing from one session to the next, twenty times", async () => {
    const rig = await ready();
    await hangUp(rig);
    for (let round = 0; round < 20; round += 1) {
      const connecting = rig.transport.connect();
      await vi.waitFor(() => {
        expect(FakeWebSocket.all).toHaveLength(round + 2);
      });
      FakeWebSocket.last.open();
      await connecting;
      greet();
      receive(server.created(), server.audio(20), server.started);
      receive({ ...server.audio(20, "resp_2"), delta: pcm(10) });
      expect(rig.manager.speaker.queue).toEqual([{ itemId: "item_a", samples: 240 }]);
      await hangUp(rig);
      rig.told.length = 0;
    }
    expect(FakeWebSocket.all.every((socket) => socket.listenerCount === 0)).toBe(true);
    expect(rig.manager.speaker.isOpen).toBe(false);
    expect(rig.manager.microphone.held).toBe(0);
  });
});
