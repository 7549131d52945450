import { describe, expect, it } from "vitest";
import { greetingClip } from "../../../packages/local-service/src/audio/voice.js";
import { like } from "../../../packages/testkit/src/util/matchers.js";
import { PipecatRawClient } from "../../../packages/testkit/src/clients/pipecat-client.js";
import { protobufField } from "../../../packages/testkit/src/clients/protobuf-fields.js";
import { bestCorrelation, silence } from "../../../packages/testkit/src/audio/speech.js";
import { withService } from "../../../packages/testkit/src/worlds/with-service.js";
import { start, withBot } from "./support.js";

const WRITTEN = { audio_response: false };

describe("the handshake", () => {
  it("answers client-ready with bot-ready, under the same id", async () => {
    const service = await withService();
    const client = await PipecatRawClient.open((await start(service)).wsUrl);
    const ready = await client.ready();
    expect(ready.data).toEqual({ version: "2.1.0", about: { library: "rtvi-machine", platform: "local-service" } });
    expect(client.types()).toEqual(["bot-ready"]);
    expect(service.events.map(({ direction, type }) => `${direction} ${type}`)).toEqual([
      "in client-ready",
      "out bot-ready",
    ]);
  });

  it("serves clients of protocol 1 as such", async () => {
    const { client } = await withBot({}, "1.2.0");
    expect(client.of("bot-ready")[0]!.data.version).toBe("1.2.0");
    expect(client.of("error-response")).toEqual([]);
    client.send("send-text", { content: "hi" });
    await client.event("bot-stopped-speaking");
    expect(client.of("bot-output").map(({ data }) => data)).toEqual([
      { text: "You said: hi", aggregated_by: "sentence", spoken: false },
      { text: "You", aggregated_by: "word", spoken: true },
      { text: "said:", aggregated_by: "word", spoken: true },
      { text: "hi", aggregated_by: "word", spoken: true },
    ]);
  });

  it.each([
    ["3.0.0", /3\.0\.0 is not compatible with server protocol 2\.1\.0/],
    ["2.1", /Invalid client version format \(2\.1\)/],
    ["two", /Invalid client version format/],
    ["", /version unknown/],
  ])("complains of version %j, and goes on", async (version, complaint) => {
    const { client } = await withBot({}, version);
    const ready = client.of("bot-ready")[0]!;
    expect(client.of("error-response")).toMatchObject([{ id: ready.id, data: { error: like(complaint) } }]);
    expect(ready.data.version).toBe("2.1.0");
    expect((await client.request("client-message", { t: "still-there" })).type).toBe("server-response");
  });

  it("greets once", async () => {
    const { client } = await withBot({ greet: true });
    await client.event("bot-stopped-speaking");
    expect(client.words()).toBe(greetingClip().words);
    expect(bestCorrelation(greetingClip().pcm, client.heard(), 10).value).toBeGreaterThan(0.999);
    const from = client.received.length;
    await client.ready();
    await client.request("client-message", { t: "anything" });
    expect(client.types(from)).toEqual(["bot-ready", "server-response"]);
  });
});

describe("frames", () => {
  it("are read as Pipecat writes them", async () => {
    const { service, client } = await withBot();
    // Vectors of an independent implementation: sound with and without an id, a message, a text.
    client.socket.send(Buffer.from("121408011205617564696f1a040100ff7f20807d2801", "hex"));
    client.socket.send(Buffer.from("12121205617564696f1a040100ff7f20807d2801", "hex"));
    client.socket.send(Buffer.from("22040a027b7d", "hex"));
    client.socket.send(Buffer.from("0a0608011a026869", "hex"));
    await client.event("bot-stopped-speaking");
    // Two frames of two samples at 16 kHz.
    expect(Math.abs(service.sessions[0]!.receivedMs - 0.25)).toBeLessThan(0.06);
    expect(client.of("bot-output").at(-1)!.data).toMatchObject({ text: "hi", spoken_status: "completed" });
    expect(client.of("bot-llm-started")).toEqual([]);
    expect(service.sessions[0]!.items).toEqual([{ role: "assistant", content: "hi" }]);
  });

  it("are answered when they bring a transcription", async () => {
    const { client } = await withBot();
    const inner = Buffer.concat([protobufField(3, "what time is it"), protobufField(4, "me")]);
    client.socket.send(protobufField(3, inner));
    await client.event("bot-started-speaking");
    expect(client.types().slice(1, 6)).toEqual([
      "user-started-speaking",
      "user-transcription",
      "user-stopped-speaking",
      "user-llm-text",
      "bot-llm-started",
    ]);
    expect(client.of("user-transcription")).toMatchObject([{ data: { text: "what time is it", final: true } }]);
    expect(client.words()).toBe("You said: what time is it");
  });

  it("are dropped when they make no sense, and logged", async () => {
    const { service, client } = await withBot();
    const bad = [
      "not binary",
      Buffer.from([0x22, 0xff, 0x01]),
      Buffer.alloc(0),
      Buffer.from("32020801", "hex"),
      Buffer.from("2a020801", "hex"),
      protobufField(4, protobufField(1, "not json")),
      protobufField(4, protobufField(1, "[]")),
      protobufField(4, protobufField(1, '{"label":"other","type":"send-text"}')),
    ];
    for (const frame of bad) client.socket.send(frame);
    for (const [rate, channels] of [
      [0, 1],
      [400_000, 1],
      [16_000, 0],
      [16_000, 9],
    ]) {
      client.audio(silence(20), rate, channels);
    }
    const from = client.received.length;
    expect((await client.request("client-message", { t: "still-there" })).type).toBe("server-response");
    expect(client.types(from)).toEqual(["server-response"]);
    expect(service.events.filter(({ type }) => type === "(dropped)")).toHaveLength(11);
    expect(service.sessions[0]!.receivedMs).toBe(0);
  });

  it("end the session when they are larger than 1 MiB", async () => {
    const { client } = await withBot();
    client.socket.send(Buffer.alloc(1024 * 1024 + 1));
    expect((await client.closed).code).toBe(1009);
  });
});

describe("a client's messages", () => {
  it("get their answers, with their id", async () => {
    const { client } = await withBot();
    expect(await client.request("client-message", { t: "echo", d: { deep: [1, null] } })).toMatchObject({
      type: "server-response",
      data: { t: "echo", d: { deep: [1, null] } },
    });
    expect((await client.request("client-message", { t: "bare" })).data).toEqual({ t: "bare" });
    expect(await client.request("client-message", { t: "fail", d: "no luck" })).toMatchObject({
      type: "error-response",
      data: { error: "no luck" },
    });
    await client.request("client-message", { t: "error", d: { error: "broken", fatal: true } });
    const error = client.of("error")[0]!;
    expect(error).toMatchObject({ data: { error: "broken", fatal: true }, keys: ["label", "type", "data"] });
  });

  it.each([
    ["append-to-context", { role: "user", content: "x" }, "Unsupported type append-to-context"],
    ["__proto__", {}, "Unsupported type __proto__"],
    ["client-message", {}, /Invalid message: t/],
    ["client-message", null, /Invalid message: t/],
    ["send-text", { content: 5 }, /Invalid message: content/],
    ["dtmf", { buttons: [] }, /Invalid message: buttons/],
    ["dtmf", { buttons: ["12"] }, /Invalid message: buttons/],
    ["dtmf", {}, /Invalid message: buttons/],
    ["raw-audio", { base64Audio: "AAAA", sampleRate: 1, numChannels: 1 }, /Invalid message: sampleRate/],
    ["raw-audio", { sampleRate: 16_000, numChannels: 1 }, /Invalid message: audio/],
    ["llm-function-call-result", { result: 1 }, /Invalid message: function_name/],
    ["llm-function-call-result", { function_name: "f", tool_call_id: "no", arguments: {} }, /No function call no/],
  ])("are refused when wrong: %s %j", async (type, data, error) => {
    const { client } = await withBot();
    const answer = await client.request(type, data);
    expect(answer.type).toBe("error-response");
    expect(answer.data.error).toMatch(error);
    expect((await client.request("client-message", { t: "still-there" })).type).toBe("server-response");
  });

  it("without a type are an error of the session", async () => {
    const { client } = await withBot();
    client.message({ label: "rtvi-ai", id: "x", data: {} });
    expect((await client.event("error")).data).toEqual({ error: like(/no type/), fatal: false });
  });

  it("that only tell something are taken in silence", async () => {
    const { service, client } = await withBot();
    const from = client.received.length;
    for (const type of ["ui-event", "ui-snapshot", "ui-cancel-job-group"]) client.send(type, { event: "x" });
    await client.request("client-message", { t: "after" });
    expect(client.types(from)).toEqual(["server-response"]);
    expect(service.events.map(({ type }) => type)).toContain("ui-snapshot");
  });

  it("end the session when they ask for it", async () => {
    const { client } = await withBot();
    client.send("disconnect-bot");
    expect((await client.closed).code).toBe(1000);
  });

  it.each([
    ["2.1", { buttons: ["1", "2", "#"] }, "DTMF: 12#"],
    ["2.0", { button: "5" }, "DTMF: 5"],
  ])("press keys, in the form of protocol %s", async (_version, data, text) => {
    const { service, client } = await withBot();
    client.send("dtmf", data);
    await client.event("bot-stopped-speaking");
    expect(service.sessions[0]!.items[0]).toEqual({ role: "user", content: text });
  });
});

describe("send-text", () => {
  it("is answered in writing alone when no voice is wanted", async () => {
    const { service, client } = await withBot();
    const from = client.received.length;
    client.send("send-text", { content: "hello. again", options: WRITTEN });
    await client.event(({ type, data }) => type === "bot-output" && data.text === "again");
    expect(client.types(from)).toEqual([
      "user-llm-text",
      "bot-llm-started",
      "metrics",
      "bot-llm-text",
      "bot-transcription",
      "bot-llm-text",
      "bot-transcription",
      "bot-llm-stopped",
      "bot-output",
    ]);
    const [one, two] = client.of("bot-output").map(({ data }) => data);
    expect(one).toEqual({
      text: "You said: hello.",
      aggregated_by: "sentence",
      segment_id: one!.segment_id,
      will_be_spoken: false,
    });
    expect(two!.segment_id).toBeGreaterThan(Number(one!.segment_id));
    expect(client.sounds).toEqual([]);
    expect(service.sessions[0]!.items).toEqual([
      { role: "user", content: "hello. again" },
      { role: "assistant", content: "You said: hello. again" },
    ]);
  });

  it("waits for the next turn without run_immediately, and does not interrupt", async () => {
    const { service, client } = await withBot();
    client.send("send-text", { content: "one" });
    await client.event("bot-started-speaking");
    client.send("send-text", { content: "two", options: { run_immediately: false } });
    await client.event("bot-stopped-speaking");
    expect(client.of("bot-interrupted")).toEqual([]);
    expect(client.of("bot-llm-started")).toHaveLength(1);
    expect(service.sessions[0]!.items.map(({ content }) => content)).toEqual(["one", "two", "You said: one"]);
  });

  it("interrupts with it", async () => {
    const { service, client } = await withBot();
    client.send("send-text", { content: "one" });
    await client.event(({ type, data }) => type === "bot-tts-text" && data.text === "said:");
    const from = client.received.length;
    client.send("send-text", { content: "two", options: WRITTEN });
    await client.event("bot-output", from + 4);
    const types = client.types(from).filter((type) => type !== "(audio)");
    expect(types.slice(0, 6)).toEqual([
      "(interruption)",
      "bot-interrupted",
      "bot-stopped-speaking",
      "user-llm-text",
      "bot-llm-started",
      "metrics",
    ]);
    expect(service.sessions[0]!.items.map(({ content }) => content)).toEqual([
      "one",
      "You said:",
      "two",
      "You said: two",
    ]);
  });
});
