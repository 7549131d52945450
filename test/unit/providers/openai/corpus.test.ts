import { describe } from "vitest";
import { OpenAIRealTimeWebSocketTransport } from "../../../../src/providers/openai/index.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";
import { standsNonsense } from "../nonsense.js";
import { server } from "../../../../packages/testkit/src/messages/openai.js";

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

describe("an OpenAI service that sends nonsense", () => {
  standsNonsense({
    transport: (manager, options) => new OpenAIRealTimeWebSocketTransport({ api_key: canary("ek_") }, manager, options),
    opening: ["session.created", "session.updated"].map((type) => ({
      type,
      session: { type: "realtime", id: "sess_1" },
    })),
    sound: SOUND,
    noise: NOISE,
    answer: [server.created("resp_ok"), server.audio(20, "resp_ok", "item_ok")],
    runs: 60,
  });
});
