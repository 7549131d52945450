import { afterEach, describe, expect, it, vi } from "vitest";
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket } from "werift";
import { encodeG711 } from "../../src/codec/g711.js";
import { RtpVoice } from "../../src/local-service/webrtc/rtp-voice.js";
import type { LocalService, LocalServiceOptions } from "../../src/local-service/index.js";
import { withService } from "../support/with-service.js";

type Event = Record<string, unknown> & { readonly type: string };
const clients: RTCPeerConnection[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

const post = (service: LocalService, body: BodyInit, headers: Record<string, string> = {}, query = "?model=m") =>
  fetch(`${service.url}/v1/realtime/calls${query}`, {
    method: "POST",
    body,
    headers: { Authorization: "Bearer local", ...headers },
  });

async function offered() {
  const codec = new RTCRtpCodecParameters({ mimeType: "audio/PCMU", clockRate: 8000, channels: 1, payloadType: 0 });
  const connection = new RTCPeerConnection({
    iceServers: [],
    bundlePolicy: "max-bundle",
    iceAdditionalHostAddresses: ["127.0.0.1"],
    codecs: { audio: [codec] },
  });
  clients.push(connection);
  const channel = connection.createDataChannel("oai-events");
  const track = new MediaStreamTrack({ kind: "audio" });
  const transceiver = connection.addTransceiver(track, { direction: "sendrecv" });
  await connection.setLocalDescription(await connection.createOffer());
  return { connection, channel, track, transceiver, sdp: connection.localDescription!.sdp };
}

async function called(options: LocalServiceOptions = {}) {
  const service = await withService(options);
  const { connection, channel, track, transceiver, sdp } = await offered();
  const events: Event[] = [];
  channel.onMessage.subscribe((data) => void events.push(JSON.parse(String(data)) as Event));
  const heard: Buffer[] = [];
  transceiver.onTrack.subscribe((remote) => remote.onReceiveRtp.subscribe(({ payload }) => void heard.push(payload)));
  const response = await post(service, sdp, { "Content-Type": "application/sdp" });
  expect(response.status).toBe(201);
  expect(response.headers.get("content-type")).toBe("application/sdp");
  expect(response.headers.get("location")).toMatch(/^\/v1\/realtime\/calls\/call_/);
  await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
  const until = async (type: string): Promise<Event> =>
    vi.waitUntil(() => events.find((event) => event.type === type), { timeout: 8000, interval: 10 });
  await until("session.created");
  const types = (): string[] => events.map(({ type }) => type);
  return { service, connection, channel, track, events, heard, until, types };
}

describe("POST /v1/realtime/calls", () => {
  it("answers a text in sound: the playout buffer starts, stops, and carries no audio in events", async () => {
    const { service, channel, heard, until, types } = await called();
    expect(service.sessions).toHaveLength(1);
    const item = { type: "message", role: "user", content: [{ type: "input_text", text: "Hello." }] };
    channel.send(JSON.stringify({ type: "conversation.item.create", item }));
    channel.send(JSON.stringify({ type: "response.create" }));
    await until("output_audio_buffer.stopped");
    expect(types()).not.toContain("response.output_audio.delta");
    const at = (type: string): number => types().indexOf(type);
    expect(at("output_audio_buffer.started")).toBeGreaterThan(at("response.content_part.added"));
    expect(at("output_audio_buffer.stopped")).toBeGreaterThan(at("response.done"));
    expect(heard.some((payload) => new Set(payload).size > 8)).toBe(true);
  });

  it("finds a spoken turn in RTP, says it back, and is cut by the next", async () => {
    const { track, until, types, events } = await called();
    let sequence = 0;
    const tone = Int16Array.from({ length: 160 }, (_, index) => Math.sin(index / 3) * 8000);
    const say = async (frames: number, payload: Buffer): Promise<void> => {
      for (let index = 0; index < frames; index += 1) {
        sequence += 1;
        const header = new RtpHeader({ payloadType: 0, sequenceNumber: sequence, timestamp: sequence * 160, ssrc: 7 });
        track.writeRtp(new RtpPacket(header, payload));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const loud = Buffer.from(encodeG711(tone, "ulaw"));
    await say(60, loud);
    await until("input_audio_buffer.speech_started");
    // Nothing more comes: that is silence.
    await until("input_audio_buffer.speech_stopped");
    await until("output_audio_buffer.started");
    await say(20, loud);
    await until("output_audio_buffer.cleared");
    const truncated = await until("conversation.item.truncated");
    expect(truncated.audio_end_ms).toBeGreaterThan(0);
    expect(types()).not.toContain("error");
    expect(events.filter(({ type }) => type === "output_audio_buffer.started").length).toBeGreaterThan(0);
  });

  it("clears when told", async () => {
    const { channel, until } = await called({ greet: true, greetAfterMs: 10 });
    await until("output_audio_buffer.started");
    channel.send(JSON.stringify({ type: "output_audio_buffer.clear" }));
    await until("output_audio_buffer.cleared");
  });

  it("takes a form with a session in it", async () => {
    const service = await withService();
    const form = new FormData();
    form.set("sdp", (await offered()).sdp);
    form.set("session", JSON.stringify({ type: "realtime", model: "gpt-realtime", instructions: "Be brief." }));
    expect((await post(service, form, {}, "")).status).toBe(201);
    form.set("session", JSON.stringify({ type: "realtime", model: "gpt-realtime", nonsense: 1 }));
    const wrong = await post(service, form, {}, "");
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ error: { code: "unknown_parameter" } });
  });

  it.each([
    ["a bad key", { Authorization: "Bearer bad" }, "v=0", "?model=m", 401, "invalid_api_key"],
    ["no model", {}, "v=0", "", 400, "missing_model"],
    ["an unknown model", {}, "v=0", "?model=no-such-model", 404, "model_not_found"],
    ["no offer", {}, "hello", "?model=m", 400, "invalid_offer"],
    ["half an offer", {}, "v=0\r\nm=nonsense", "?model=m", 400, "invalid_offer"],
    ["trouble", {}, "v=0", "?model=m&fault=unavailable", 503, null],
  ])("refuses %s", async (_what, headers, body, query, status, code) => {
    const service = await withService();
    const response = await post(service, body, { "Content-Type": "application/sdp", ...headers }, query);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
  });
});

describe("RtpVoice", () => {
  it("tells one response from the next", () => {
    const sent: string[] = [];
    const voice = new RtpVoice(
      ({ type, response_id }) => void sent.push(`${type.split(".")[1]} ${String(response_id)}`),
      () => "audio/pcm",
    );
    const delta = (response_id: string): boolean =>
      voice.takes({
        type: "response.output_audio.delta",
        response_id,
        item_id: `i${response_id}`,
        delta: Buffer.alloc(960).toString("base64"),
      });
    expect(delta("a")).toBe(true);
    expect(delta("b")).toBe(true);
    expect(voice.takes({ type: "response.done", response: { id: "b" } })).toBe(false);
    for (let frame = 0; frame < 6; frame += 1) voice.next();
    expect(sent).toEqual(["started a", "stopped a", "started b", "stopped b"]);
    expect(voice.clear()).toBeUndefined();
  });
});
