import { MessageTooLargeError, RTVIMessage, UnsupportedFeatureError } from "@pipecat-ai/client-js";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { AuthenticationError, InvalidOptionsError, NotReadyError } from "../../../../src/errors.js";
import { GeminiLiveWebsocketTransport, type GeminiLLMServiceOptions } from "../../../../src/providers/gemini/index.js";
import { GeminiProvider } from "../../../../src/providers/gemini/provider.js";
import { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { server } from "../../../../packages/testkit/src/messages/gemini.js";
import { canary, textOf, traceOfSecrets } from "../../../../packages/testkit/src/secrets/secrets.js";

const KEY = canary("AIzaSy");

function build(service: GeminiLLMServiceOptions = {}, manager = new ScriptedMediaManager(), lull?: number) {
  const told: RTVIMessage[] = [];
  const states: string[] = [];
  const errors: RTVIMessage[] = [];
  const logged: unknown[][] = [];
  const log = (...line: unknown[]) => void logged.push(line);
  const logger = { debug: log, info: log, warn: log, error: log };
  const transport = new GeminiLiveWebsocketTransport({ api_key: KEY, ...service }, manager, {
    WebSocket: FakeWebSocketConstructor,
    reconnect: { base: 1, cap: 1, minUptime: 1 },
    ...(lull !== undefined && { timeouts: { lull } }),
    logger,
  });
  const callbacks = {
    onTransportStateChanged: (state: string) => void states.push(state),
    onError: (message: RTVIMessage) => void errors.push(message),
  };
  transport.initialize({ transport, callbacks }, (message) => void told.push(message));
  const sent = () => FakeWebSocket.last.sent.map((text) => JSON.parse(String(text)) as Record<string, unknown>);
  const types = () => told.map(({ type }) => type);
  return { transport, manager, told, states, errors, logged, sent, types };
}

const receive = (...messages: object[]) => {
  // As the service does: JSON in binary frames.
  for (const message of messages) FakeWebSocket.last.message(new TextEncoder().encode(JSON.stringify(message)).buffer);
};
const dialled = (count: number) =>
  vi.waitFor(() => {
    expect(FakeWebSocket.all).toHaveLength(count);
  });

async function connected(service: GeminiLLMServiceOptions = {}, params?: unknown, manager?: ScriptedMediaManager) {
  const rig = build(service, manager);
  const connecting = rig.transport.connect(params);
  await dialled(1);
  FakeWebSocket.last.open();
  await connecting;
  return rig;
}

async function ready(service: GeminiLLMServiceOptions = {}, params?: unknown, manager?: ScriptedMediaManager) {
  const rig = await connected(service, params, manager);
  const announced = rig.transport.sendReadyMessage();
  receive({ setupComplete: {} });
  await announced;
  return rig;
}

async function endSession({ transport }: { transport: GeminiLiveWebsocketTransport }) {
  const socket = FakeWebSocket.all.at(-1);
  const gone = transport.disconnect();
  if (socket !== undefined && socket.readyState < 3) socket.drop(1000, "", true);
  await gone;
}

const managerOf = (transport: GeminiLiveWebsocketTransport): unknown =>
  (Reflect.get(transport, "_core") as { readonly manager: unknown }).manager;

const setupSent = ({ sent }: { sent: () => Record<string, unknown>[] }) => sent()[0]?.setup as Record<string, unknown>;

beforeEach(() => {
  FakeWebSocket.all.length = 0;
});

describe("connecting", () => {
  it("sends the setup first, and is ready when the service has taken it", async () => {
    const rig = await ready({ model: "gemini-x", settings: { temperature: 0.5 } });
    expect(String(FakeWebSocket.last.url)).toContain(
      `v1beta.GenerativeService.BidiGenerateContent?key=${encodeURIComponent(KEY)}`,
    );
    expect(FakeWebSocket.last.binaryType).toBe("arraybuffer");
    expect(rig.sent()).toEqual([{ setup: expect.objectContaining({ model: "models/gemini-x" }) as unknown }]);
    expect(rig.states).toEqual(["connecting", "connected", "ready"]);
    expect(rig.told.at(-1)).toMatchObject({ type: "bot-ready", data: { about: { service: "gemini-live" } } });
    await endSession(rig);
    expect(rig.states.slice(-2)).toEqual(["disconnecting", "disconnected"]);
  });

  it("tells no secret to anybody", async () => {
    const rig = await ready({ raw_events: "all" });
    receive({ sessionResumptionUpdate: { newHandle: "handle-of-the-session", resumable: true } });
    FakeWebSocket.last.drop(1007, `API key not valid: ${KEY}`);
    await vi.waitFor(() => {
      expect(rig.states).toContain("error");
    });
    const all = JSON.stringify([rig.told, rig.errors, rig.logged, rig.transport.actor.getPersistedSnapshot()]);
    expect(all).toContain("check `api_key`");
    expect(all).not.toContain(KEY);
    expect(all).not.toContain("handle-of-the-session");
  });

  it("fails with AuthenticationError without a key, and never dials", async () => {
    const rig = build({ api_key: "" });
    await expect(rig.transport.connect()).rejects.toThrow("`api_key` is missing");
    expect(FakeWebSocket.all).toHaveLength(0);
  });

  it("uses a token of the connection parameters for one session", async () => {
    const rig = await ready({}, { name: "auth_tokens/one" });
    expect(String(FakeWebSocket.last.url)).toContain(
      "v1alpha.GenerativeService.BidiGenerateContentConstrained?access_token=",
    );
    await endSession(rig);
    const again = rig.transport.connect();
    await dialled(2);
    expect(String(FakeWebSocket.last.url)).toContain(`?key=${encodeURIComponent(KEY)}`);
    FakeWebSocket.last.open();
    await again;
    await endSession(rig);
  });

  it.each(["disconnected", "error"])(
    "forgets the connection parameters at `%s`, and not while it reconnects",
    async (end) => {
      const token = canary("auth_tokens/");
      const begun = vi.spyOn(GeminiProvider.prototype, "begin");
      const rig = await ready({}, { name: token });
      FakeWebSocket.last.drop();
      await dialled(2);
      expect(FakeWebSocket.last.url).toContain(`access_token=${encodeURIComponent(token).replaceAll("%2F", "/")}`);
      FakeWebSocket.last.open();
      const kept = traceOfSecrets(textOf((begun.mock.contexts.at(-1) as GeminiProvider).params));
      if (end === "error") FakeWebSocket.last.drop(1007, "no");
      else await endSession(rig);
      await vi.waitFor(() => {
        expect(rig.states.at(-1)).toBe(end);
      });
      const provider = begun.mock.contexts.at(-1) as GeminiProvider;
      expect(kept).not.toEqual([]);
      expect(traceOfSecrets(textOf(provider.params))).toEqual([]);
    },
  );

  it("asks for a key on every attempt", async () => {
    const api_key = vi.fn(({ attempt }: { attempt: number }) => `AIza-${attempt}`);
    const rig = await ready({ api_key });
    FakeWebSocket.last.drop();
    await dialled(2);
    expect(String(FakeWebSocket.last.url)).toContain("key=AIza-2");
    await endSession(rig);
  });

  it.each([
    [1007, "Request contains an invalid argument."],
    [1008, "models/x is not found"],
  ])("does not stay pending when the service closes with %i instead of becoming ready", async (code, reason) => {
    const rig = await connected();
    const announced = rig.transport.sendReadyMessage();
    FakeWebSocket.last.drop(code, reason);
    await expect(announced).rejects.toThrow(reason);
    expect(rig.states.at(-1)).toBe("error");
    expect(FakeWebSocket.all).toHaveLength(1);
  });

  it("refuses options that are wrong, by name", async () => {
    const rig = build({ settings: { temperature: "hot" } as never });
    await expect(rig.transport.connect()).rejects.toBeInstanceOf(InvalidOptionsError);
    expect(() => rig.transport._validateConnectionParams({ model: 7 })).toThrow("model");
  });
});

describe("coming back", () => {
  const down = { error: { message: canary() } };
  /** The key on the first dial, then what `redialled` says. */
  const endpoint = (redialled: (attempt: number) => unknown) =>
    vi.fn(({ attempt }: { attempt: number }) => (attempt === 1 ? KEY : redialled(attempt)) as string);

  it("bears a token server that answers a redial with an error", async () => {
    const api_key = endpoint((attempt) => (attempt === 2 ? down : KEY));
    const rig = await ready({ api_key });
    FakeWebSocket.last.drop();
    await dialled(2);
    FakeWebSocket.last.open();
    await vi.waitFor(() => {
      expect(rig.transport.state).toBe("connected");
    });
    receive({ setupComplete: {} });
    expect(rig.transport.state).toBe("ready");
    expect(api_key).toHaveBeenCalledTimes(3);
    expect(rig.errors).toMatchObject([{ data: { code: "connection-lost", fatal: false } }]);
    await endSession(rig);
  });

  it("gives up, and says whose answers they were, when the token server says nothing else any more", async () => {
    const api_key = endpoint(() => down);
    const rig = await ready({ api_key });
    FakeWebSocket.last.drop();
    // Fifty attempts, beside another worker.
    await vi.waitFor(() => expect(rig.transport.state).toBe("error"), { timeout: 10_000 });
    expect(api_key).toHaveBeenCalledTimes(51);
    expect(rig.errors.at(-1)?.data).toMatchObject({ code: "connection-failed", fatal: true });
    expect(JSON.stringify(rig.errors.at(-1))).toContain("`api_key`");
    expect(JSON.stringify([rig.errors, rig.logged])).not.toContain(down.error.message);
    await endSession(rig);
  });

  it("is over where the app's function knows better", async () => {
    const api_key = endpoint(() => {
      throw new AuthenticationError("Signed out.");
    });
    const rig = await ready({ api_key });
    FakeWebSocket.last.drop();
    await vi.waitFor(() => {
      expect(rig.transport.state).toBe("error");
    });
    expect(api_key).toHaveBeenCalledTimes(2);
    expect(rig.errors.at(-1)?.data).toMatchObject({ code: "unauthorized", fatal: true, message: "Signed out." });
    await endSession(rig);
  });

  it("offers the newest handle, and not the history", async () => {
    const rig = await ready({ initial_messages: [{ role: "user", content: "hi" }] });
    expect(rig.sent()).toHaveLength(2);
    receive(server.audio(20), server.complete, { sessionResumptionUpdate: { newHandle: "h1", resumable: true } });
    FakeWebSocket.last.drop();
    await dialled(2);
    FakeWebSocket.last.open();
    await vi.waitFor(() => {
      expect(setupSent(rig)).toMatchObject({ sessionResumption: { handle: "h1" } });
    });
    receive({ setupComplete: {} });
    await vi.waitFor(() => {
      expect(rig.states.at(-1)).toBe("ready");
    });
    expect(rig.sent()).toHaveLength(1);
    await endSession(rig);
  });

  it("begins anew, once, when the handle is refused", async () => {
    const rig = await ready({ initial_messages: [{ role: "user", content: "hi" }] });
    receive(server.audio(20), server.complete, { sessionResumptionUpdate: { newHandle: "h1", resumable: true } });
    FakeWebSocket.last.drop();
    await dialled(2);
    FakeWebSocket.last.open();
    await Promise.resolve();
    FakeWebSocket.last.drop(1007, "Request contains an invalid argument.");
    await dialled(3);
    FakeWebSocket.last.open();
    await vi.waitFor(() => {
      expect(setupSent(rig)).toMatchObject({ sessionResumption: {} });
    });
    expect(setupSent(rig).sessionResumption).toEqual({});
    receive({ setupComplete: {} });
    expect(rig.sent()[1]).toEqual({
      clientContent: { turns: [{ role: "user", parts: [{ text: "hi" }] }], turnComplete: false },
    });
    FakeWebSocket.last.drop(1007, "Request contains an invalid argument.");
    await vi.waitFor(() => {
      expect(rig.states.at(-1)).toBe("error");
    });
    expect(FakeWebSocket.all).toHaveLength(3);
  });

  it.each([
    [undefined, {}],
    [true, { handle: "h1" }],
  ])("takes no handle into the next session, unless keep_session is %j", async (keep_session, sessionResumption) => {
    const rig = await ready(keep_session === undefined ? {} : { keep_session });
    receive({ sessionResumptionUpdate: { newHandle: "h1", resumable: true } });
    await endSession(rig);
    const again = rig.transport.connect();
    await dialled(2);
    FakeWebSocket.last.open();
    await again;
    expect(setupSent(rig).sessionResumption).toEqual(sessionResumption);
    await endSession(rig);
  });

  it("changes a connection that goes away, once the bot is silent, and is the same bot to the app", async () => {
    const rig = await ready();
    const first = FakeWebSocket.last;
    receive({ sessionResumptionUpdate: { newHandle: "h1", resumable: true } }, server.audio(100));
    receive({ goAway: { timeLeft: "50s" } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(first.closeCalls).toEqual([]);
    rig.transport.interrupt();
    receive(server.complete);
    await vi.waitFor(() => {
      expect(first.closeCalls).not.toEqual([]);
    });
    first.drop(1000, "", true);
    await dialled(2);
    FakeWebSocket.last.open();
    await vi.waitFor(() => {
      expect(setupSent(rig)).toMatchObject({ sessionResumption: { handle: "h1" } });
    });
    receive({ setupComplete: {} });
    await vi.waitFor(() => {
      expect(rig.states.at(-1)).toBe("ready");
    });
    expect(rig.types().filter((type) => type === "bot-ready")).toHaveLength(1);
    expect(rig.errors).toEqual([]);
    await endSession(rig);
  });

  it("knows when the connection will end", async () => {
    const rig = await ready();
    expect(rig.transport.expiry).toBeUndefined();
    receive({ goAway: { timeLeft: "60s" } });
    expect(Number(rig.transport.expiry) - Date.now() / 1000).toBeCloseTo(60, 0);
    await endSession(rig);
    expect(rig.transport.expiry).toBeUndefined();
  });
});

describe("the user's turn", () => {
  it("lull: ends a turn that only words speak of, with its transcript, and lets the connection be changed", async () => {
    const rig = build({}, undefined, 100);
    const connecting = rig.transport.connect();
    await dialled(1);
    const first = FakeWebSocket.last;
    first.open();
    await connecting;
    receive({ setupComplete: {} }, server.heard("hello"), { goAway: { timeLeft: "50s" } });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(rig.types().at(-1)).toBe("user-transcription");
    expect(first.closeCalls).toEqual([]);
    await vi.waitFor(() => {
      expect(first.closeCalls).not.toEqual([]);
    });
    expect(rig.types().filter((type) => type.startsWith("user-"))).toEqual([
      "user-started-speaking",
      "user-transcription",
      "user-transcription",
      "user-stopped-speaking",
    ]);
    expect(rig.told.findLast(({ type }) => type === "user-transcription")?.data).toMatchObject({ final: true });
    first.drop(1000, "", true);
    await dialled(2);
    await endSession(rig);
  });
});

describe("audio", () => {
  it.each([
    [undefined, 24_000],
    [16_000, 16_000],
    [48_000, 48_000],
  ])("of a manager that says %j is sent as %i Hz", async (inputSampleRate, rate) => {
    const manager = new ScriptedMediaManager();
    if (inputSampleRate !== undefined) Object.assign(manager, { inputSampleRate });
    const rig = await ready({}, undefined, manager);
    rig.transport.handleUserAudioStream(new Uint8Array([1, 2, 3, 4]).buffer);
    expect(rig.sent()[1]).toEqual({
      realtimeInput: { audio: { mimeType: `audio/pcm;rate=${rate}`, data: "AQIDBA==" } },
    });
    await endSession(rig);
  });

  it("is recorded at 16 kHz by the default manager", () => {
    const transport = new GeminiLiveWebsocketTransport({ api_key: KEY });
    expect(managerOf(transport)).toMatchObject({
      inputSampleRate: 16_000,
      outputSampleRate: 24_000,
    });
    const other = new GeminiLiveWebsocketTransport({ api_key: KEY }, undefined, { audio: { inputSampleRate: 8_000 } });
    expect(managerOf(other)).toMatchObject({ inputSampleRate: 8_000 });
  });

  it("ends its stream on mute, and goes on after it", async () => {
    const rig = await ready();
    const chunk = new ArrayBuffer(4);
    rig.transport.handleUserAudioStream(chunk);
    rig.transport.enableMic(false);
    rig.transport.handleUserAudioStream(chunk);
    rig.transport.enableMic(false);
    expect(rig.sent().slice(2)).toEqual([{ realtimeInput: { audioStreamEnd: true } }]);
    rig.transport.enableMic(true);
    rig.transport.handleUserAudioStream(chunk);
    expect(rig.sent()).toHaveLength(4);
    await endSession(rig);
  });

  it("is dropped before ready, and while the network is too slow", async () => {
    const rig = await connected();
    rig.transport.handleUserAudioStream(new ArrayBuffer(4));
    expect(rig.sent()).toHaveLength(1);
    receive({ setupComplete: {} });
    FakeWebSocket.last.bufferedAmount = 1_000_000;
    rig.transport.handleUserAudioStream(new ArrayBuffer(4));
    expect(rig.sent()).toHaveLength(1);
    expect(rig.errors).toHaveLength(1);
    await endSession(rig);
  });
});

describe("push to talk", () => {
  const settings = { realtime_input_config: { automatic_activity_detection: { disabled: true } } };

  it("is the microphone's switch, or a pair of methods", async () => {
    const rig = await ready({ settings });
    rig.transport.enableMic(true);
    rig.transport.enableMic(false);
    rig.transport.activityStart();
    rig.transport.activityStart();
    rig.transport.activityEnd();
    const [start, end] = [{ realtimeInput: { activityStart: {} } }, { realtimeInput: { activityEnd: {} } }];
    expect(rig.sent().slice(1)).toEqual([start, end, start, end]);
    await endSession(rig);
  });

  it("goes on over a new connection while the button is held", async () => {
    const rig = await ready({ settings });
    rig.transport.activityStart();
    FakeWebSocket.last.drop();
    await dialled(2);
    FakeWebSocket.last.open();
    await vi.waitFor(() => {
      expect(rig.sent()).toHaveLength(1);
    });
    receive({ setupComplete: {} });
    expect(rig.sent()[1]).toEqual({ realtimeInput: { activityStart: {} } });
    await endSession(rig);
  });

  it("is not for sessions in which the service listens by itself", async () => {
    const rig = await ready();
    expect(() => {
      rig.transport.activityStart();
    }).toThrow(UnsupportedFeatureError);
    await endSession(rig);
    expect(() => {
      rig.transport.activityEnd();
    }).toThrow(NotReadyError);
  });
});

describe("messages", () => {
  it("of every kind go out", async () => {
    const rig = await ready();
    rig.transport.sendMessage(new RTVIMessage("send-text", { content: "hi" }));
    rig.transport.sendServiceEvent({ realtimeInput: { video: { mimeType: "image/jpeg", data: "AAAA" } } });
    await rig.transport._sendTextInput("yo", "user");
    await rig.transport._sendMsg({ realtimeInput: { text: "x" } });
    await rig.transport._sendAudioInput(new ArrayBuffer(2));
    expect(
      rig
        .sent()
        .slice(1)
        .map((message) => Object.keys(message)[0]),
    ).toEqual(["clientContent", "realtimeInput", "clientContent", "realtimeInput", "realtimeInput"]);
    await endSession(rig);
  });

  it("that are wrong are refused, and nothing is sent", async () => {
    const rig = await ready();
    const { transport } = rig;
    expect(() => {
      transport.sendServiceEvent({ setup: {} } as never);
    }).toThrow(InvalidOptionsError);
    await expect(transport._sendMsg(7)).rejects.toBeInstanceOf(InvalidOptionsError);
    expect(() => {
      transport.sendMessage(new RTVIMessage("dtmf", {}));
    }).toThrow(UnsupportedFeatureError);
    expect(() => {
      transport.sendMessage(new RTVIMessage("send-text", { content: "x".repeat(100_000) }));
    }).toThrow(MessageTooLargeError);
    expect(rig.sent()).toHaveLength(1);
    await endSession(rig);
    expect(() => {
      transport.sendMessage(new RTVIMessage("send-text", { content: "hi" }));
    }).toThrow(NotReadyError);
  });

  it("are not lost in a socket that the service is closing, whatever becomes of the session", async () => {
    const rig = await ready();
    FakeWebSocket.last.readyState = 2;
    rig.transport.sendMessage(new RTVIMessage("send-text", { content: "hello" }, "late"));
    expect(rig.sent()).toHaveLength(1);
    FakeWebSocket.last.drop(3000);
    await vi.waitFor(() => {
      expect(rig.states.at(-1)).toBe("error");
    });
    expect(rig.told.filter(({ type }) => type === "error-response")).toMatchObject([{ id: "late" }]);
    await endSession(rig);
  });

  it("interrupts, and says who speaks", async () => {
    const rig = await ready();
    receive(server.audio(100));
    await vi.waitFor(() => {
      expect(rig.types()).toContain("bot-tts-started");
    });
    rig.transport.interrupt();
    expect(rig.types()).toContain("bot-tts-stopped");
    await endSession(rig);
    expect(rig.types().at(-1)).toBe("bot-llm-stopped");
  });
});

describe("one instance", () => {
  it("is disconnected once its socket has closed", async () => {
    const { transport } = await ready();
    const gone = transport.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(FakeWebSocket.last.closeCalls).toHaveLength(1);
    expect(transport.state).toBe("disconnecting");
    FakeWebSocket.last.drop(1000, "", true);
    await gone;
    expect(transport.state).toBe("disconnected");
  });

  it("leaves nothing from one session to the next, ten times", async () => {
    const rig = build();
    for (let session = 1; session <= 10; session += 1) {
      const connecting = rig.transport.connect();
      await dialled(session);
      FakeWebSocket.last.open();
      await connecting;
      receive({ setupComplete: {} }, server.audio(20));
      await endSession(rig);
      expect(FakeWebSocket.last.listenerCount).toBe(0);
      expect(rig.manager.speaker.isOpen).toBe(false);
    }
  });
});
