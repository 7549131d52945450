import { describe, expect, it } from "vitest";
import { like } from "../../../packages/testkit/src/util/matchers.js";
import { withService, withSession } from "../../../packages/testkit/src/worlds/with-service.js";
import { RawClient } from "../../../packages/testkit/src/clients/raw-client.js";

describe("a session", () => {
  it("opens with the whole GA session", async () => {
    const { client, service } = await withSession();
    const created = client.events[0]!;
    expect(created).toMatchObject({
      type: "session.created",
      event_id: like(/^event_/),
      session: {
        type: "realtime",
        object: "realtime.session",
        id: service.sessions[0]!.id,
        model: "gpt-realtime",
        output_modalities: ["audio"],
        audio: {
          input: {
            format: { type: "audio/pcm", rate: 24_000 },
            turn_detection: { type: "server_vad", threshold: 0.5 },
          },
          output: { voice: "marin" },
        },
      },
    });
    const left = Number(created.session.expires_at) - Date.now() / 1000;
    expect(left).toBeGreaterThan(3500);
    expect(left).toBeLessThan(3602);
  });

  it("merges an update: only what is there changes", async () => {
    const { client } = await withSession({}, { instructions: "A", tools: [{ type: "function", name: "f" }] });
    const from = client.events.length;
    client.send("session.update", {
      event_id: "c1",
      session: {
        type: "realtime",
        audio: { input: { turn_detection: { type: "semantic_vad" }, transcription: { model: "x" } } },
      },
    });
    const { session, event_id: eventId } = await client.event("session.updated", from);
    expect(eventId).not.toBe("c1");
    expect(session).toMatchObject({
      instructions: "A",
      tools: [{ name: "f" }],
      audio: {
        input: {
          format: { type: "audio/pcm" },
          transcription: { model: "x" },
          turn_detection: { type: "semantic_vad", eagerness: "auto", create_response: true, interrupt_response: true },
        },
        output: { voice: "marin" },
      },
    });
    client.send("session.update", {
      session: { type: "realtime", instructions: "", tools: [], audio: { input: { turn_detection: null } } },
    });
    const second = await client.event("session.updated", from + 1);
    expect(second.session).toMatchObject({ instructions: "", tools: [], audio: { input: { turn_detection: null } } });
  });

  it.each([
    [{ instructions: "x" }, "missing_required_parameter", "session.type"],
    [{ type: "realtime", temperature: 0.8 }, "unknown_parameter", "session.temperature"],
    [{ type: "realtime", modalities: ["text"] }, "unknown_parameter", "session.modalities"],
    [{ type: "realtime", voice: "alloy" }, "unknown_parameter", "session.voice"],
    [{ type: "realtime", input_audio_format: "pcm16" }, "unknown_parameter", "session.input_audio_format"],
    [{ type: "realtime", output_modalities: ["audio", "text"] }, "invalid_value", "session.output_modalities"],
    [{ type: "realtime", output_modalities: ["video"] }, "invalid_value", "session.output_modalities[0]"],
    [{ type: "transcription" }, "invalid_value", "session.type"],
    [{ type: "realtime", model: "other" }, "model_change_not_allowed", "session.model"],
    [{ type: "realtime", instructions: 5 }, "invalid_type", "session.instructions"],
    [{ type: "realtime", max_output_tokens: 0 }, "invalid_value", "session.max_output_tokens"],
    [{ type: "realtime", max_output_tokens: "all" }, "invalid_value", "session.max_output_tokens"],
    [{ type: "realtime", audio: { output: { speed: 9 } } }, "invalid_value", "session.audio.output.speed"],
    [
      { type: "realtime", audio: { input: { format: { type: "audio/pcm", rate: 16_000 } } } },
      "invalid_value",
      "session.audio.input.format.rate",
    ],
    [
      { type: "realtime", audio: { input: { turn_detection: { type: "server_vad", threshold: 2 } } } },
      "invalid_value",
      "session.audio.input.turn_detection.threshold",
    ],
    [
      { type: "realtime", audio: { input: { turn_detection: { type: "psychic" } } } },
      "invalid_value",
      "session.audio.input.turn_detection.type",
    ],
    [
      { type: "realtime", tools: [{ type: "function", function: {} }] },
      "missing_required_parameter",
      "session.tools[0].name",
    ],
    [{ type: "realtime", __proto__: null, constructor: 1 }, "unknown_parameter", "session.constructor"],
  ])("refuses %j", async (session, code, param) => {
    const { client } = await withSession();
    client.send("session.update", { event_id: "c1", session });
    const { error } = await client.event("error");
    expect(error).toMatchObject({ type: "invalid_request_error", code, param, event_id: "c1" });
    client.send("session.update", { session: { type: "realtime", instructions: "still there" } });
    expect((await client.event("session.updated")).session.instructions).toBe("still there");
  });

  it.each([
    [JSON.stringify({ type: "no.such.event", event_id: "c9" }), "invalid_value", "type"],
    [JSON.stringify({ type: "constructor" }), "invalid_value", "type"],
    [JSON.stringify({ type: 5 }), "invalid_value", "type"],
    [JSON.stringify({ type: "session.update" }), "missing_required_parameter", "session"],
    [JSON.stringify({ type: "response.cancel", reason: "x" }), "unknown_parameter", "reason"],
    [JSON.stringify({ type: "output_audio_buffer.clear" }), "invalid_value", "type"],
    ["{", "invalid_json", null],
    ["[]", "invalid_json", null],
    [Buffer.from([1, 2, 3]), "invalid_json", null],
  ])("answers %s with an error and goes on", async (frame, code, param) => {
    const { client } = await withSession();
    client.socket.send(frame);
    expect((await client.event("error")).error).toMatchObject({ code, param });
    expect((await client.ask("hi")).response.status).toBe("completed");
  });

  it("settles the voice with the first sound", async () => {
    const { client } = await withSession();
    const voice = (name: string): object => ({ session: { type: "realtime", audio: { output: { voice: name } } } });
    client.send("session.update", voice("cedar"));
    await client.event("session.updated");
    await client.ask("hi");
    client.send("session.update", voice("cedar"));
    client.send("session.update", voice("alloy"));
    expect((await client.event("error")).error.code).toBe("cannot_update_voice");
    expect(client.of("session.updated")).toHaveLength(2);
  });

  it("expires with an error, then 1001 and the same words", async () => {
    const { client } = await withSession({ sessionMaxSeconds: 0.2 });
    const { error } = await client.event("error");
    expect(error).toMatchObject({ type: "invalid_request_error", code: "session_expired" });
    expect(await client.closed).toEqual({ code: 1001, reason: error.message });
    const hour = await withService();
    expect(hour.sessions).toEqual([]);
  });

  it("greets after the last of the first updates, or after a while when none comes", async () => {
    const service = await withService({ greet: true, greetAfterMs: 60 });
    const quiet = await RawClient.open(service.wsUrl);
    await quiet.event("response.output_audio.delta");
    const done = await quiet.event("response.done");
    expect(RawClient.words(done)).toBe("Hello. Say something and I will say it back.");

    const text = await RawClient.open(service.wsUrl);
    text.send("session.update", { session: { type: "realtime" } });
    text.send("session.update", { session: { type: "realtime", output_modalities: ["text"] } });
    await text.event("response.done");
    expect(text.types()).toEqual([
      "session.created",
      "conversation.created",
      "session.updated",
      "response.created",
      "rate_limits.updated",
      "response.output_item.added",
      "conversation.item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "conversation.item.done",
      "response.done",
    ]);
  });

  it("does not greet somebody who spoke first", async () => {
    const { client } = await withSession({ greet: true, greetAfterMs: 50 });
    await client.ask("hi");
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(client.of("response.done")).toHaveLength(1);
  });

  it("shows itself to tests, and can be broken by them", async () => {
    const { client, service } = await withSession({}, { instructions: "x" });
    const live = service.sessions[0]!;
    await client.ask("hi");
    expect(live.config.instructions).toBe("x");
    expect(live.items.map((item) => item.role)).toEqual(["user", "assistant"]);
    expect(service.events.map(({ type }) => type)).toContain("response.done");
    expect(JSON.stringify(service.events)).not.toContain("You said");
    live.send({ type: "made.up" });
    await client.event("made.up");
    live.drop(1011, "trouble");
    expect(await client.closed).toEqual({ code: 1011, reason: "trouble" });
    const other = await RawClient.open(service.wsUrl);
    await other.event("session.created");
    service.sessions.at(-1)!.terminate();
    expect((await other.closed).code).toBe(1006);
    expect(service.sessions).toEqual([]);
  });
});
