import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createWebSocketTransport } from "../../../src/compat/thrive/index.js";
import { GeminiLiveWebsocketTransport } from "../../../src/providers/gemini/index.js";
import { OpenAIRealTimeWebSocketTransport } from "../../../src/providers/openai/index.js";
import { WebSocketTransport } from "../../../src/providers/pipecat/index.js";
import type { TransportOptions } from "../../../src/options.js";
import { ManualClock, ScriptedMediaManager } from "../../../src/testing/index.js";
import type { VoiceTransport } from "../../../src/transport/voice-transport.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../packages/testkit/src/scripted/fake-web-socket.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";
import { bot, sentPings } from "./pipecat/rig.js";

const SILENCE = 15_000;
const PROBE = 3_000;
const LIMIT = 10_000;

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const receive = (...events: object[]) => {
  for (const event of events) FakeWebSocket.last.message(JSON.stringify(event));
};
const session = { type: "realtime", id: "sess_1" };

type Situation = "idle" | "the user speaks" | "the app writes";

interface Service {
  readonly make: (manager: ScriptedMediaManager, options: TransportOptions) => VoiceTransport;
  readonly greet: () => void;
  /** Answers what the app has asked for. */
  readonly answer: () => void;
  /** Answers the first ping. */
  readonly pong?: () => void;
  /** By when a dead line is noticed, in ms; "by the socket": not before that says so. */
  readonly noticed: Readonly<Record<Situation, number | "by the socket">>;
}

const openai: Omit<Service, "make"> = {
  greet: () => receive({ type: "session.created", session }, { type: "session.updated", session }),
  answer: () =>
    receive(
      { type: "response.created", response: { id: "resp_1", status: "in_progress", output: [] } },
      { type: "response.done", response: { id: "resp_1", status: "completed", output: [] } },
    ),
  noticed: asked(),
};
const pipecat: Omit<Service, "noticed"> = {
  make: (manager, options) => new WebSocketTransport({ wsUrl: "ws://bot.test/ws" }, manager, options),
  greet: () => FakeWebSocket.last.message(bot.rtvi("bot-ready", { version: "2.1.0" })),
  answer: () => FakeWebSocket.last.message(bot.rtvi("bot-llm-started")),
};

/** A service that can be asked. */
function asked(): Service["noticed"] {
  return { idle: SILENCE + PROBE, "the user speaks": SILENCE + PROBE, "the app writes": SILENCE + PROBE };
}

const SERVICES: Readonly<Record<string, Service>> = {
  OpenAI: {
    ...openai,
    make: (manager, options) => new OpenAIRealTimeWebSocketTransport({ api_key: canary("ek_") }, manager, options),
  },
  Thrive: {
    ...openai,
    make: (mediaManager, options) => {
      const getSessionToken = () => ({ value: canary("ek_") });
      return createWebSocketTransport({}, { mediaManager, getSessionToken }, options).rtvi;
    },
  },
  Gemini: {
    make: (manager, options) => new GeminiLiveWebsocketTransport({ api_key: canary("AIza") }, manager, options),
    greet: () => receive({ setupComplete: {} }),
    answer: () =>
      receive(
        { serverContent: { modelTurn: { parts: [{ text: "Yes." }] } } },
        { serverContent: { turnComplete: true } },
      ),
    noticed: { idle: "by the socket", "the user speaks": 2 * SILENCE, "the app writes": SILENCE },
  },
  "Pipecat, a bot that answers pings": {
    ...pipecat,
    pong: () => FakeWebSocket.last.message(bot.rtvi("error-response", {}, sentPings().at(-1)?.id)),
    noticed: asked(),
  },
  "Pipecat, a bot that answers no pings": {
    ...pipecat,
    noticed: { idle: "by the socket", "the user speaks": 2 * SILENCE, "the app writes": SILENCE },
  },
};

/** What goes on as the line dies; called every 100 ms from then on. */
const SITUATIONS: Readonly<Record<Situation, (rig: Rig, tick: number) => void>> = {
  idle: () => undefined,
  /** A dead line takes what the system's buffers hold, and then no more. */
  "the user speaks": ({ manager }) => {
    const before = FakeWebSocket.last.sent.length;
    manager.say(new Int16Array(2_400).fill(1_000).buffer);
    if (FakeWebSocket.last.sent.length > before) FakeWebSocket.last.bufferedAmount += 4_800;
  },
  "the app writes": ({ transport }, tick) => {
    if (tick === 0) transport.sendMessage(new RTVIMessage("send-text", { content: "Are you there?", options: {} }));
  },
};

async function ready({ make, greet, answer, pong }: Service) {
  FakeWebSocket.all.length = 0;
  const clock = new ManualClock();
  const manager = new ScriptedMediaManager();
  const errors: RTVIMessage[] = [];
  const transport = make(manager, {
    WebSocket: FakeWebSocketConstructor,
    clock,
    maxBufferedAmount: LIMIT,
    timeouts: { silence: SILENCE, probe: PROBE },
  });
  const callbacks = { onError: (message: RTVIMessage) => void errors.push(message) };
  transport.initialize({ transport, callbacks }, () => undefined);
  await transport.initDevices();
  const connecting = transport.connect();
  await vi.waitFor(() => {
    expect(FakeWebSocket.all).toHaveLength(1);
  });
  FakeWebSocket.last.open();
  await connecting;
  const announced = transport.sendReadyMessage();
  greet();
  await announced;
  await turn();
  pong?.();
  await turn();
  // It has answered before.
  transport.sendMessage(new RTVIMessage("send-text", { content: "Hello.", options: {} }));
  answer();
  await turn();
  onTestFinished(async () => {
    const left = transport.disconnect();
    if (FakeWebSocket.last.readyState < 3) FakeWebSocket.last.drop(1000, "", true);
    await left;
  });
  const codes = () => errors.map(({ data }) => (data as { code?: string }).code);
  return { transport, manager, clock, codes };
}
type Rig = Awaited<ReturnType<typeof ready>>;

const STEP = 100;
/** Until the buffer is full, where sound is sent. */
const FILLS = 300;

describe.each(Object.entries(SERVICES))("a dead line at %s", (_name, service) => {
  it.each(Object.keys(SITUATIONS) as Situation[])(
    "is noticed in time, or only by the socket: %s",
    async (situation) => {
      const rig = await ready(service);
      const expected = service.noticed[situation];
      const bound = expected === "by the socket" ? 20 * SILENCE : expected + FILLS + STEP;
      let passed = 0;
      for (; passed < bound && !rig.codes().includes("connection-lost"); passed += STEP) {
        SITUATIONS[situation](rig, passed / STEP);
        rig.clock.advance(STEP);
      }
      expect(rig.codes().includes("connection-lost")).toBe(expected !== "by the socket");
    },
  );

  it("is not suspected while the network takes a little now and then", async () => {
    const rig = await ready(service);
    for (let passed = 0; passed < 10 * SILENCE; passed += STEP) {
      SITUATIONS["the user speaks"](rig, passed / STEP);
      if (passed % 5_000 === 0) FakeWebSocket.last.bufferedAmount -= 500;
      // Services that can be asked answer.
      if (service.noticed.idle !== "by the socket" && passed % 10_000 === 0) service.answer();
      rig.clock.advance(STEP);
    }
    expect(rig.codes()).not.toContain("connection-lost");
  });
});
