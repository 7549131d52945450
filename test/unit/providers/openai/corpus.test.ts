import { RTVIMessage } from "@pipecat-ai/client-js";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { OpenAIRealTimeWebSocketTransport } from "../../../../src/providers/openai/index.js";
import { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { damagedJson } from "../../../support/damaged.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../wire/fake-web-socket.js";
import { server } from "./scenario.js";
import { canary } from "../../../support/secrets.js";

/** What a service says in a session, but for audio: what is made of it must not pass for samples. */
const SOUND: readonly object[] = [
  { type: "session.updated", session: { type: "realtime", id: "sess_1", expires_at: 99 } },
  { type: "input_audio_buffer.speech_started", item_id: "item_u", audio_start_ms: 1 },
  { type: "conversation.item.input_audio_transcription.delta", item_id: "item_u", content_index: 0, delta: "he" },
  { type: "conversation.item.input_audio_transcription.completed", item_id: "item_u", transcript: "hello" },
  { type: "conversation.item.added", previous_item_id: null, item: { id: "item_u", type: "message", role: "user" } },
  { type: "conversation.item.truncated", item_id: "item_a", content_index: 0, audio_end_ms: 100 },
  { type: "rate_limits.updated", rate_limits: [{ name: "tokens", limit: 5, remaining: 4, reset_seconds: 1 }] },
  server.transcript("Word. ", "resp_1", "item_a"),
  server.callAdded("c1", "f", "resp_1"),
  server.callArguments("c1", '{"a":1}', { name: "f" }, "resp_1"),
  server.error({ code: "x", message: "no" }),
];

/** Audio that must not be heard. */
const NOISE: readonly string[] = ["AAAA", "A", "%%%%", 7, null, {}, "AAAA".repeat(3 * 1024 * 1024)].map((delta) =>
  JSON.stringify({ ...server.audio(20, "resp_1", "item_a"), delta }),
);

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
  const ignore = (): void => undefined;
  const manager = new ScriptedMediaManager();
  const play = vi.spyOn(manager.ports.speaker, "write");
  const transport = new OpenAIRealTimeWebSocketTransport({ api_key: canary("ek_") }, manager, {
    WebSocket: FakeWebSocketConstructor,
    reconnect: false,
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
  const callbacks = { onError: (message: RTVIMessage) => void errors.push(message) };
  transport.initialize({ transport, callbacks }, (message) => void told.push(message));
  const connecting = transport.connect();
  await vi.waitFor(() => {
    expect(FakeWebSocket.all).toHaveLength(1);
  });
  FakeWebSocket.last.open();
  await connecting;
  const announced = transport.sendReadyMessage();
  for (const type of ["session.created", "session.updated"]) {
    FakeWebSocket.last.message(JSON.stringify({ type, session: { type: "realtime", id: "sess_1" } }));
  }
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
        for (const { data } of errors) expect(data).toMatchObject({ fatal: false });

        for (const event of [server.created("resp_ok"), server.audio(20, "resp_ok", "item_ok")]) {
          FakeWebSocket.last.message(JSON.stringify(event));
        }
        expect(play).toHaveBeenCalledTimes(1);
        transport.sendMessage(new RTVIMessage("send-text", { content: "still here" }));
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
      { numRuns: 60, seed: 20_261_121, endOnFailure: true },
    );
    expect(messages).toBeGreaterThan(3_600);
  }, 60_000);
});
