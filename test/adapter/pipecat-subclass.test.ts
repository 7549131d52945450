import { GeminiLiveWebsocketTransport } from "@pipecat-ai/gemini-live-websocket-transport";
import { LogLevel, PipecatClient, type RTVIMessage } from "@pipecat-ai/client-js";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { RealTimeWebsocketTransport } from "../../src/compat/real-time-websocket-transport.js";
import { foreignManager } from "../../packages/testkit/src/worlds/foreign-manager.js";
import { FakeSocket } from "../../packages/testkit/src/scripted/fake-socket.js";
import { drain } from "../../packages/testkit/src/worlds/world.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

const KEY = canary();

/**
 * Pipecat's own published subclass, byte for byte, with our class in the place of Pipecat's base class, and a media
 * manager that has Pipecat's methods only.
 */
beforeAll(() => {
  Object.setPrototypeOf(GeminiLiveWebsocketTransport, RealTimeWebsocketTransport);
  Object.setPrototypeOf(GeminiLiveWebsocketTransport.prototype, RealTimeWebsocketTransport.prototype);
  vi.stubGlobal("WebSocket", FakeSocket);
  // The subclass and its socket are talkative.
  for (const level of ["log", "warn", "error", "debug"] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined);
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
beforeEach(() => {
  FakeSocket.made.length = 0;
  FakeSocket.opens = true;
});

function start() {
  const { foreign, manager } = foreignManager();
  const log: string[] = [];
  const errors: RTVIMessage[] = [];
  // Its manager is declared with the private members of Pipecat's class.
  const Gemini = GeminiLiveWebsocketTransport as unknown as new (
    options: object,
    manager: unknown,
  ) => RealTimeWebsocketTransport;
  const transport = new Gemini({ api_key: KEY }, manager);
  const client = new PipecatClient({
    transport,
    callbacks: {
      onTransportStateChanged: (state) => log.push(state),
      onBotReady: () => log.push("bot ready"),
      onBotStartedSpeaking: () => log.push("bot started"),
      onBotStoppedSpeaking: () => log.push("bot stopped"),
      onUserStartedSpeaking: () => log.push("user started"),
      onError: (message) => errors.push(message),
    },
  });
  client.setLogLevel(LogLevel.NONE);
  return { transport, client, foreign, log, errors };
}

async function connect({ client }: ReturnType<typeof start>): Promise<void> {
  const connecting = client.connect();
  await vi.waitFor(() => {
    expect(FakeSocket.last.sent.length).toBeGreaterThan(0);
  });
  FakeSocket.last.says({ setupComplete: {} });
  await connecting;
}

describe("Pipecat's Gemini subclass on our base class", () => {
  it("connects, sends its set-up, and is ready when the service is", async () => {
    const started = start();
    await connect(started);
    expect(started.log).toEqual(["initializing", "initialized", "connecting", "connected", "ready", "bot ready"]);
    expect(FakeSocket.last.url).toContain(`key=${KEY}`);
    expect(JSON.parse(FakeSocket.last.sent[0]!)).toHaveProperty("setup");
    await started.client.disconnect();
    expect(FakeSocket.open).toBe(0);
    expect(started.foreign.capturing).toBe(false);
  });

  it("streams the microphone, plays the bot, and yields to the user", async () => {
    const started = start();
    await connect(started);
    await vi.waitFor(() => {
      expect(started.foreign.capturing).toBe(true);
    });
    started.foreign.say(new Int16Array([1, 2, 3]).buffer);
    await drain();
    expect(JSON.parse(FakeSocket.last.sent.at(-1)!)).toHaveProperty("realtimeInput");

    started.log.length = 0;
    FakeSocket.last.says({ serverContent: { modelTurn: { parts: [{ inlineData: { data: btoa("\0\0\0\0") } }] } } });
    await vi.waitFor(() => {
      expect(started.foreign.played).toEqual([{ id: "1", samples: 2 }]);
    });
    FakeSocket.last.says({ serverContent: { interrupted: true } });
    await vi.waitFor(() => {
      expect(started.log).toContain("user started");
    });
    expect(started.foreign.played).toEqual([]);
    FakeSocket.last.says({ serverContent: { turnComplete: true } });
    await vi.waitFor(() => {
      expect(started.log).toEqual(["bot started", "user started", "bot stopped"]);
    });
    await started.client.disconnect();
  });

  it("that loses its socket ends in error and connects again", async () => {
    const started = start();
    await connect(started);
    FakeSocket.last.close(1011, "internal");
    await vi.waitFor(() => {
      expect(started.client.state).toBe("disconnected");
    });
    expect(started.errors[0]?.data).toMatchObject({ fatal: true, code: "connection-lost" });
    await connect(started);
    expect(started.client.state).toBe("ready");
    await started.client.disconnect();
    expect(FakeSocket.open).toBe(0);
  });

  it("whose service never says that it is ready does not hold disconnect() or connect()", async () => {
    const started = start();
    const connecting = started.client.connect();
    const outcome = expect(connecting).rejects.toMatchObject({ name: "ConnectionAbortedError" });
    await vi.waitFor(() => {
      expect(started.client.state).toBe("connected");
    });
    await started.client.disconnect();
    await outcome;
    expect(FakeSocket.open).toBe(0);
  });

  it("without a microphone is heard and written to all the same", async () => {
    const started = start();
    started.foreign.initializes = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    await connect(started);
    expect(started.client.state).toBe("ready");
    expect(started.client.isMicEnabled).toBe(false);
    await started.client.disconnect();
  });
});
