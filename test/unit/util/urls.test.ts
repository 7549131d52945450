import { describe, expect, it, vi } from "vitest";
import { GeminiLiveWebsocketTransport } from "../../../src/providers/gemini/index.js";
import { OpenAIRealTimeWebSocketTransport } from "../../../src/providers/openai/index.js";
import type { TransportOptions } from "../../../src/options.js";
import { ScriptedMediaManager } from "../../../src/testing/index.js";
import type { VoiceTransport } from "../../../src/transport/voice-transport.js";
import { credentialsIn } from "../../../src/util/urls.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../packages/testkit/src/scripted/fake-web-socket.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";

const SECRET = "Zk9x/Q7abcd=12";
const WRITTEN = encodeURIComponent(SECRET);

describe("the credentials in an address", () => {
  it.each(["api-key", "key", "access_token", "X-Amz-Signature", "authorization", "client_secret", "password"])(
    "are what it calls so: %s",
    (name) => {
      const url = new URL(`wss://host.test/v1?model=gpt-realtime-2025&${name}=${WRITTEN}&api-version=2024-10-01`);
      expect(credentialsIn(url)).toEqual([WRITTEN, SECRET]);
    },
  );

  it("are its password as well, and nothing where it has none", () => {
    expect(credentialsIn(new URL(`wss://user:${WRITTEN}@host.test/`))).toContain(SECRET);
    expect(credentialsIn(new URL("wss://user@host.test/?model=m&key"))).not.toContain("m");
    expect(credentialsIn(new URL("wss://host.test/"))).toEqual([]);
  });
});

const MAKE: Readonly<Record<string, (base_url: string, options: TransportOptions) => VoiceTransport>> = {
  OpenAI: (base_url, options) =>
    new OpenAIRealTimeWebSocketTransport({ api_key: canary("ek_"), base_url }, new ScriptedMediaManager(), options),
  Gemini: (base_url, options) =>
    new GeminiLiveWebsocketTransport({ api_key: canary("AIza"), base_url }, new ScriptedMediaManager(), options),
};

describe.each(Object.keys(MAKE))("a credential in the base_url of %s", (name) => {
  it.each([
    ["in an error", () => FakeWebSocket.last.message(JSON.stringify({ error: { message: `bad ${SECRET}` } }))],
    ["in a close reason", () => FakeWebSocket.last.drop(4003, `no ${WRITTEN}`)],
  ])("is not shown where the service quotes it %s", async (_where, quote) => {
    FakeWebSocket.all.length = 0;
    const told: unknown[] = [];
    const transport = MAKE[name]!(`wss://host.test/v1?api-key=${WRITTEN}`, {
      WebSocket: FakeWebSocketConstructor,
      reconnect: false,
      logger: { ...silent, warn: (...line) => void told.push(line) },
    });
    transport.initialize({ transport, callbacks: { onError: (error) => void told.push(error) } }, () => undefined);
    const connecting = transport.connect();
    await vi.waitFor(() => {
      expect(FakeWebSocket.all).toHaveLength(1);
    });
    FakeWebSocket.last.open();
    await connecting;
    quote();
    await vi.waitFor(() => {
      expect(JSON.stringify(told)).toContain("[redacted]");
    });
    expect(JSON.stringify(told)).not.toMatch(/Zk9x|Q7abcd/);
    const left = transport.disconnect();
    if (FakeWebSocket.last.readyState < 3) FakeWebSocket.last.drop(1000, "", true);
    await left;
  });
});
