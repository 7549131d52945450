import { describe, expect, it } from "vitest";
import { Resampler } from "../../../packages/local-service/src/audio/resample.js";
import { like } from "../../../packages/testkit/src/util/matchers.js";
import type { PipecatRawClient } from "../../../packages/testkit/src/clients/pipecat-client.js";
import { bestCorrelation, chunks, silence, speech } from "../../../packages/testkit/src/audio/speech.js";
import { withBot } from "./support.js";

/** Both channels of one voice. */
function stereo(pcm: Buffer): Buffer {
  const both = Buffer.alloc(pcm.length * 2);
  for (let offset = 0; offset < pcm.length; offset += 2) {
    both.writeInt16LE(pcm.readInt16LE(offset), offset * 2);
    both.writeInt16LE(pcm.readInt16LE(offset), offset * 2 + 2);
  }
  return both;
}

describe("a spoken turn", () => {
  it("is transcribed and repeated, in the protocol's order", async () => {
    const { service, client } = await withBot();
    const from = client.received.length;
    const startedAt = performance.now();
    client.speak(speech());
    const stopped = await client.event("bot-stopped-speaking");
    const speaking = client.of("bot-started-speaking")[0]!;
    const kinds = client.types(from).filter((type) => !["(audio)", "bot-tts-text", "bot-output"].includes(type));
    expect(kinds).toEqual([
      "user-started-speaking",
      "user-transcription",
      "user-stopped-speaking",
      "user-llm-text",
      "bot-llm-started",
      "metrics",
      "bot-llm-text",
      "bot-transcription",
      "bot-llm-stopped",
      "bot-tts-started",
      "metrics",
      "bot-started-speaking",
      "bot-tts-stopped",
      "bot-stopped-speaking",
    ]);
    const transcripts = client.of("user-transcription").map(({ data }) => data);
    expect(transcripts).toMatchObject([
      { text: like(/^\(speech, \d\.\d$/), final: false },
      { text: like(/^\(speech, \d\.\d s\)$/), final: true, user_id: "", timestamp: like(/^\d{4}-.*\.\d{3}\+00:00$/) },
    ]);
    expect(client.words()).toBe(`You said: ${String(transcripts[1]!.text)}`);
    expect(new Set(client.sounds.map(({ rate, channels }) => `${rate} ${channels}`))).toEqual(new Set(["24000 1"]));
    expect(bestCorrelation(speech(), client.heard()).value).toBeGreaterThan(0.99);
    // Sent ahead, forty times as fast as it plays; over when it would have been played.
    const playsMs = client.heard().length / 48;
    expect(client.of("bot-tts-stopped")[0]!.at - startedAt).toBeLessThan(playsMs / 2);
    expect(stopped.at - speaking.at).toBeGreaterThan(playsMs - 30);
    expect(service.sessions[0]!.items).toEqual([
      { role: "user", content: transcripts[1]!.text },
      { role: "assistant", content: client.words() },
    ]);
    for (const type of ["user-started-speaking", "bot-llm-started", "bot-tts-stopped", "bot-stopped-speaking"]) {
      expect(client.of(type)[0]!.keys).toEqual(["label", "type"]);
    }
    expect(client.of("metrics").map(({ data }) => Object.keys(data))).toEqual([
      ["ttfb", "processing"],
      ["ttfb", "characters"],
    ]);
  });

  it("shows how far the voice has come", async () => {
    const { client } = await withBot({ script: [{ heard: "what time is it", say: "It is noon. Go." }] });
    client.speak(speech());
    await client.event("bot-stopped-speaking");
    const outputs = client.of("bot-output").map(({ data }) => data);
    const ids = [...new Set(outputs.map(({ segment_id: id }) => id))];
    expect(ids).toHaveLength(2);
    const spoken = (text: string, id: unknown, status: string, accumulated: string, remaining: string): object => ({
      text,
      aggregated_by: "sentence",
      segment_id: id,
      will_be_spoken: true,
      spoken_status: status,
      spoken_progress: { accumulated_text: accumulated, remaining_text: remaining },
    });
    expect(outputs).toEqual([
      spoken("It is noon.", ids[0], "new", "", "It is noon."),
      spoken("It is noon.", ids[0], "in-progress", "It", "is noon."),
      spoken("It is noon.", ids[0], "in-progress", "It is", "noon."),
      spoken("It is noon.", ids[0], "completed", "It is noon.", ""),
      spoken("Go.", ids[1], "new", "", "Go."),
      spoken("Go.", ids[1], "completed", "Go.", ""),
    ]);
    expect(client.of("bot-tts-text").map(({ data }) => data.text)).toEqual(["It", "is", "noon.", "Go."]);
    expect(client.of("bot-transcription").map(({ data }) => data.text)).toEqual(["It is noon.", "Go."]);
  });

  it.each([
    [16_000, 1],
    [48_000, 2],
    [44_100, 1],
  ])("is heard at %d Hz in %d channels", async (rate, channels) => {
    const { client } = await withBot();
    const line = new Resampler(24_000, rate).push(Buffer.concat([speech(), silence(800)]));
    const sound = channels === 2 ? stereo(line) : line;
    for (const chunk of chunks(sound)) client.audio(chunk, rate, channels);
    await client.event("bot-tts-stopped");
    expect(bestCorrelation(speech(), client.heard()).value).toBeGreaterThan(0.97);
  });

  it.each(["raw-audio", "raw-audio-batch"])("is heard in messages: %s", async (type) => {
    const { client } = await withBot();
    const pieces = chunks(Buffer.concat([speech(), silence(800)]), 200).map((pcm) => pcm.toString("base64"));
    const shape = { sampleRate: 24_000, numChannels: 1 };
    if (type === "raw-audio") for (const base64Audio of pieces) client.send(type, { base64Audio, ...shape });
    else client.send(type, { base64AudioBatch: pieces, ...shape });
    await client.event("bot-tts-stopped");
    expect(bestCorrelation(speech(), client.heard()).value).toBeGreaterThan(0.99);
  });
});

describe("barge-in", () => {
  async function speakInto(client: PipecatRawClient): Promise<number> {
    client.send("send-text", { content: "tell me a story" });
    await client.event(({ type, data }) => type === "bot-tts-text" && data.text === "said:");
    const from = client.received.length;
    client.speak(speech(), 0);
    await client.event("bot-interrupted", from);
    return from;
  }

  it("stops the answer, and tells the client to forget the rest", async () => {
    const { service, client } = await withBot({ replySpeed: 1 });
    const from = await speakInto(client);
    // Longer than the pause between two chunks of sound.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await client.request("client-message", { t: "after" });
    const cut = client.received.findIndex(({ type }) => type === "bot-interrupted");
    const before = client.received.slice(from, cut).map(({ type }) => type);
    expect(before.filter((type) => type.startsWith("user-") || type === "(interruption)")).toEqual([
      "user-started-speaking",
      "(interruption)",
    ]);
    expect(client.types(cut)).toEqual([
      "bot-interrupted",
      "bot-tts-stopped",
      "bot-stopped-speaking",
      "server-response",
    ]);
    expect(service.sessions[0]!.items).toEqual([
      { role: "user", content: "tell me a story" },
      { role: "assistant", content: "You said:" },
    ]);
    client.speak(silence(800), 0);
    await client.event("bot-started-speaking", from);
    expect(client.words(from)).toMatch(/^You said: \(speech/);
  });

  it("goes on sending sound for a while, with the fault of that name", async () => {
    const { client } = await withBot({ replySpeed: 1, faults: { lateDeltas: true } });
    const from = await speakInto(client);
    const cut = client.received.findIndex(({ type }) => type === "bot-interrupted");
    await expect.poll(() => client.of("(audio)", Math.max(cut, from)).length).toBeGreaterThan(2);
  });

  it("is no interruption when the bot is silent", async () => {
    const { client } = await withBot();
    client.speak(speech());
    await client.event("bot-started-speaking");
    expect(client.types()).not.toContain("(interruption)");
    expect(client.types()).not.toContain("bot-interrupted");
  });
});
