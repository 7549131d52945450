import {
  MessageTooLargeError,
  RTVIMessage,
  type Participant,
  type PipecatClientOptions,
  type Tracks,
} from "@pipecat-ai/client-js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Upcalls } from "../../../../src/contracts/connection.js";
import type { TransportOptions } from "../../../../src/options.js";
import { OpenAIRealTimeWebRTCTransport, type OpenAIServiceOptions } from "../../../../src/providers/openai/index.js";
import { planSession } from "../../../../src/providers/openai/plan.js";
import { webRTCChannel } from "../../../../src/providers/openai/webrtc-channel.js";
import { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { redactor } from "../../../../src/util/redact.js";
import { server } from "../../../../packages/testkit/src/messages/openai.js";
import {
  FakePeerConnection,
  FakePeerConnectionConstructor,
  fakeTrack,
} from "../../../../packages/testkit/src/scripted/fake-peer-connection.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";
import { silent } from "../../../../packages/testkit/src/worlds/world.js";

const KEY = canary("ek_");
const SDP = { status: 201, headers: { "Content-Type": "application/sdp" } };
const answered = (): Response => new Response("v=0 answer", SDP);

class Manager extends ScriptedMediaManager {
  track: MediaStreamTrack | undefined;

  override tracks(): Tracks {
    return { local: this.track === undefined ? {} : { audio: this.track } };
  }

  /** What a manager does when its device changes. */
  swap(track: MediaStreamTrack | undefined): void {
    const before = this.track;
    this.track = track;
    if (before !== undefined) this._callbacks.onTrackStopped?.(before, { id: "local", name: "", local: true });
    if (track !== undefined) this._callbacks.onTrackStarted?.(track, { id: "local", name: "", local: true });
  }
}

function build(service: OpenAIServiceOptions = {}, more: TransportOptions = {}, answer = answered) {
  const manager = new Manager();
  const fetch = vi.fn((_url: string, _init: RequestInit) => Promise.resolve(answer()));
  const logged: unknown[][] = [];
  const log = (...line: unknown[]) => void logged.push(line);
  const transport = new OpenAIRealTimeWebRTCTransport({ api_key: KEY, ...service }, manager, {
    RTCPeerConnection: FakePeerConnectionConstructor,
    fetch,
    reconnect: { base: 1, cap: 1 },
    logger: { debug: log, info: log, warn: log, error: log },
    ...more,
  });
  const told: RTVIMessage[] = [];
  const states: string[] = [];
  const tracks: [string, string, string | undefined][] = [];
  const noteTrack = (edge: string) => (track: MediaStreamTrack, who?: Participant) =>
    void tracks.push([edge, track.label, who?.id]);
  const options = {
    transport,
    callbacks: {
      onTransportStateChanged: (state: string) => void states.push(state),
      onTrackStarted: noteTrack("started"),
      onTrackStopped: noteTrack("stopped"),
    },
  } satisfies PipecatClientOptions;
  transport.initialize(options, (message) => void told.push(message));
  const events = () => FakePeerConnection.last.channel.sent.map((text) => JSON.parse(text) as Record<string, unknown>);
  return { transport, manager, fetch, told, states, tracks, logged, events, types: () => told.map(({ type }) => type) };
}

const receive = (...events: object[]) => {
  for (const event of events) FakePeerConnection.last.message(JSON.stringify(event));
};

async function connected(...args: Parameters<typeof build>) {
  const rig = build(...args);
  const connecting = rig.transport.connect();
  await vi.waitFor(() => expect(FakePeerConnection.last.answer).toBe("v=0 answer"));
  FakePeerConnection.last.open();
  await connecting;
  return rig;
}

async function ready(...args: Parameters<typeof build>) {
  const rig = await connected(...args);
  const announced = rig.transport.sendReadyMessage();
  receive({ type: "session.created", session: { type: "realtime" } });
  receive({ type: "session.updated", session: { type: "realtime" } });
  await announced;
  return rig;
}

/** A lost call is dialled again: the one of this number is there, opens, and its session is ready. */
async function opened(count: number): Promise<void> {
  await vi.waitFor(() => expect(FakePeerConnection.all).toHaveLength(count));
  await vi.waitFor(() => expect(FakePeerConnection.last.answer).toBeDefined());
  FakePeerConnection.last.open();
  await new Promise((resolve) => setTimeout(resolve, 0));
  receive({ type: "session.created", session: { type: "realtime" } });
  receive({ type: "session.updated", session: { type: "realtime" } });
}

beforeEach(() => {
  FakePeerConnection.all.length = 0;
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("signalling", () => {
  it("posts the offer with the key, and is connected when the data channel is open", async () => {
    const rig = await ready({ model: "gpt-realtime-2", session_config: { voice: "marin" } });
    const [url, init] = rig.fetch.mock.calls[0]!;
    expect(url).toBe("https://api.openai.com/v1/realtime/calls?model=gpt-realtime-2");
    expect(init).toMatchObject({
      method: "POST",
      body: "v=0 offer",
      headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/sdp" },
    });
    expect(FakePeerConnection.last.channel.label).toBe("oai-events");
    expect(rig.states).toEqual(["connecting", "connected", "ready"]);
    const [update] = rig.events();
    expect(update).toMatchObject({ type: "session.update", session: { audio: { output: { voice: "marin" } } } });
    // The format is negotiated, not said.
    expect(JSON.stringify(update)).not.toContain("format");
    expect(rig.told.at(-1)).toMatchObject({ type: "bot-ready" });
    await rig.transport.disconnect();
    expect(rig.states.slice(-2)).toEqual(["disconnecting", "disconnected"]);
    expect(FakePeerConnection.last.isClosed).toBe(true);
  });

  it.each([
    ["http://127.0.0.1:9/v1/realtime", "http://127.0.0.1:9/v1/realtime/calls"],
    ["ws://127.0.0.1:9/v1/realtime/", "http://127.0.0.1:9/v1/realtime/calls"],
    ["https://gateway.test/x/calls?a=1", "https://gateway.test/x/calls?a=1"],
  ])("asks at %s", async (base_url, url) => {
    const rig = await connected({ base_url });
    expect(rig.fetch.mock.calls[0]![0]).toBe(url);
    await rig.transport.disconnect();
  });

  it("names the model where the key does not", async () => {
    const rig = await connected({ api_key: canary() });
    expect(rig.fetch.mock.calls[0]![0]).toContain("?model=gpt-realtime");
    await rig.transport.disconnect();
  });

  const json =
    (status: number, error: object, headers = {}) =>
    () =>
      new Response(JSON.stringify({ error }), { status, headers: { "Content-Type": "application/json", ...headers } });

  it.each([
    [
      json(401, { message: `Incorrect API key: ${KEY}.`, code: "invalid_api_key" }),
      { code: "unauthorized", status: 401 },
    ],
    [json(404, { message: "No.", code: "model_not_found" }), { serviceCode: "model_not_found", status: 404 }],
    [
      json(429, { message: "Slow down.", code: "rate_limit_exceeded" }, { "Retry-After": "7" }),
      { serviceCode: "rate_limit_exceeded", status: 429, retryable: true, retryAfterMs: 7000 },
    ],
    [
      json(
        503,
        { message: "Later." },
        { Date: "Tue, 01 Jan 2030 10:00:00 GMT", "Retry-After": "Tue, 01 Jan 2030 10:00:09 GMT" },
      ),
      { status: 503, retryAfterMs: 9000 },
    ],
    [() => new Response("<html>", { status: 502 }), { code: "service-error", status: 502, retryable: true }],
    [() => new Response("<html>", SDP), { code: "protocol-error", retryable: true }],
    [
      () => {
        throw new TypeError("Failed to fetch");
      },
      { code: "connection-failed", retryable: true },
    ],
  ])("refused by %s", async (answer, expected) => {
    const rig = build({}, {}, answer);
    const error: unknown = await rig.transport.connect().catch((each: unknown) => each);
    expect(error).toMatchObject(expected);
    expect(String(error)).not.toContain(KEY);
    expect(FakePeerConnection.last.isClosed).toBe(true);
    expect(FakePeerConnection.last.answer).toBeUndefined();
    expect(JSON.stringify(rig.logged)).not.toContain(KEY);
  });

  it("says that an answer is none which the browser does not take", async () => {
    const cause = new DOMException("Failed to parse SessionDescription.", "OperationError");
    const rig = build({}, {}, () => {
      FakePeerConnection.last.setRemoteDescription = () => Promise.reject(cause);
      return answered();
    });
    await expect(rig.transport.connect()).rejects.toMatchObject({ code: "protocol-error", retryable: true, cause });
    expect(FakePeerConnection.last.isClosed).toBe(true);
  });

  it.each(["closing", "close"])("is lost when the channel tells `%s`", async (type) => {
    const rig = await ready();
    FakePeerConnection.last.channel.dispatchEvent(new Event(type));
    await vi.waitFor(() => expect(FakePeerConnection.all).toHaveLength(2));
    expect(FakePeerConnection.all[0]!.isClosed).toBe(true);
    expect(rig.states.at(-1)).toBe("connecting");
    await rig.transport.disconnect();
  });

  it("gives everything back when disconnected while the service is being asked", async () => {
    const rig = build(
      {},
      {
        fetch: (_url, { signal }) =>
          new Promise((_, reject) => {
            signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
          }),
      },
    );
    const connecting = rig.transport.connect().catch((error: unknown) => error);
    await vi.waitFor(() => expect(FakePeerConnection.all).toHaveLength(1));
    await rig.transport.disconnect();
    expect(await connecting).toMatchObject({ code: "aborted" });
    expect(FakePeerConnection.last.isClosed).toBe(true);
    FakePeerConnection.last.open();
    expect(rig.transport.state).toBe("disconnected");
  });

  it("says what is missing where there is no WebRTC", async () => {
    const transport = new OpenAIRealTimeWebRTCTransport({ api_key: KEY }, new Manager());
    transport.initialize({ transport, callbacks: {} }, () => undefined);
    await expect(transport.connect()).rejects.toMatchObject({ code: "unsupported-environment" });
  });

  it("says what is missing where there is no fetch", async () => {
    vi.stubGlobal("fetch", undefined);
    const options = { RTCPeerConnection: FakePeerConnectionConstructor, logger: silent };
    const transport = new OpenAIRealTimeWebRTCTransport({ api_key: KEY }, new Manager(), options);
    transport.initialize({ transport, callbacks: {} }, () => undefined);
    await expect(transport.connect()).rejects.toMatchObject({
      code: "unsupported-environment",
      message: expect.stringContaining("fetch") as string,
    });
    expect(FakePeerConnection.all).toEqual([]);
  });

  it("takes a manager of any rate: the browser carries the audio", async () => {
    const rig = build();
    Object.assign(rig.manager, { inputSampleRate: 16_000, outputSampleRate: 48_000 });
    const connecting = rig.transport.connect();
    await vi.waitFor(() => expect(FakePeerConnection.last.answer).toBeDefined());
    FakePeerConnection.last.open();
    await connecting;
    await rig.transport.disconnect();
  });

  it("ends a session by Pipecat's name of it, too", async () => {
    const rig = await ready();
    await rig.transport.disconnectLLM();
    expect(rig.transport.state).toBe("disconnected");
    expect(FakePeerConnection.last.isClosed).toBe(true);
  });

  it("closes its call as soon as it is told to, and says so", async () => {
    const options = { RTCPeerConnection: FakePeerConnectionConstructor, fetch: () => Promise.resolve(answered()) };
    const opened = vi.fn<Upcalls["opened"]>();
    const closed = vi.fn<Upcalls["closed"]>();
    const up = { opened, closed, peer: () => undefined, track: () => undefined } as unknown as Upcalls;
    const key = { key: KEY, redact: redactor([KEY]) };
    const attempt = { attempt: 1, resuming: false, signal: new AbortController().signal };
    webRTCChannel(options).open(planSession({}, undefined, false), key, attempt, up, undefined);
    await vi.waitFor(() => expect(FakePeerConnection.last.answer).toBeDefined());
    FakePeerConnection.last.open();
    await vi.waitFor(() => expect(opened).toHaveBeenCalledOnce());
    opened.mock.calls[0]?.[0].close();
    expect(FakePeerConnection.last.isClosed).toBe(true);
    expect(closed).toHaveBeenCalledOnce();
  });
});

describe("the microphone", () => {
  it("may come later, change and go, without a new offer and without chunks", async () => {
    const rig = await ready();
    const { sender, directions } = FakePeerConnection.last;
    expect(directions).toEqual(["sendrecv"]);
    expect(sender.track).toBeNull();
    rig.manager.swap(fakeTrack("first"));
    rig.manager.swap(fakeTrack("second"));
    rig.manager.swap(undefined);
    expect(sender.replaced).toEqual(["first", "second", undefined]);
    expect(FakePeerConnection.last.offers).toBe(1);
    const sent = rig.events().length;
    rig.manager.say(new ArrayBuffer(960));
    expect(rig.events()).toHaveLength(sent);
    expect(rig.tracks.map(([edge, label]) => `${edge} ${label}`)).toEqual([
      "started first",
      "stopped first",
      "started second",
      "stopped second",
    ]);
    await rig.transport.disconnect();
  });

  it("is on the line from the start where there is one, again after a reconnection", async () => {
    const rig = build();
    rig.manager.swap(fakeTrack("mic"));
    const connecting = rig.transport.connect();
    await vi.waitFor(() => expect(FakePeerConnection.last.answer).toBeDefined());
    FakePeerConnection.last.open();
    await connecting;
    expect(FakePeerConnection.last.sender.replaced).toEqual(["mic"]);
    FakePeerConnection.last.become("failed");
    await vi.waitFor(() => expect(FakePeerConnection.all).toHaveLength(2));
    expect(FakePeerConnection.all[0]!.isClosed).toBe(true);
    expect(FakePeerConnection.last.sender.replaced).toEqual(["mic"]);
    await rig.transport.disconnect();
  });

  it.each([
    { how: "and stops", tail: 600, asked: 1 },
    { how: "and goes on, which the service hears by itself", tail: 0, asked: 0 },
  ])("tells the next call what the user says meanwhile, $how", async ({ tail, asked }) => {
    const rig = await ready();
    await rig.transport.initDevices();
    const say = (ms: number, amplitude: number): void => {
      for (let at = 0; at < ms; at += 20) rig.manager.say(new Int16Array(480).fill(amplitude).buffer);
    };
    say(400, 3_000);
    FakePeerConnection.last.become("failed");
    say(600, 3_000);
    say(tail, 0);
    await opened(2);
    say(400, 3_000);
    await vi.waitFor(() => expect(JSON.stringify(rig.events())).toContain("input_audio"));
    const sent = rig.events() as unknown as { type: string; item?: { role: string; content: { audio: string }[] } }[];
    expect(sent.filter(({ type }) => type === "response.create")).toHaveLength(asked);
    const items = sent.flatMap(({ item }) => item ?? []);
    expect(new Set(items.map(({ role }) => role))).toEqual(new Set(["user"]));
    // What was said before and after went by RTP.
    const bytes = items.reduce((sum, { content }) => sum + atob(content[0]!.audio).length, 0);
    expect(bytes).toBe(((600 + tail) * 24_000 * 2) / 1000);
    await rig.transport.disconnect();
  });

  it("tells it nothing where nobody spoke, or was muted", async () => {
    const rig = await ready();
    await rig.transport.initDevices();
    for (const [round, amplitude] of [0, 3_000].entries()) {
      rig.transport.enableMic(amplitude === 0);
      FakePeerConnection.last.become("failed");
      for (let at = 0; at < 600; at += 20) rig.manager.say(new Int16Array(480).fill(amplitude).buffer);
      await opened(2 + round);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(JSON.stringify(rig.events())).not.toContain("input_audio");
    }
    await rig.transport.disconnect();
  });
});

describe("the bot", () => {
  it("has a track, and its speaking follows the service's playout buffer", async () => {
    const rig = await ready();
    FakePeerConnection.last.track(fakeTrack("bot"));
    expect(rig.transport.tracks().bot?.audio?.label).toBe("bot");
    expect(rig.tracks).toEqual([["started", "bot", "bot"]]);
    receive({ type: "response.created", response: { id: "r1" } });
    receive({ type: "output_audio_buffer.started", response_id: "r1" });
    expect(rig.types()).toContain("bot-started-speaking");
    receive({ type: "output_audio_buffer.stopped", response_id: "r1" });
    expect(rig.types()).toContain("bot-stopped-speaking");
    await rig.transport.disconnect();
    expect(rig.transport.tracks().bot).toBeUndefined();
    expect(rig.tracks.at(-1)).toEqual(["stopped", "bot", "bot"]);
  });

  it("has no track of a picture", async () => {
    const rig = await ready();
    FakePeerConnection.last.track(fakeTrack("camera", "video"));
    expect(rig.transport.tracks().bot).toBeUndefined();
    expect(rig.tracks).toEqual([]);
    await rig.transport.disconnect();
  });

  it("is not read where a message is longer than any may be", async () => {
    const rig = await ready();
    rig.told.length = 0;
    const pad = "x".repeat(16 * 1024 * 1024);
    receive({ ...server.created(), pad });
    expect(rig.types()).toEqual([]);
    receive(server.created());
    expect(rig.types()).toEqual(["bot-llm-started"]);
    await rig.transport.disconnect();
  });

  it("is interrupted by a cancel and a clear, and never truncated by us", async () => {
    const rig = await ready();
    receive({ type: "response.created", response: { id: "r1" } });
    receive({ type: "output_audio_buffer.started", response_id: "r1" });
    rig.transport.interrupt();
    const types = rig.events().map(({ type }) => type);
    expect(types.slice(-2)).toEqual(["response.cancel", "output_audio_buffer.clear"]);
    expect(rig.types()).toContain("bot-stopped-speaking");
    await rig.transport.disconnect();
  });

  it("takes no message that the data channel would not", async () => {
    const rig = await ready();
    expect(rig.transport.maxMessageSize).toBe(1000);
    const long = new RTVIMessage("send-text", { content: "x".repeat(2000) });
    expect(() => rig.transport.sendMessage(long)).toThrow(MessageTooLargeError);
    await rig.transport.disconnect();
  });
});

describe("a line that is lost", () => {
  const many = () => FakePeerConnection.all.length;

  it("has a grace period when ICE is disconnected", async () => {
    const rig = await ready({}, { timeouts: { iceGrace: 40 } });
    FakePeerConnection.last.become("disconnected");
    FakePeerConnection.last.become("connected");
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(many()).toBe(1);
    FakePeerConnection.last.become("disconnected");
    await vi.waitFor(() => expect(many()).toBe(2));
    expect(rig.states.at(-1)).toBe("connecting");
    await rig.transport.disconnect();
  });

  it("counts nothing as heard after the last sound that came over it", async () => {
    const rig = await ready();
    const peer = FakePeerConnection.last;
    peer.track(fakeTrack("bot"));
    const text = "One two three four five six. Seven eight nine ten.";
    receive(server.created("r1"), server.transcript(text, "r1"), server.transcriptDone(text, "r1"));
    receive({ type: "output_audio_buffer.started", response_id: "r1" });
    peer.packets = 10;
    // Statistics are looked at ten times a second.
    await new Promise((resolve) => setTimeout(resolve, 250));
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + 12_000);
    peer.become("failed");
    vi.restoreAllMocks();
    const outputs = rig.told.filter(({ type }) => type === "bot-output");
    expect(outputs).not.toEqual([]);
    expect(JSON.stringify(outputs)).not.toContain("completed");
    await rig.transport.disconnect();
  });

  it("is dialled again when it failed, or when the service closed the data channel", async () => {
    const rig = await ready();
    FakePeerConnection.last.become("failed");
    await vi.waitFor(() => expect(many()).toBe(2));
    await vi.waitFor(() => expect(FakePeerConnection.last.answer).toBeDefined());
    FakePeerConnection.last.open();
    await vi.waitFor(() => expect(rig.transport.state).toBe("connected"));
    FakePeerConnection.last.channel.dispatchEvent(new Event("close"));
    await vi.waitFor(() => expect(many()).toBe(3));
    await rig.transport.disconnect();
  });

  it("comes back although the token server has answered a redial with an error", async () => {
    const api_key = vi.fn(
      ({ attempt }: { attempt: number }) => (attempt === 2 ? { error: "down" } : { value: KEY }) as { value: string },
    );
    const rig = await ready({ api_key });
    FakePeerConnection.last.become("failed");
    await opened(2);
    expect(rig.transport.state).toBe("ready");
    expect(api_key).toHaveBeenCalledTimes(3);
    await rig.transport.disconnect();
  });

  it("fails the first dial at once", async () => {
    const rig = build();
    const connecting = rig.transport.connect().catch((error: unknown) => error);
    await vi.waitFor(() => expect(FakePeerConnection.last.answer).toBeDefined());
    FakePeerConnection.last.become("failed");
    expect(await connecting).toMatchObject({ code: "connection-failed" });
    expect(FakePeerConnection.last.isClosed).toBe(true);
  });
});
