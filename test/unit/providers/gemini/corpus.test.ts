import { describe } from "vitest";
import { GeminiLiveWebsocketTransport } from "../../../../src/providers/gemini/index.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";
import { standsNonsense } from "../nonsense.js";
import { pcm, server } from "../../../../packages/testkit/src/messages/gemini.js";

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

describe("a Gemini service that sends nonsense", () => {
  standsNonsense({
    transport: (manager, options) => new GeminiLiveWebsocketTransport({ api_key: canary() }, manager, options),
    opening: [{ setupComplete: {} }],
    sound: SOUND,
    noise: NOISE,
    answer: [server.complete, server.audio(20)],
    after: [server.complete],
    runs: 30,
  });
});
