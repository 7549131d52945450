import { describe, expect, it } from "vitest";
import { bytesToMs } from "../../../packages/local-service/src/audio/pcm.js";
import { answerClip } from "../../../packages/local-service/src/audio/voice.js";
import { bestCorrelation, speech } from "../../../packages/testkit/src/audio/speech.js";
import { like } from "../../../packages/testkit/src/util/matchers.js";
import { RawClient } from "../../../packages/testkit/src/clients/raw-client.js";
import { withSession } from "../../../packages/testkit/src/worlds/with-service.js";

/** Slow enough to be caught in the act. */
const SLOW = { replySpeed: 4 };

describe("an answer to text", () => {
  it("is a recorded voice with the words said back", async () => {
    const { client } = await withSession();
    const { response } = await client.ask("good morning");
    expect(response.output[0]!.content).toEqual([{ type: "output_audio", transcript: "You said: good morning" }]);
    expect(client.heard()).toEqual(answerClip().pcm);
    const first = client.of("response.output_audio.delta")[0]!;
    expect(first).toMatchObject({ response_id: response.id, output_index: 0, content_index: 0 });
    expect(bytesToMs(Buffer.from(first.delta, "base64").length)).toBe(120);
    expect(client.of("response.created")[0]!.response).toMatchObject({
      object: "realtime.response",
      status: "in_progress",
      output: [],
      conversation_id: like(/^conv_/),
      output_modalities: ["audio"],
    });
  });

  it("comes faster than real time, and not all at once", async () => {
    const { client } = await withSession({ replySpeed: 6 });
    const start = Date.now();
    await client.ask("good morning");
    const took = Date.now() - start;
    expect(took).toBeGreaterThan(bytesToMs(answerClip().pcm.length) / 8);
    expect(took).toBeLessThan(bytesToMs(answerClip().pcm.length) / 2);
  });

  it("is text when the session, or the response, asks for text", async () => {
    const { client } = await withSession();
    const { response } = await client.ask("good morning", { output_modalities: ["text"] });
    expect(response).toMatchObject({
      output_modalities: ["text"],
      output: [{ content: [{ type: "output_text", text: "You said: good morning" }] }],
    });
    expect(
      client
        .of("response.output_text.delta")
        .map(({ delta }) => delta)
        .join(""),
    ).toBe("You said: good morning");
    expect(client.of("response.output_text.done")[0]!.text).toBe("You said: good morning");
    expect(client.heard()).toHaveLength(0);
  });

  it("describes images, and says when there is nothing to answer", async () => {
    const { client } = await withSession({}, { output_modalities: ["text"] });
    const image = { type: "input_image", image_url: "data:image/png;base64,iVBORw0KGgo=" };
    const item = { type: "message", role: "user", content: [{ type: "input_text", text: "look" }, image] };
    client.send("conversation.item.create", { item });
    client.send("response.create");
    const done = await client.event("response.done");
    expect(RawClient.words(done)).toBe("You said: look (image, image/png)");
    const from = client.events.length;
    client.send("response.create");
    expect(RawClient.words(await client.event("response.done", from))).toBe("There is nothing to answer yet.");
  });

  it("stops at max_output_tokens, incomplete", async () => {
    const { client } = await withSession();
    const { response } = await client.ask("hello", { max_output_tokens: 8 });
    expect(response).toMatchObject({
      status: "incomplete",
      status_details: { type: "incomplete", reason: "max_output_tokens" },
      output: [{ status: "incomplete" }],
    });
  });

  it("fails when told to, and the session goes on", async () => {
    const { client } = await withSession({ faults: { failResponses: true } });
    const { response } = await client.ask("hello");
    expect(response).toMatchObject({
      status: "failed",
      output: [],
      status_details: { error: { code: "insufficient_quota" } },
    });
    expect((await client.ask("again")).response.status).toBe("failed");
  });
});

describe("responses beside each other", () => {
  it("are refused a second time in the conversation, and welcome outside it", async () => {
    const { client } = await withSession(SLOW);
    client.write("one");
    client.send("response.create");
    const { response: first } = await client.event("response.created");
    client.send("response.create", { event_id: "c2" });
    const { error } = await client.event("error");
    expect(error).toMatchObject({ code: "conversation_already_has_active_response", event_id: "c2" });
    expect(error.message).toContain(first.id);

    const input = [{ type: "message", role: "user", content: [{ type: "input_text", text: "aside" }] }];
    client.send("response.create", {
      response: { conversation: "none", input, output_modalities: ["text"], metadata: { topic: "x" } },
    });
    const aside = await client.event((event) => event.type === "response.done" && event.response.id !== first.id);
    expect(aside.response).toMatchObject({
      conversation_id: null,
      metadata: { topic: "x" },
      output: [{ content: [{ text: "You said: aside" }] }],
    });
    await client.event((event) => event.type === "response.done" && event.response.id === first.id);
    const asideItem = aside.response.output[0]!.id;
    expect(client.of("conversation.item.added").some(({ item }) => item.id === asideItem)).toBe(false);
  });

  it("take references to items of the conversation", async () => {
    const { client } = await withSession({}, { output_modalities: ["text"] });
    client.write("first");
    const { item } = await client.event("conversation.item.added");
    const from = client.events.length;
    client.send("response.create", {
      response: { conversation: "none", input: [{ type: "item_reference", id: item.id }] },
    });
    expect(RawClient.words(await client.event("response.done", from))).toBe("You said: first");
    client.send("response.create", {
      response: { conversation: "none", input: [{ type: "item_reference", id: "nope" }] },
    });
    expect((await client.event("error")).error.param).toBe("response.input[0].id");
  });
});

describe("an answer that is stopped", () => {
  it("ends as client_cancelled, closed in order", async () => {
    const { client } = await withSession(SLOW);
    client.write("tell me");
    client.send("response.create");
    await client.event("response.output_audio.delta");
    const from = client.events.length;
    client.send("response.cancel");
    const { response } = await client.event("response.done");
    expect(client.types(from).filter((type) => !type.endsWith("delta"))).toEqual([
      "response.output_audio.done",
      "response.output_audio_transcript.done",
      "response.content_part.done",
      "response.output_item.done",
      "conversation.item.done",
      "response.done",
    ]);
    expect(response).toMatchObject({
      status: "cancelled",
      status_details: { type: "cancelled", reason: "client_cancelled" },
      output: [{ status: "incomplete" }],
    });
    expect(client.heard().length).toBeLessThan(answerClip().pcm.length);
    const quiet = client.events.length;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(client.events.slice(quiet)).toEqual([]);
  });

  it("cannot be cancelled twice, nor under a wrong id", async () => {
    const { client } = await withSession(SLOW);
    client.send("response.cancel", { event_id: "c1" });
    expect((await client.event("error")).error).toMatchObject({ code: "response_cancel_not_active", event_id: "c1" });
    client.send("response.create");
    await client.event("response.created");
    client.send("response.cancel", { response_id: "resp_other" });
    await client.event("error", client.events.indexOf(client.of("error")[0]!) + 1);
    expect((await client.event("response.done")).response.status).toBe("completed");
  });

  it("is stopped by speech: turn_detected, right after speech_started", async () => {
    const { client } = await withSession(SLOW);
    client.write("tell me");
    client.send("response.create");
    await client.event("response.output_audio.delta");
    const from = client.events.length;
    client.speak(speech());
    const { response } = await client.event("response.done");
    expect(response).toMatchObject({ status: "cancelled", status_details: { reason: "turn_detected" } });
    const types = client.types(from);
    expect(types.indexOf("response.done")).toBeGreaterThan(types.indexOf("input_audio_buffer.speech_started"));
    const next = await client.event((event) => event.type === "response.done" && event.response.id !== response.id);
    expect(next.response.status).toBe("completed");
    expect(bestCorrelation(speech(), client.heard(next.response.id)).value).toBeGreaterThan(0.99);
  });

  it("goes on through speech with interrupt_response off", async () => {
    const turnDetection = { type: "server_vad", interrupt_response: false };
    const { client } = await withSession(SLOW, { audio: { input: { turn_detection: turnDetection } } });
    client.write("tell me");
    client.send("response.create");
    await client.event("response.output_audio.delta");
    client.speak(speech());
    expect((await client.event("response.done")).response.status).toBe("completed");
    expect(client.of("error")[0]!.error.code).toBe("conversation_already_has_active_response");
  });

  it("sends late deltas when told to", async () => {
    const { client } = await withSession({ ...SLOW, faults: { lateDeltas: true } });
    client.write("tell me");
    client.send("response.create");
    await client.event("response.output_audio.delta");
    client.send("response.cancel");
    const { response } = await client.event("response.done");
    const late = await client.event(
      "response.output_audio.delta",
      client.events.findIndex((e) => e.type === "response.done"),
    );
    expect(late.response_id).toBe(response.id);
    expect(client.heard().length).toBeLessThanOrEqual(answerClip().pcm.length);
  });
});
