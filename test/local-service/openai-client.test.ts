import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import OpenAI from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { WebSocket } from "ws";
import type { RealtimeServerEvent } from "openai/resources/realtime/realtime";
import type { LocalService } from "../../packages/local-service/src/index.js";
import { bestCorrelation, chunks, silence, speech } from "../../packages/testkit/src/audio/speech.js";
import { like } from "../../packages/testkit/src/util/matchers.js";
import { withService } from "../../packages/testkit/src/worlds/with-service.js";

/** Keeps what an official client reports, typed as the client types it. */
class Inbox {
  readonly events: RealtimeServerEvent[] = [];
  readonly errors: Error[] = [];

  async next<T extends RealtimeServerEvent["type"]>(
    type: T,
    from = 0,
  ): Promise<Extract<RealtimeServerEvent, { type: T }>> {
    const find = () =>
      this.events.slice(from).find((event): event is Extract<RealtimeServerEvent, { type: T }> => event.type === type);
    await expect.poll(find, { timeout: 4000, interval: 5 }).toBeDefined();
    return find()!;
  }

  get heard(): Buffer {
    const deltas = this.events.flatMap((event) => (event.type === "response.output_audio.delta" ? event.delta : []));
    return Buffer.concat(deltas.map((delta) => Buffer.from(delta, "base64")));
  }
}

function listen(client: OpenAIRealtimeWS | OpenAIRealtimeWebSocket): Inbox {
  const inbox = new Inbox();
  client.on("event", (event) => inbox.events.push(event));
  client.on("error", (error) => inbox.errors.push(error));
  return inbox;
}

/** The official client insists on TLS; a ready-made connection goes around it. */
function dial(service: LocalService, apiKey: string): OpenAIRealtimeWS {
  const client = new OpenAI({ apiKey, baseURL: `https://localhost:${service.port}/v1` });
  const createConnection = () => connect(service.port, "127.0.0.1");
  return new OpenAIRealtimeWS({ model: "gpt-realtime", options: { createConnection } }, client);
}

function speak(client: OpenAIRealtimeWS | OpenAIRealtimeWebSocket): void {
  for (const chunk of chunks(Buffer.concat([speech(), silence(800)]))) {
    client.send({ type: "input_audio_buffer.append", audio: chunk.toString("base64") });
  }
}

const before = globalThis.WebSocket as unknown;
afterEach(() => {
  Object.assign(globalThis, { WebSocket: before });
});

describe("openai/realtime/ws", () => {
  it("greets, repeats a spoken turn, and calls a tool", async () => {
    const service = await withService({ greet: true });
    const client = dial(service, "sk-test");
    const inbox = listen(client);
    const { session } = await inbox.next("session.created");
    expect(session).toMatchObject({ type: "realtime", model: "gpt-realtime" });
    client.send({
      type: "session.update",
      session: {
        type: "realtime",
        instructions: "Be kind.",
        audio: {
          input: {
            transcription: { model: "whisper-1" },
            turn_detection: { type: "server_vad", silence_duration_ms: 300 },
          },
        },
        tools: [{ type: "function", name: "get_weather", parameters: { type: "object", properties: {} } }],
      },
    });
    await inbox.next("session.updated");
    const greeting = await inbox.next("response.done");
    expect(greeting.response.status).toBe("completed");
    expect(inbox.heard).toEqual(speech());

    let from = inbox.events.length;
    speak(client);
    const turn = await inbox.next("response.done", from);
    expect(turn.response.usage?.total_tokens).toBeGreaterThan(0);
    const heard = inbox.heard.subarray(speech().length);
    expect(bestCorrelation(speech(), heard).value).toBeGreaterThan(0.9);
    expect((await inbox.next("conversation.item.input_audio_transcription.completed")).transcript).toMatch(/^\(speech/);

    from = inbox.events.length;
    const content = [{ type: "input_text" as const, text: 'get_weather {"city":"Oslo"}' }];
    client.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
    client.send({ type: "response.create" });
    const call = await inbox.next("response.function_call_arguments.done", from);
    expect(call.arguments).toBe('{"city":"Oslo"}');
    await inbox.next("response.done", from);
    from = inbox.events.length;
    client.send({
      type: "conversation.item.create",
      item: { type: "function_call_output", call_id: call.call_id, output: "false" },
    });
    client.send({ type: "response.create" });
    const spoken = await inbox.next("response.output_audio_transcript.done", from);
    expect(spoken.transcript).toBe("get_weather returned false.");
    await inbox.next("response.done", from);
    expect(inbox.errors).toEqual([]);
    client.close();
  });

  it("is interrupted, and truncates", async () => {
    const service = await withService({ replySpeed: 4 });
    const client = dial(service, "sk-test");
    const inbox = listen(client);
    await inbox.next("session.created");
    client.send({ type: "response.create" });
    const delta = await inbox.next("response.output_audio.delta");
    speak(client);
    const done = await inbox.next("response.done");
    expect(done.response).toMatchObject({ status: "cancelled", status_details: { reason: "turn_detected" } });
    client.send({ type: "conversation.item.truncate", item_id: delta.item_id, content_index: 0, audio_end_ms: 60 });
    expect((await inbox.next("conversation.item.truncated")).audio_end_ms).toBe(60);
    client.send({ type: "conversation.item.truncate", item_id: delta.item_id, content_index: 0, audio_end_ms: 60_000 });
    await expect.poll(() => inbox.errors.length).toBe(1);
    expect(inbox.errors[0]!.message).toContain("already shorter");
    client.close();
  });

  it("reports a bad key, and expiry", async () => {
    const service = await withService({ sessionMaxSeconds: 0.15 });
    const refused = listen(dial(service, "sk-bad"));
    await expect.poll(() => refused.errors.map(({ message }) => message)).toEqual(["Unexpected server response: 401"]);
    const expired = listen(dial(service, "sk-good"));
    await expect.poll(() => expired.errors.map(({ message }) => message)).toEqual([like(/session_expired/)]);
  });
});

describe("openai/realtime/websocket", () => {
  it("opens with a client secret that the official client asked for", async () => {
    const service = await withService();
    class PlainWebSocket extends WebSocket {
      constructor(address: string | URL, protocols?: string | string[]) {
        super(String(address).replace("wss:", "ws:"), protocols);
      }
    }
    Object.assign(globalThis, { WebSocket: PlainWebSocket });

    const server = new OpenAI({ apiKey: "sk-server", baseURL: `${service.url}/v1` });
    const secret = await server.realtime.clientSecrets.create({
      expires_after: { anchor: "created_at", seconds: 60 },
      session: { type: "realtime", model: "gpt-realtime", instructions: "baked", output_modalities: ["text"] },
    });
    expect(secret.value).toMatch(/^ek_/);
    expect(Math.abs(secret.expires_at - Date.now() / 1000 - 60)).toBeLessThan(2);

    const page = new OpenAI({ apiKey: secret.value, baseURL: `${service.url}/v1` });
    const client = new OpenAIRealtimeWebSocket({ model: "gpt-realtime" }, page);
    const inbox = listen(client);
    expect((await inbox.next("session.created")).session).toMatchObject({ instructions: "baked" });
    const content = [{ type: "input_text" as const, text: "hi" }];
    client.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
    client.send({ type: "response.create" });
    expect((await inbox.next("response.output_text.done")).text).toBe("You said: hi");
    expect((await inbox.next("response.done")).response.status).toBe("completed");
    expect(inbox.errors).toEqual([]);
    client.close();
  });
});
