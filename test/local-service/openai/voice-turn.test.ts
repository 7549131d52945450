import { describe, expect, it } from "vitest";
import { bytesToMs } from "../../../packages/local-service/src/audio/pcm.js";
import { SoundEncoder } from "../../../packages/local-service/src/audio/formats.js";
import { bestCorrelation, chunks, silence, speech } from "../../../packages/testkit/src/audio/speech.js";
import { like } from "../../../packages/testkit/src/util/matchers.js";
import { RawClient } from "../../../packages/testkit/src/clients/raw-client.js";
import { withSession } from "../../../packages/testkit/src/worlds/with-service.js";

const PUSH_TO_TALK = { audio: { input: { turn_detection: null } } };

function vad(settings: object): object {
  return { audio: { input: { turn_detection: { type: "server_vad", ...settings } } } };
}

describe("a spoken turn", () => {
  it("is found, committed, and repeated, in the protocol's order", async () => {
    const { client } = await withSession();
    const from = client.events.length;
    client.speak(speech());
    const done = await client.event("response.done");
    expect(client.types(from).filter((type) => !type.endsWith(".delta"))).toEqual([
      "input_audio_buffer.speech_started",
      "input_audio_buffer.speech_stopped",
      "input_audio_buffer.committed",
      "conversation.item.added",
      "conversation.item.done",
      "response.created",
      "rate_limits.updated",
      "response.output_item.added",
      "conversation.item.added",
      "response.content_part.added",
      "response.output_audio.done",
      "response.output_audio_transcript.done",
      "response.content_part.done",
      "response.output_item.done",
      "conversation.item.done",
      "response.done",
    ]);
    const [started, stopped, committed] = client.events.slice(from);
    expect(new Set([started!.item_id, stopped!.item_id, committed!.item_id]).size).toBe(1);
    expect(started!.audio_start_ms).toBe(0);
    expect(stopped!.audio_end_ms).toBeGreaterThan(bytesToMs(speech().length));
    expect(committed!.previous_item_id).toBeNull();
    expect(client.of("conversation.item.added")[0]!.item).toMatchObject({
      role: "user",
      status: "completed",
      content: [{ type: "input_audio", transcript: null }],
    });
    expect(client.of("conversation.item.added")[1]).toMatchObject({
      previous_item_id: committed!.item_id,
      item: { role: "assistant", status: "in_progress", content: [] },
    });
    expect(bestCorrelation(speech(), client.heard()).value).toBeGreaterThan(0.99);
    expect(done.response).toMatchObject({
      status: "completed",
      status_details: null,
      output: [{ role: "assistant", status: "completed", content: [{ type: "output_audio" }] }],
    });
    expect(done.response.usage.total_tokens).toBe(done.response.usage.input_tokens + done.response.usage.output_tokens);
    expect(done.response.usage.input_token_details.audio_tokens).toBeGreaterThan(10);
    expect(JSON.stringify(done)).not.toContain('"audio":"');
    const words = client.of("response.output_audio_transcript.delta").map(({ delta }) => delta);
    expect(words.length).toBeGreaterThan(2);
    expect(words.join("")).toBe(client.of("response.output_audio_transcript.done")[0]!.transcript);
  });

  it("begins with the prefix padding that the session asks for", async () => {
    for (const padding of [100, 600]) {
      const { client } = await withSession({}, vad({ prefix_padding_ms: padding }));
      client.speak(Buffer.concat([silence(5000), speech()]));
      const started = await client.event("input_audio_buffer.speech_started");
      expect(Math.abs(started.audio_start_ms - (5000 - padding))).toBeLessThan(120);
      await client.event("response.done");
      const lag = bestCorrelation(speech(), client.heard(), 900).lagMs;
      expect(Math.abs(lag - padding)).toBeLessThan(120);
      await client.close();
    }
  });

  it("keeps what the turn left, for the next turn", async () => {
    const { client } = await withSession();
    client.speak(speech());
    await client.event("response.done");
    const from = client.events.length;
    client.speak(speech());
    await client.event("response.done", from);
    expect(client.of("input_audio_buffer.committed")).toHaveLength(2);
    expect(client.of("input_audio_buffer.committed")[1]!.previous_item_id).toBe(
      client.of("response.output_item.done")[0]!.item.id,
    );
  });

  it("is not answered with create_response off", async () => {
    const { client } = await withSession({}, vad({ create_response: false }));
    client.speak(speech());
    await client.event("input_audio_buffer.committed");
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(client.of("response.created")).toEqual([]);
    client.send("response.create");
    await client.event("response.done");
    expect(bestCorrelation(speech(), client.heard()).value).toBeGreaterThan(0.99);
  });

  it("ends sooner for an eager semantic_vad", async () => {
    const ends: number[] = [];
    for (const eagerness of ["high", "low"]) {
      const session = { audio: { input: { turn_detection: { type: "semantic_vad", eagerness } } } };
      const { client } = await withSession({}, session);
      client.speak(speech(), 1500);
      ends.push((await client.event("input_audio_buffer.speech_stopped")).audio_end_ms);
    }
    expect(Math.abs(ends[1]! - ends[0]! - 750)).toBeLessThanOrEqual(20);
  });

  it("is transcribed when the session wants it: there is no recogniser, and it says so", async () => {
    const { client } = await withSession({}, { audio: { input: { transcription: { model: "whisper-1" } } } });
    client.speak(speech());
    const completed = await client.event("conversation.item.input_audio_transcription.completed");
    expect(completed).toMatchObject({
      content_index: 0,
      transcript: like(/^\(speech, \d\.\d s\)$/),
      usage: { type: "duration" },
    });
    const deltas = client.of("conversation.item.input_audio_transcription.delta");
    expect(deltas.map(({ delta }) => delta).join("")).toBe(completed.transcript);
    expect(deltas.every((delta) => delta.item_id === completed.item_id)).toBe(true);
  });

  it("hears what the script says", async () => {
    const script = [{ heard: "what time is it", say: "Noon." }, { heard: "thanks" }];
    const { client } = await withSession({ script }, { audio: { input: { transcription: { model: "x" } } } });
    client.speak(speech());
    const first = await client.event("response.done");
    expect(RawClient.words(first)).toBe("Noon.");
    const heard = await client.event("conversation.item.input_audio_transcription.completed");
    expect(heard.transcript).toBe("what time is it");
    const from = client.events.length;
    client.speak(speech());
    const second = await client.event("response.done", from);
    expect(RawClient.words(second)).toBe("You said: thanks");
  });

  it.each(["audio/pcmu", "audio/pcma"] as const)("works over %s", async (type) => {
    const { client } = await withSession({}, { audio: { input: { format: { type } }, output: { format: { type } } } });
    const line = new SoundEncoder(type).push(Buffer.concat([speech(), silence(800)]));
    for (let from = 0; from < line.length; from += 160) {
      client.send("input_audio_buffer.append", { audio: line.subarray(from, from + 160).toString("base64") });
    }
    await client.event("response.done");
    const seconds = client.heard().length / 8000;
    expect(Math.abs(seconds - speech().length / 48_000)).toBeLessThan(0.5);
  });
});

describe("the input buffer", () => {
  it.each([
    ["not base64!", /base64/],
    ["AAA", /base64/],
    ["AAAA", /odd/],
    ["A".repeat(15 * 1024 * 1024 + 4), /15 MiB/],
  ])("refuses broken sound (%#)", async (audio, message) => {
    const { client } = await withSession();
    client.send("input_audio_buffer.append", { audio });
    const { error } = await client.event("error");
    expect(error).toMatchObject({ code: "invalid_value", param: "audio" });
    expect(error.message).toMatch(message);
  });

  it("answers push to talk when asked, and not before", async () => {
    const { client } = await withSession({}, PUSH_TO_TALK);
    client.speak(speech());
    client.send("input_audio_buffer.commit");
    const { item_id: id } = await client.event("input_audio_buffer.committed");
    expect(client.of("input_audio_buffer.speech_started")).toEqual([]);
    client.send("response.create");
    await client.event("response.done");
    expect(bestCorrelation(speech(), client.heard()).value).toBeGreaterThan(0.99);
    client.send("conversation.item.retrieve", { item_id: id });
    const { item } = await client.event("conversation.item.retrieved");
    const kept = Buffer.from(item.content[0]!.audio!, "base64");
    expect(kept).toEqual(Buffer.concat([speech(), silence(800)]));
  });

  it("refuses to commit less than 100 ms", async () => {
    const { client } = await withSession({}, PUSH_TO_TALK);
    client.send("input_audio_buffer.commit", { event_id: "c1" });
    expect((await client.event("error")).error).toMatchObject({
      code: "input_audio_buffer_commit_empty",
      event_id: "c1",
      message: like(/0\.00ms/),
    });
    for (const chunk of chunks(silence(99))) {
      client.send("input_audio_buffer.append", { audio: chunk.toString("base64") });
    }
    const from = client.events.length;
    client.send("input_audio_buffer.commit");
    expect((await client.event("error", from)).error.message).toContain("99.00ms");
  });

  it("forgets on clear", async () => {
    const { client } = await withSession({}, PUSH_TO_TALK);
    client.speak(speech());
    client.send("input_audio_buffer.clear");
    await client.event("input_audio_buffer.cleared");
    client.send("input_audio_buffer.commit");
    expect((await client.event("error")).error.code).toBe("input_audio_buffer_commit_empty");
  });

  it("commits by hand in the middle of a turn, once", async () => {
    const { client } = await withSession();
    client.speak(speech(), 0);
    client.send("input_audio_buffer.commit");
    const started = await client.event("input_audio_buffer.speech_started");
    expect((await client.event("input_audio_buffer.committed")).item_id).toBe(started.item_id);
    client.speak(silence(900), 0);
    client.send("session.update", { session: { type: "realtime" } });
    await client.event("session.updated");
    expect(client.of("input_audio_buffer.speech_stopped")).toEqual([]);
    expect(client.of("input_audio_buffer.committed")).toHaveLength(1);
  });

  it("asks whether anybody is there after idle_timeout_ms", async () => {
    const { client } = await withSession(
      { replySpeed: 100 },
      { output_modalities: ["text"], ...vad({ idle_timeout_ms: 80 }) },
    );
    await client.ask("hi");
    client.speak(silence(400), 0);
    const from = client.events.length;
    const timeout = await client.event("input_audio_buffer.timeout_triggered");
    expect(timeout.audio_end_ms - timeout.audio_start_ms).toBeLessThanOrEqual(80);
    expect((await client.event("input_audio_buffer.committed")).item_id).toBe(timeout.item_id);
    const done = await client.event("response.done", from);
    expect(RawClient.words(done)).toBe("Are you still there?");
  });
});
