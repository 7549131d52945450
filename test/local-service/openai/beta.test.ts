import { describe, expect, it } from "vitest";
import { bestCorrelation, speech } from "../../../packages/testkit/src/audio/speech.js";
import { RawClient } from "../../../packages/testkit/src/clients/raw-client.js";
import { withSession } from "../../../packages/testkit/src/worlds/with-service.js";

describe("a gateway of the beta dialect", () => {
  it("has a flat session", async () => {
    const { client } = await withSession({ dialect: "beta" });
    const { session } = client.events[0]!;
    expect(session).toMatchObject({
      modalities: ["audio", "text"],
      voice: "marin",
      input_audio_format: "pcm16",
      turn_detection: { type: "server_vad" },
      max_response_output_tokens: "inf",
    });
    expect(session.type).toBeUndefined();
    expect(session.audio).toBeUndefined();
    client.send("session.update", {
      session: {
        modalities: ["text"],
        temperature: 0.7,
        voice: "ash",
        input_audio_transcription: { model: "x" },
        turn_detection: null,
      },
    });
    expect((await client.event("session.updated")).session).toMatchObject({
      modalities: ["text"],
      voice: "ash",
      input_audio_transcription: { model: "x" },
      turn_detection: null,
    });
    client.send("session.update", { session: { volume: 11 } });
    expect((await client.event("error")).error.code).toBe("unknown_parameter");
  });

  it("speaks with beta's words", async () => {
    const { client } = await withSession({ dialect: "beta" });
    client.speak(speech());
    const { response } = await client.event("response.done");
    const types = new Set(client.types());
    for (const type of [
      "response.audio.delta",
      "response.audio.done",
      "response.audio_transcript.done",
      "conversation.item.created",
    ]) {
      expect(types).toContain(type);
    }
    expect(
      [...types].filter((type) => /output_audio|output_text|conversation\.item\.(added|done)$/.test(type)),
    ).toEqual([]);
    expect(response.output[0]!.content[0]!.type).toBe("audio");
    expect(response.modalities).toEqual(["audio", "text"]);
    const sound = client.of("response.audio.delta").map(({ delta }) => Buffer.from(delta, "base64"));
    expect(bestCorrelation(speech(), Buffer.concat(sound)).value).toBeGreaterThan(0.99);
  });

  it("takes text answers per response, and GA's shapes too", async () => {
    const { client } = await withSession({ dialect: "beta" });
    const { response } = await client.ask("hi", {
      modalities: ["text"],
      temperature: 0.9,
      max_response_output_tokens: 100,
    });
    expect(response.output[0]!.content[0]).toEqual({ type: "text", text: "You said: hi" });
    const second = await client.ask("ho", { output_modalities: ["text"] });
    expect(RawClient.words(second)).toBe("You said: ho");
    const seed = { type: "message", role: "assistant", content: [{ type: "text", text: "earlier" }] };
    const from = client.events.length;
    client.send("conversation.item.create", { item: seed });
    expect((await client.event("conversation.item.created", from)).item.content).toEqual([
      { type: "text", text: "earlier" },
    ]);
    client.send("session.update", { session: { type: "realtime", instructions: "x" } });
    expect((await client.event("session.updated")).session.instructions).toBe("x");
  });
});
