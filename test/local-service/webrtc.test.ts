import { tmpdir } from "node:os";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket } from "werift";
import { Call } from "../../packages/local-service/src/webrtc/call.js";
import { loadWerift } from "../../packages/local-service/src/webrtc/werift.js";
import { pcmuCodec, FRAME_MS, type CallCodec } from "../../packages/local-service/src/webrtc/codec.js";
import { loadOpus, opusCodec } from "../../packages/local-service/src/webrtc/opus.js";
import { RtpVoice } from "../../packages/local-service/src/webrtc/rtp-voice.js";
import type { LocalService, LocalServiceOptions } from "../../packages/local-service/src/index.js";
import { findIn } from "../../tools/demo/correlate.js";
import { fromPcm16 } from "../../tools/demo/wav.js";
import { chunks, speech } from "../../packages/testkit/src/audio/speech.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";
import { withService } from "../../packages/testkit/src/worlds/with-service.js";

type Event = Record<string, unknown> & { readonly type: string };
type CodecName = CallCodec["name"];
const clients: RTCPeerConnection[] = [];
/** Not what the service would choose: it takes the offer's. */
const OPUS_TYPE = 109;

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

const post = (service: LocalService, body: BodyInit, headers: Record<string, string> = {}, query = "?model=m") =>
  fetch(`${service.url}/v1/realtime/calls${query}`, {
    method: "POST",
    body,
    headers: { Authorization: "Bearer local", ...headers },
  });

async function offered(names: readonly CodecName[] = ["PCMU"]) {
  const all = {
    opus: new RTCRtpCodecParameters({
      mimeType: "audio/opus",
      clockRate: 48_000,
      channels: 2,
      payloadType: OPUS_TYPE,
    }),
    PCMU: new RTCRtpCodecParameters({ mimeType: "audio/PCMU", clockRate: 8000, channels: 1, payloadType: 0 }),
  };
  const connection = new RTCPeerConnection({
    iceServers: [],
    bundlePolicy: "max-bundle",
    iceAdditionalHostAddresses: ["127.0.0.1"],
    codecs: { audio: names.map((name) => all[name]) },
  });
  clients.push(connection);
  const channel = connection.createDataChannel("oai-events");
  const track = new MediaStreamTrack({ kind: "audio" });
  const transceiver = connection.addTransceiver(track, { direction: "sendrecv" });
  await connection.setLocalDescription(await connection.createOffer());
  return { connection, channel, track, transceiver, sdp: connection.localDescription!.sdp };
}

async function called(options: LocalServiceOptions = {}, names?: readonly CodecName[]) {
  const service = await withService(options);
  const { connection, channel, track, transceiver, sdp } = await offered(names);
  const events: Event[] = [];
  channel.onMessage.subscribe((data) => void events.push(JSON.parse(String(data)) as Event));
  const heard: RtpPacket[] = [];
  transceiver.onTrack.subscribe((remote) => remote.onReceiveRtp.subscribe((packet) => void heard.push(packet)));
  const response = await post(service, sdp, { "Content-Type": "application/sdp" });
  expect(response.status).toBe(201);
  expect(response.headers.get("content-type")).toBe("application/sdp");
  expect(response.headers.get("location")).toMatch(/^\/v1\/realtime\/calls\/call_/);
  const answer = await response.text();
  await connection.setRemoteDescription({ type: "answer", sdp: answer });
  const until = async (type: string): Promise<Event> =>
    vi.waitUntil(() => events.find((event) => event.type === type), { timeout: 8000, interval: 10 });
  await until("session.created");
  const types = (): string[] => events.map(({ type }) => type);
  return { service, connection, channel, track, events, heard, until, types, answer };
}

describe("POST /v1/realtime/calls", () => {
  it("without werift: says what to install, to the client and in the log", async () => {
    vi.doMock("werift", () => {
      throw new Error("Cannot find package 'werift'");
    });
    const started = vi.spyOn(process, "cwd").mockReturnValue(tmpdir());
    onTestFinished(() => {
      started.mockRestore();
      vi.doUnmock("werift");
      vi.resetModules();
    });
    vi.resetModules();
    const { startLocalService: startWithout } = await import("../../packages/local-service/src/index.js");
    const lines: string[] = [];
    const service = await startWithout({ logger: { ...silent, warn: (line) => void lines.push(line) } });
    onTestFinished(() => service.close());
    const response = await post(service, (await offered()).sdp, { "Content-Type": "application/sdp" });
    // No 5xx, after which the transport would try again and again.
    expect(response.status).toBe(424);
    const message = expect.stringMatching(
      /the optional package `werift`\. Run `npm install werift opusscript`/,
    ) as string;
    expect(await response.json()).toMatchObject({ error: { code: "webrtc_not_installed", message } });
    expect(lines).toEqual([message]);
  });

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
    expect(heard.some(({ payload }) => new Set(payload).size > 8)).toBe(true);
  });

  it.each([
    ["opus" as const, ["PCMU", "opus"] as const, OPUS_TYPE, 960],
    ["PCMU" as const, ["PCMU"] as const, 0, 160],
  ])("finds a spoken turn in RTP of %s, says it back, and is cut by the next", async (name, offer, type, ticks) => {
    const { track, until, types, events, heard, answer } = await called({}, offer);
    expect(/^m=audio .*$/m.exec(answer)?.[0]).toMatch(new RegExp(` ${type}\r?$`));
    const codec = name === "opus" ? opusCodec(await loadOpus()) : pcmuCodec();
    const packets = chunks(speech(), FRAME_MS).map((frame, index) => {
      const header = new RtpHeader({ payloadType: type, sequenceNumber: index, timestamp: index * ticks, ssrc: 7 });
      return new RtpPacket(header, codec.encode(Buffer.concat([frame, Buffer.alloc(960)]).subarray(0, 960)));
    });
    const say = async (from: number, to: number): Promise<void> => {
      const said = packets.slice(from, to);
      // The network loses one, and turns two round.
      said.splice(10, 4, said[11]!, said[10]!, said[13]!);
      for (const packet of said) {
        track.writeRtp(packet);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await say(0, 60);
    await until("input_audio_buffer.speech_started");
    // Nothing more comes: that is silence.
    await until("input_audio_buffer.speech_stopped");
    await until("output_audio_buffer.started");
    const from = heard.length;
    await vi.waitUntil(() => heard.length > from + 60, { timeout: 8000, interval: 20 });
    await say(60, 100);
    await until("output_audio_buffer.cleared");
    const truncated = await until("conversation.item.truncated");
    expect(truncated.audio_end_ms).toBeGreaterThan(0);
    expect(types()).not.toContain("error");

    const steps = heard.slice(1).map(({ header }, index) => (header.timestamp - heard[index]!.header.timestamp) >>> 0);
    expect(new Set(heard.map(({ header }) => header.payloadType))).toEqual(new Set([type]));
    expect(steps.every((step) => step > 0 && step % ticks === 0)).toBe(true);
    const echo = Buffer.concat(heard.slice(Math.max(0, from - 20)).map(({ payload }) => codec.decode(payload)));
    const sound = (pcm: Buffer) => ({ samples: fromPcm16(pcm), rate: 24_000 });
    expect(findIn(sound(echo), sound(speech().subarray(20 * 960, 50 * 960))).correlation).toBeGreaterThan(0.9);
    expect(events.filter(({ type: each }) => each === "output_audio_buffer.started").length).toBeGreaterThan(0);
    codec.close();
  });

  it("clears when told", async () => {
    const { channel, until } = await called({ greet: true, greetAfterMs: 10 });
    await until("output_audio_buffer.started");
    channel.send(JSON.stringify({ type: "output_audio_buffer.clear" }));
    await until("output_audio_buffer.cleared");
  });

  it("sends nothing that a data channel cannot carry, and goes on", async () => {
    const { service, until, events } = await called();
    service.sessions[0]!.send({ type: "no.such.event", huge: "x".repeat(300_000) });
    service.sessions[0]!.send({ type: "no.such.event.either" });
    await until("no.such.event.either");
    expect(events.some(({ huge }) => String(huge).length === 300_000)).toBe(false);
  });

  it("refuses a key after it has taken the call, when told to", async () => {
    const service = await withService({ faults: { unauthorizedAfterOpen: true } });
    const { connection, channel, sdp } = await offered();
    const said: string[] = [];
    channel.onMessage.subscribe((data) => void said.push(String(data)));
    const response = await post(service, sdp, { "Content-Type": "application/sdp", Authorization: "Bearer bad" });
    await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
    await vi.waitUntil(() => said.length > 0, { timeout: 8000 });
    expect(JSON.parse(said[0]!)).toMatchObject({ type: "error", error: { code: "invalid_api_key" } });
    expect(service.sessions).toEqual([]);
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

describe("Call", () => {
  it("frees its codec when it ends, once", async () => {
    const close = vi.fn();
    const nothing = (): undefined => undefined;
    const events = { opened: nothing, message: nothing, sound: nothing, frame: nothing, closed: nothing };
    const call = new Call(await loadWerift(), { ...pcmuCodec(), close }, events);
    call.close();
    call.close();
    await call.released;
    expect(close).toHaveBeenCalledTimes(1);
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
