import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeWebSocket } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { bot, bytesOf, ready, samples, turn } from "./rig.js";

/**
 * Well-formed frames, to be damaged once each. No audio among them, and texts of odd length: a flipped bit can make an
 * audio frame of a text frame, and what is in it may not pass for samples.
 */
const SOUND: readonly ArrayBuffer[] = [
  bot.rtvi("user-transcription", { text: "hello", final: true, timestamp: "t", user_id: "u" }),
  bot.rtvi("bot-ready", { version: "2.1.0" }),
  bot.rtvi("llm-function-call-in-progress", { tool_call_id: "c", function_name: "f", arguments: {} }),
  bot.rtvi("bot-output", { text: "x", aggregated_by: "word", spoken_status: "new" }),
  bot.interruption(),
  bytesOf({ $case: "text", value: { id: 1n, name: "n", text: "hey" } }),
  bytesOf({ $case: "transcription", value: { id: 1n, name: "n", text: "hey", userId: "u", timestamp: "t" } }),
];

/** Audio that must not be heard, whatever is made of it. */
const NOISE: readonly ArrayBuffer[] = [
  bot.audio(new Uint8Array(333)),
  bot.pcm(samples(481), { numChannels: 2 }),
  bot.pcm(samples(480), { sampleRate: 7 }),
  bot.pcm(samples(480), { sampleRate: 0xffff_ffff }),
  bot.pcm(samples(480), { numChannels: 0xffff_ffff }),
];

const damaged = fc
  .tuple(fc.constantFrom(...SOUND), fc.nat(400), fc.nat(255), fc.constantFrom("flip", "cut", "double", "insert"))
  .map(([frame, at, byte, how]): ArrayBuffer => {
    const bytes = [...new Uint8Array(frame)];
    const place = at % bytes.length;
    if (how === "flip") bytes[place] = byte;
    else if (how === "cut") bytes.length = place;
    else if (how === "double") bytes.push(...bytes);
    else bytes.splice(place, 0, byte);
    return Uint8Array.from(bytes).buffer;
  });

const nonsense = fc.oneof(
  { weight: 4, arbitrary: damaged },
  fc.constantFrom(...NOISE),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes).buffer),
  fc.string(),
  fc.json(),
  fc.jsonValue().map((data) => bot.rtvi("error", data)),
  fc
    .tuple(fc.constantFrom("bot-ready", "user-transcription", "server-response", "metrics", "toString"), fc.jsonValue())
    .map(([type, data]) => bot.rtvi(type, data)),
  fc.jsonValue().map((message) => bot.message(message)),
);

describe("a server that sends nonsense", () => {
  it("crashes nothing, plays nothing, and leaves a session that works or one that ended with an error", async () => {
    let frames = 0;
    let ended = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(nonsense, { minLength: 70, maxLength: 90 }), async (corpus) => {
        const rig = await ready();
        for (const frame of corpus) FakeWebSocket.last.message(frame);
        frames += corpus.length;
        await turn();
        const items = rig.speaker.heard.flatMap(({ pcm }) => [...pcm]);
        expect(items).toEqual([]);
        if (rig.transport.state === "ready") {
          await rig.receive(bot.pcm(samples(3)), bot.rtvi("bot-tts-text", { text: "still here" }));
          expect(rig.speaker.heard).toHaveLength(1);
          expect(rig.of("bot-tts-text")).toContainEqual({ text: "still here" });
          expect(
            rig.errors.filter(({ data }) => (data as { code?: string }).code === "protocol-error").length,
          ).toBeLessThan(17);
        } else {
          ended += 1;
          // Somebody said { fatal: true }.
          expect(rig.transport.state).toBe("error");
          expect(rig.errors.at(-1)).toMatchObject({ data: { code: "service-error", fatal: true } });
        }
        await rig.transport.disconnect();
        expect(rig.transport.state).toBe("disconnected");
        expect(rig.speaker.isOpen).toBe(false);
      }),
      { numRuns: 60, seed: 20_261_121, endOnFailure: true },
    );
    expect(frames).toBeGreaterThan(4_000);
    expect(ended).toBeLessThan(50);
  }, 60_000);
});
