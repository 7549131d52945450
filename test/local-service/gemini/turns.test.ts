import { describe, expect, it } from "vitest";
import { bytesToMs } from "../../../packages/local-service/src/audio/pcm.js";
import { answerClip } from "../../../packages/local-service/src/audio/voice.js";
import { Resampler } from "../../../packages/local-service/src/audio/resample.js";
import { GeminiClient } from "../../../packages/testkit/src/clients/gemini-client.js";
import { bestCorrelation, chunks, silence, speech } from "../../../packages/testkit/src/audio/speech.js";
import { withService } from "../../../packages/testkit/src/worlds/with-service.js";

const TEXT = { generationConfig: { responseModalities: ["TEXT"] } };
const MANUAL = { realtimeInputConfig: { automaticActivityDetection: { disabled: true } } };

function audio(pcm: Buffer, mimeType = "audio/pcm;rate=24000"): object {
  return { mimeType, data: pcm.toString("base64") };
}

describe("a spoken turn", () => {
  it("is found, transcribed, repeated, and completed in the protocol's order", async () => {
    const service = await withService();
    const client = await GeminiClient.start(service, { inputAudioTranscription: {}, outputAudioTranscription: {} });
    const from = client.messages.length;
    client.speak(speech());
    const end = await client.next("turnComplete", from);
    const kinds = new Set(client.kinds(from));
    expect([...kinds]).toEqual([
      "inputTranscription",
      "modelTurn",
      "outputTranscription",
      "generationComplete",
      "turnComplete",
    ]);
    expect(client.understood()).toMatch(/^\(speech, \d\.\d s\)$/);
    expect(client.words()).toBe(`You said: ${client.understood()}`);
    expect(bestCorrelation(speech(), client.heard()).value).toBeGreaterThan(0.99);
    const { promptTokenCount = 0, responseTokenCount = 0, totalTokenCount } = end.usageMetadata ?? {};
    expect(promptTokenCount).toBeGreaterThan(10);
    expect(responseTokenCount).toBeGreaterThan(10);
    expect(totalTokenCount).toBe(promptTokenCount + responseTokenCount);
    expect(client.frames.every(({ binary }) => binary)).toBe(true);
  });

  it("is understood at any rate, in the legacy form, and in binary frames", async () => {
    for (const [rate, wrap] of [
      [16_000, (blob: object) => ({ realtimeInput: { audio: blob } })],
      [48_000, (blob: object) => ({ realtime_input: { media_chunks: [blob] } })],
      [24_000, (blob: object) => ({ realtimeInput: { mediaChunks: [blob] } })],
    ] as const) {
      const client = await GeminiClient.start(await withService());
      const resampler = new Resampler(24_000, rate);
      for (const chunk of chunks(Buffer.concat([speech(), silence(800)]))) {
        const message = wrap(audio(resampler.push(chunk), `audio/pcm;rate=${rate}`));
        client.socket.send(Buffer.from(JSON.stringify(message)));
      }
      await client.next("turnComplete");
      expect(bestCorrelation(speech(), client.heard()).value).toBeGreaterThan(0.9);
      expect(client.kinds()).not.toContain("inputTranscription");
      expect(client.words()).toBe("");
    }
  });

  it("takes the client's word for where it begins and ends, when that is agreed", async () => {
    const service = await withService();
    const client = await GeminiClient.start(service, MANUAL);
    client.speak(speech(), 2000);
    client.send({ realtimeInput: { activityStart: {} } });
    client.speak(speech(), 0);
    client.send({ realtimeInput: { activityEnd: {} } });
    client.send({ realtimeInput: { activityEnd: {} } });
    await client.next("turnComplete");
    const spoken = `(speech, ${(bytesToMs(speech().length) / 1000).toFixed(1)} s)`;
    expect(service.sessions[0]!.items[0]).toMatchObject({ role: "user", parts: [{ transcript: spoken }] });
    expect(service.sessions[0]!.items).toHaveLength(2);
    expect(bestCorrelation(speech(), client.heard()).lagMs).toBeLessThan(50);
  });

  it("ends with the stream, without a silence", async () => {
    const client = await GeminiClient.start(await withService());
    client.speak(speech(), 0);
    client.send({ realtimeInput: { audioStreamEnd: true } });
    await client.next("turnComplete");
    const from = client.messages.length;
    client.send({ realtimeInput: { audioStreamEnd: true } });
    client.speak(speech());
    await client.next("turnComplete", from);
    expect(client.heard(from).length).toBeGreaterThan(speech().length * 0.8);
  });
});

describe("text", () => {
  it("is acknowledged in sound, or in text parts", async () => {
    const client = await GeminiClient.start(await withService(), { outputAudioTranscription: {} });
    expect(await client.ask("hello")).toBe("You said: hello");
    expect(client.heard()).toEqual(answerClip().pcm);
    const writer = await GeminiClient.start(await withService(), TEXT);
    expect(await writer.ask("hello")).toBe("You said: hello");
    expect(writer.heard()).toHaveLength(0);
    expect(writer.kinds()).not.toContain("outputTranscription");
  });

  it("accumulates without turnComplete, and belongs to the turn when typed while speaking", async () => {
    const service = await withService();
    const client = await GeminiClient.start(service, TEXT);
    client.send({ clientContent: { turns: [{ role: "user", parts: [{ text: "one" }] }], turnComplete: false } });
    expect(await client.ask("two")).toBe("You said: one two");
    let from = client.messages.length;
    client.send({ realtimeInput: { text: "three" } });
    await client.next("turnComplete", from);
    expect(client.words(from)).toBe("You said: three");
    from = client.messages.length;
    client.speak(speech().subarray(0, 48_000), 0);
    client.send({ realtimeInput: { text: "typed" } });
    client.speak(silence(800), 0);
    await client.next("turnComplete", from);
    expect(client.words(from)).toMatch(/^You said: \(speech, .*\) typed$/);
  });

  it("comes with what was seen", async () => {
    const client = await GeminiClient.start(await withService(), TEXT);
    client.send({ realtimeInput: { video: { mimeType: "image/jpeg", data: "AAAA" } } });
    client.send({ realtimeInput: { text: "look" } });
    await client.next("turnComplete");
    expect(client.words()).toBe("You said: look (image, image/jpeg)");
    expect(await client.ask("again")).toBe("You said: again");
  });

  it("restores history in the beginning, without an answer", async () => {
    const service = await withService();
    const client = await GeminiClient.start(service, {
      ...TEXT,
      model: "models/gemini-3.1-flash-live",
      historyConfig: { initialHistoryInClientContent: true },
    });
    const turns = [
      { role: "user", parts: [{ text: "I am Ada." }] },
      { role: "model", parts: [{ text: "Hello, Ada." }] },
    ];
    client.send({ clientContent: { turns, turnComplete: true } });
    client.send({ realtimeInput: { text: "Who am I?" } });
    await client.next("turnComplete");
    expect(client.words()).toBe("You said: Who am I?");
    expect(service.sessions[0]!.items.slice(0, 2)).toEqual(turns);
    client.write("more");
    expect(await client.closed).toMatchObject({ code: 1007 });
  });

  it("greets when asked to, and not when somebody comes first", async () => {
    const service = await withService({ greet: true, greetAfterMs: 30 });
    const client = await GeminiClient.start(service);
    await client.next("turnComplete");
    expect(client.heard()).toEqual(speech());
    const other = await GeminiClient.start(await withService({ greet: true, greetAfterMs: 60 }), TEXT);
    expect(await other.ask("first")).toBe("You said: first");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(other.words()).toBe("You said: first");
  });
});

describe("an answer", () => {
  const slow = { replySpeed: 4, playbackSpeed: 1 };

  it("is interrupted by speech: interrupted, turnComplete, and no generationComplete", async () => {
    const service = await withService(slow);
    const client = await GeminiClient.start(service);
    client.write("hello");
    await client.next("modelTurn");
    const from = client.messages.length;
    client.speak(speech());
    await client.next("turnComplete", from);
    expect(
      client
        .kinds(from)
        .filter((kind) => kind !== "modelTurn")
        .slice(0, 2),
    ).toEqual(["interrupted", "turnComplete"]);
    expect(client.heard().length).toBeLessThan(answerClip().pcm.length);
    const [, answer] = service.sessions[0]!.items;
    expect(JSON.stringify(answer)).not.toContain("hello");
    await client.next("generationComplete", from);
  });

  it("is interrupted while it is only believed to be heard", async () => {
    const client = await GeminiClient.start(await withService({ replySpeed: 40, playbackSpeed: 1 }));
    client.write("hello");
    await client.next("generationComplete");
    expect(client.kinds()).not.toContain("turnComplete");
    client.send({ realtimeInput: { text: "no" } });
    await client.next("interrupted");
    expect(client.kinds().slice(-2)).toContain("turnComplete");
  });

  it("is interrupted by content and by activityStart, and not twice", async () => {
    const client = await GeminiClient.start(await withService(slow), MANUAL);
    client.write("hello");
    await client.next("modelTurn");
    client.write("stop");
    await client.next("interrupted");
    const from = client.messages.length;
    await client.next("modelTurn", from);
    client.send({ realtimeInput: { activityStart: {} } });
    client.send({ realtimeInput: { activityStart: {} } });
    await client.next("interrupted", from);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.messages.slice(from).filter(({ serverContent }) => serverContent?.interrupted)).toHaveLength(1);
  });

  it("is spoken to its end under NO_INTERRUPTION, and the next follows", async () => {
    const service = await withService({ replySpeed: 8, playbackSpeed: 8 });
    const client = await GeminiClient.start(service, {
      realtimeInputConfig: { activityHandling: "NO_INTERRUPTION" },
      outputAudioTranscription: {},
    });
    client.write("hello");
    await client.next("modelTurn");
    client.speak(speech());
    await client.next("turnComplete");
    const from = client.messages.length;
    expect(client.kinds()).not.toContain("interrupted");
    await client.next("turnComplete", from);
    expect(client.words(from)).toMatch(/^You said: \(speech/);
  });

  it("is cut before its first sound, and then was never given", async () => {
    const service = await withService({ replyDelayMs: 200 });
    const client = await GeminiClient.start(service, TEXT);
    client.write("one");
    client.write("two");
    await client.next("generationComplete");
    expect(client.words()).toBe("You said: one two");
    expect(service.sessions[0]!.items.map(({ role }) => role)).toEqual(["user", "user", "model"]);
  });
});
