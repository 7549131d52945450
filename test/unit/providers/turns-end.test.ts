import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  createWebSocketTransport,
  type WebSocketTransport as ThriveTransport,
  type WebSocketTransportConfig,
} from "../../../src/compat/thrive/index.js";
import { SERVER_VAD } from "../../../src/compat/thrive/config.js";
import { GeminiLiveWebsocketTransport } from "../../../src/providers/gemini/index.js";
import { OpenAIRealTimeWebSocketTransport } from "../../../src/providers/openai/index.js";
import { ManualClock, ScriptedMediaManager } from "../../../src/testing/index.js";
import type { VoiceTransport } from "../../../src/transport/voice-transport.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../packages/testkit/src/scripted/fake-web-socket.js";
import { server as openai } from "../../../packages/testkit/src/messages/openai.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";

interface Sent {
  readonly type?: string;
  readonly audio?: string;
  readonly realtimeInput?: Readonly<Record<string, unknown>>;
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const receive = (...events: object[]) => {
  for (const event of events) FakeWebSocket.last.message(JSON.stringify(event));
};
const chunk = () => new Int16Array(512).fill(1000).buffer;

/** How a user's turn ends at one service. */
interface Service {
  readonly make: (manager: ScriptedMediaManager, options: object) => VoiceTransport;
  readonly greet: () => void;
  /** The user speaks, as the service says. */
  readonly hears?: () => void;
  /** What ends the turn, of what was sent. */
  readonly ends: (sent: readonly Sent[]) => unknown;
  readonly expected: unknown;
  /** Whether the app says that the user speaks. */
  readonly talks?: boolean;
}

const session = (turn_detection?: unknown) => ({
  type: "realtime",
  id: "sess_1",
  audio: { input: { ...(turn_detection !== undefined && { turn_detection }) } },
});
/** Whole 100 ms of silence in a row at the end. */
function silenceMs(sent: readonly Sent[]): number {
  const audio = sent.flatMap(({ type, audio }) =>
    type === "input_audio_buffer.append" ? [Buffer.from(audio ?? "", "base64")] : [],
  );
  const sounds = audio.findLastIndex((bytes) => bytes.some((byte) => byte !== 0));
  return audio.slice(sounds + 1).reduce((ms, { length }) => ms + length / 48, 0);
}
function openAI(turn_detection?: unknown): Omit<Service, "expected"> {
  const described = session(turn_detection);
  return {
    make: (manager, options) => new OpenAIRealTimeWebSocketTransport({ api_key: canary("ek_") }, manager, options),
    greet: () =>
      receive({ type: "session.created", session: described }, { type: "session.updated", session: described }),
    hears: () => receive(openai.started),
    ends: silenceMs,
  };
}
const gemini = (settings: Record<string, unknown> = {}): Omit<Service, "ends" | "expected"> => ({
  make: (manager, options) => new GeminiLiveWebsocketTransport({ api_key: canary("AIza"), settings }, manager, options),
  greet: () => receive({ setupComplete: {} }),
});
/** Apps of Thrive's transport, by the RTVI transport that is beneath. */
const APPS = new Map<VoiceTransport, ThriveTransport>();
function thrive(config: WebSocketTransportConfig, said: unknown): Omit<Service, "expected"> {
  return {
    ...openAI(said),
    make: (mediaManager, options) => {
      const getSessionToken = () => ({ value: canary("ek_") });
      const app = createWebSocketTransport(config, { mediaManager, getSessionToken }, options);
      APPS.set(app.rtvi, app);
      return app.rtvi;
    },
  };
}
const endsOf = (sent: readonly Sent[]) =>
  sent.flatMap(({ realtimeInput }) =>
    realtimeInput !== undefined && !("audio" in realtimeInput) ? Object.keys(realtimeInput) : [],
  );

const SERVICES: Readonly<Record<string, Service>> = {
  "OpenAI, server VAD by default": { ...openAI(), expected: 1_000 },
  "OpenAI, server VAD that waits for longer": {
    ...openAI({ type: "server_vad", silence_duration_ms: 1_200 }),
    expected: 1_700,
  },
  "OpenAI, semantic VAD": { ...openAI({ type: "semantic_vad", eagerness: "low" }), expected: 8_500 },
  "OpenAI, semantic VAD of no stated eagerness": { ...openAI({ type: "semantic_vad" }), expected: 4_500 },
  "Thrive, as documented": { ...thrive({}, SERVER_VAD), expected: 700 },
  "Thrive, server VAD that waits for longer": {
    ...thrive({ turn_detection: { silence_duration_ms: 900 } }, { ...SERVER_VAD, silence_duration_ms: 900 }),
    expected: 1_400,
  },
  "Thrive, semantic VAD": {
    ...thrive({ turn_detection: { type: "semantic_vad" } }, { type: "semantic_vad" }),
    expected: 4_500,
  },
  "Gemini, automatic": { ...gemini(), ends: endsOf, expected: ["audioStreamEnd"] },
  "Gemini, push to talk": {
    ...gemini({ realtime_input_config: { automatic_activity_detection: { disabled: true } } }),
    talks: true,
    ends: (sent) => endsOf(sent).slice(-1),
    expected: ["activityEnd"],
  },
};

/** How the user's audio stops. */
const WAYS: Readonly<Record<string, (rig: Rig) => void>> = {
  "a mute": ({ transport }) => transport.enableMic(false),
  "a lost microphone": ({ manager, clock }) => {
    manager.microphone.lose();
    clock.advance(600);
  },
  "an audio context that is closed, or a page that wakes from being frozen": ({ clock }) => clock.advance(600),
};

async function ready({ make, greet }: Service) {
  FakeWebSocket.all.length = 0;
  const clock = new ManualClock();
  const manager = new ScriptedMediaManager();
  const options = { WebSocket: FakeWebSocketConstructor, clock, timeouts: { silence: 0 } };
  const transport = make(manager, options);
  const app = APPS.get(transport);
  if (app === undefined) transport.initialize({ transport }, () => undefined);
  const begun = async () => {
    await transport.initDevices();
    await (app === undefined ? transport.connect() : app.connect({ token: "", onEvent: () => undefined }));
  };
  const connecting = begun();
  await vi.waitFor(() => {
    expect(FakeWebSocket.all.length).toBeGreaterThan(0);
  });
  FakeWebSocket.last.open();
  if (app === undefined) await connecting;
  else await turn();
  const announced = app === undefined ? transport.sendReadyMessage() : connecting;
  greet();
  await announced;
  await turn();
  onTestFinished(async () => {
    const left = transport.disconnect();
    if (FakeWebSocket.last.readyState < 3) FakeWebSocket.last.drop(1000, "", true);
    await left;
  });
  const sent = () => FakeWebSocket.last.sent.map((text) => JSON.parse(String(text)) as Sent);
  return { transport, manager, clock, sent };
}
type Rig = Awaited<ReturnType<typeof ready>>;

async function speaking(service: Service): Promise<Rig> {
  const rig = await ready(service);
  if (service.talks === true) rig.transport.enableMic(true);
  rig.manager.say(chunk());
  service.hears?.();
  return rig;
}

describe.each(Object.entries(SERVICES))("the user's turn at %s ends", (_name, service) => {
  it.each(Object.entries(WAYS))("with %s", async (_way, stops) => {
    const rig = await speaking(service);
    stops(rig);
    expect(service.ends(rig.sent())).toEqual(service.expected);
    const count = rig.sent().length;
    rig.clock.advance(60_000);
    expect(rig.sent()).toHaveLength(count);
  });

  it("not while chunks come", async () => {
    const rig = await speaking(service);
    for (let count = 0; count < 20; count += 1) {
      rig.clock.advance(100);
      rig.manager.say(chunk());
    }
    expect(silenceMs(rig.sent())).toBe(0);
    expect(endsOf(rig.sent()).filter((kind) => kind !== "activityStart")).toEqual([]);
  });
});

describe("the user's turn: what comes late", () => {
  const { "OpenAI, server VAD by default": vad, "Gemini, push to talk": talk } = SERVICES;

  it("ends as well where the service hears the first word only after the mute", async () => {
    const rig = await ready(vad!);
    rig.manager.say(chunk());
    rig.transport.enableMic(false);
    expect(silenceMs(rig.sent())).toBe(0);
    receive(openai.started);
    expect(silenceMs(rig.sent())).toBe(1_000);
  });

  it("takes no silence where nobody speaks, and again where they spoke again", async () => {
    const rig = await ready(vad!);
    rig.transport.enableMic(false);
    rig.transport.enableMic(true);
    rig.manager.say(chunk());
    receive(openai.started, openai.stopped);
    rig.transport.enableMic(false);
    expect(silenceMs(rig.sent())).toBe(0);
    rig.transport.enableMic(true);
    rig.manager.say(chunk());
    receive(openai.started);
    rig.transport.enableMic(false);
    expect(silenceMs(rig.sent())).toBe(1_000);
  });

  it.each([
    ["OpenAI", openAI(null)],
    ["Thrive", thrive({ turn_detection: null }, null)],
  ])("is the app's alone in the push to talk of %s", async (_name, service) => {
    const rig = await ready({ ...service, expected: undefined });
    rig.manager.say(chunk());
    rig.transport.enableMic(false);
    expect(rig.sent().map(({ type }) => type)).toEqual(["session.update", "input_audio_buffer.append"]);
  });

  it("goes on in Gemini's push to talk with the microphone that comes back", async () => {
    const rig = await speaking(talk!);
    rig.clock.advance(600);
    rig.manager.say(chunk());
    expect(endsOf(rig.sent())).toEqual(["activityStart", "activityEnd", "activityStart"]);
    rig.clock.advance(600);
    rig.transport.enableMic(false);
    rig.transport.enableMic(true);
    rig.manager.say(chunk());
    expect(endsOf(rig.sent()).slice(3)).toEqual(["activityEnd", "activityStart"]);
  });
});
