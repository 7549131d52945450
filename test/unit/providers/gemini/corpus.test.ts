import { RTVIMessage } from "@pipecat-ai/client-js";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { GeminiLiveWebsocketTransport } from "../../../../src/providers/gemini/index.js";
import { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { damagedJson } from "../../../support/damaged.js";
import { silent } from "../../../support/world.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../wire/fake-web-socket.js";
import { pcm, server } from "./scenario.js";

/**
 * What a service says in a session, but for audio, of which nothing is to pass for samples, and for `goAway`, which asks for
 * another connection.
 */
const SOUND: readonly object[] = [
  server.heard("hello", { finished: true }),
  server.said("Word. "),
  server.text("Word. "),
  server.call("c1", "f", { a: 1 }),
  server.cancel("c1"),
  server.interrupted,
  server.generated,
  { ...server.complete, usageMetadata: { totalTokenCount: 1 } },
  { voiceActivity: { voiceActivityType: "ACTIVITY_START" } },
  { sessionResumptionUpdate: { newHandle: "h", resumable: true } },
  { setupComplete: {} },
];

const audio = (mimeType: unknown, data: unknown): string =>
  JSON.stringify({ serverContent: { modelTurn: { parts: [{ inlineData: { mimeType, data } }] } } });

/** Audio that must not be heard: half a sample, none, far too much of it, or made in a way that nobody plays. */
const NOISE: readonly string[] = [
  ...["AAAA", "A", "%%%%", 7, null, {}, "AAAA".repeat(3 * 1024 * 1024)].map((data) =>
    audio("audio/pcm;rate=24000", data),
  ),
  ...["audio/pcm;rate=0", "audio/pcm;rate=1e9", "audio/opus", "", 7, null].map((mimeType) => audio(mimeType, pcm(20))),
];

const nonsense = fc.oneof(
  { weight: 5, arbitrary: damagedJson(SOUND) },
  fc.constantFrom(...NOISE),
  fc.json(),
  fc.string(),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes).buffer),
);

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

async function ready() {
  FakeWebSocket.all.length = 0;
  const told: RTVIMessage[] = [];
  const errors: RTVIMessage[] = [];
  const manager = new ScriptedMediaManager();
  const play = vi.spyOn(manager.ports.speaker, "write");
  const transport = new GeminiLiveWebsocketTransport({ api_key: "AIzaSyCorpus" }, manager, {
    WebSocket: FakeWebSocketConstructor,
    reconnect: false,
    logger: silent,
  });
  const callbacks = { onError: (message: RTVIMessage) => void errors.push(message) };
  transport.initialize({ transport, callbacks }, (message) => void told.push(message));
  const connecting = transport.connect();
  await vi.waitUntil(() => FakeWebSocket.all.length === 1, { interval: 1 });
  FakeWebSocket.last.open();
  await connecting;
  const announced = transport.sendReadyMessage();
  FakeWebSocket.last.message(JSON.stringify({ setupComplete: {} }));
  await announced;
  return { transport, told, errors, play };
}

describe("a service that sends nonsense", () => {
  it("crashes nothing, plays nothing, and leaves a session that works", async () => {
    let messages = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(nonsense, { minLength: 60, maxLength: 80 }), async (corpus) => {
        const { transport, told, errors, play } = await ready();
        for (const message of corpus) FakeWebSocket.last.message(message);
        messages += corpus.length;
        await turn();
        expect(play).not.toHaveBeenCalled();
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
        expect(transport.state).toBe("ready");
        for (const { data } of errors) expect(data).toMatchObject({ code: "protocol-error", fatal: false });

        // Whatever was under way is over; then a whole turn.
        for (const message of [server.complete, server.audio(20)]) {
          FakeWebSocket.last.message(JSON.stringify(message));
        }
        expect(play).toHaveBeenCalledTimes(1);
        transport.sendMessage(new RTVIMessage("send-text", { content: "still here" }));
        FakeWebSocket.last.message(JSON.stringify(server.complete));
        await turn();
        expect(FakeWebSocket.last.sent.join()).toContain("still here");

        const gone = transport.disconnect();
        FakeWebSocket.last.drop(1000, "", true);
        await gone;
        expect(transport.state).toBe("disconnected");
        const count = (type: string) => told.filter((message) => message.type === type).length;
        for (const family of ["bot-llm", "bot-tts", "llm-function-call"]) {
          expect(count(`${family}-stopped`), family).toBe(count(`${family}-started`));
        }
      }),
      { numRuns: 30, seed: 20_261_121, endOnFailure: true },
    );
    expect(messages).toBeGreaterThan(1_800);
  }, 60_000);
});
