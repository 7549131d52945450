import type { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it, vi } from "vitest";
import { FakePeerConnectionConstructor } from "../../../packages/testkit/src/scripted/fake-peer-connection.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../packages/testkit/src/scripted/fake-web-socket.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";
import { createWebSocketTransport } from "../../../src/compat/thrive/index.js";
import type { TransportOptions } from "../../../src/options.js";
import { GeminiLiveWebsocketTransport } from "../../../src/providers/gemini/index.js";
import {
  OpenAIRealTimeWebRTCTransport,
  OpenAIRealTimeWebSocketTransport,
} from "../../../src/providers/openai/index.js";
import { WebSocketTransport } from "../../../src/providers/pipecat/index.js";
import { ScriptedMediaManager } from "../../../src/testing/index.js";
import type { VoiceTransport } from "../../../src/transport/voice-transport.js";

const HOST = "voice.test:7860";
const media = () => new ScriptedMediaManager();

const SERVICES: Readonly<Record<string, (key: string, options: TransportOptions) => VoiceTransport>> = {
  OpenAI: (api_key, options) =>
    new OpenAIRealTimeWebSocketTransport({ api_key, base_url: `wss://${HOST}/v1/realtime` }, media(), options),
  Gemini: (api_key, options) =>
    new GeminiLiveWebsocketTransport({ api_key, base_url: `wss://${HOST}` }, media(), options),
  Pipecat: (token, options) => new WebSocketTransport({ wsUrl: `wss://${HOST}/ws`, token }, media(), options),
  Thrive: (value, options) => {
    const deps = { mediaManager: media(), getSessionToken: () => ({ value }) };
    return createWebSocketTransport({ base_url: `wss://${HOST}/v1/realtime` }, deps, options).rtvi;
  },
};

function start(make: (key: string, options: TransportOptions) => VoiceTransport) {
  FakeWebSocket.all.length = 0;
  const key = canary();
  const transport = make(key, { WebSocket: FakeWebSocketConstructor, reconnect: false, logger: silent });
  const errors: RTVIMessage[] = [];
  transport.initialize({ transport, callbacks: { onError: (error) => void errors.push(error) } }, () => undefined);
  const connecting = transport.connect();
  connecting.catch(() => undefined);
  return { key, transport, errors, connecting };
}

describe.each(Object.entries(SERVICES))("errors of %s", (_name, make) => {
  it("errors of the connection: one that is refused names the host, and not the credential in its address", async () => {
    const { key, connecting } = start(make);
    await vi.waitFor(() => expect(FakeWebSocket.all).toHaveLength(1));
    FakeWebSocket.last.drop(1006);
    const error = await connecting.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "connection-failed",
      message: expect.stringContaining(`Host: ${HOST}.`) as unknown,
    });
    expect(String(error)).not.toContain(key);
  });

  it("errors of the connection: one that is lost names the host", async () => {
    const { connecting, errors, transport } = start(make);
    await vi.waitFor(() => expect(FakeWebSocket.all).toHaveLength(1));
    FakeWebSocket.last.open();
    await connecting;
    FakeWebSocket.last.drop(1006);
    await vi.waitFor(() => expect(transport.state).toBe("error"));
    expect(errors).toMatchObject([
      { data: { code: "connection-lost", message: expect.stringContaining(`Host: ${HOST}.`) as unknown } },
    ]);
  });
});

describe("errors of a call over WebRTC", () => {
  it("errors of the connection: an offer that cannot be sent names the host", async () => {
    const fetch = () => Promise.reject(new TypeError("Failed to fetch"));
    const { connecting } = start(
      (api_key, options) =>
        new OpenAIRealTimeWebRTCTransport({ api_key, base_url: `https://${HOST}/v1/realtime` }, media(), {
          ...options,
          fetch,
          RTCPeerConnection: FakePeerConnectionConstructor,
        }),
    );
    await expect(connecting).rejects.toMatchObject({
      code: "connection-failed",
      message: expect.stringContaining(`Host: ${HOST}.`) as unknown,
    });
  });
});
