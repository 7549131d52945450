import type { RTVIMessage } from "@pipecat-ai/client-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../packages/testkit/src/scripted/fake-web-socket.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";
import { drain, silent } from "../../../packages/testkit/src/worlds/world.js";
import { GeminiDialogue } from "../../../src/providers/gemini/dialogue.js";
import { GeminiLiveWebsocketTransport } from "../../../src/providers/gemini/index.js";
import { ScriptedMediaManager } from "../../../src/testing/index.js";

afterEach(() => vi.restoreAllMocks());

describe("a provider whose own code throws", () => {
  it("providers: is told of once, and the session goes on with what comes next", async () => {
    FakeWebSocket.all.length = 0;
    const options = { WebSocket: FakeWebSocketConstructor, logger: silent };
    const transport = new GeminiLiveWebsocketTransport({ api_key: canary() }, new ScriptedMediaManager(), options);
    const errors: RTVIMessage[] = [];
    const told: string[] = [];
    const callbacks = { onError: (message: RTVIMessage) => void errors.push(message) };
    transport.initialize({ transport, callbacks }, ({ type }) => void told.push(type));
    const connecting = transport.connect();
    await vi.waitUntil(() => FakeWebSocket.all.length === 1, { interval: 1 });
    FakeWebSocket.last.open();
    await connecting;
    FakeWebSocket.last.message('{"setupComplete":{}}');
    const receive = vi.spyOn(GeminiDialogue.prototype, "receive").mockImplementation(() => {
      throw new Error("a defect");
    });
    expect(() => FakeWebSocket.last.message("{}")).not.toThrow();
    FakeWebSocket.last.message("{}");
    receive.mockRestore();
    expect(errors).toMatchObject([{ data: { code: "protocol-error", fatal: false } }]);
    FakeWebSocket.last.message('{"serverContent":{"modelTurn":{"parts":[{"text":"still here"}]}}}');
    expect(told).toContain("bot-llm-text");
    const gone = transport.disconnect();
    FakeWebSocket.last.drop(1000, "", true);
    await gone;
    await drain();
  });
});
