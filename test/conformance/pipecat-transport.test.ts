import { describe, it } from "vitest";
import { Frame } from "../../src/codec/pipecat/frames.js";
import { WebSocketTransport } from "../../src/providers/pipecat/index.js";
import {
  ManualClock,
  ScriptedMediaManager,
  transportConformance,
  type ConformanceHarness,
} from "../../src/testing/index.js";
import { FakeSocket } from "../../packages/testkit/src/scripted/fake-socket.js";
import { scriptedHands, type WireScript } from "../../packages/testkit/src/scripted/scripted-conformance.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";

const TIMEOUTS = { connect: 2_000, ready: 3_000, disconnect: 500 };
const DEADLINES = { ...TIMEOUTS, reconnect: 20_000 };

function pipecatHarness(): ConformanceHarness {
  const clock = new ManualClock();
  const media = new ScriptedMediaManager();
  const script: WireScript = { dial: "open", ready: "at once", goodbye: "answer" };
  const sockets: BotSocket[] = [];

  class BotSocket extends FakeSocket {
    abandoned = false;

    constructor(url: string | URL) {
      super(String(url), script.dial === "open");
      sockets.push(this);
      if (script.dial === "refuse") queueMicrotask(() => this.ends(1006));
    }

    override send(data: unknown): void {
      const { frame } = Frame.decode(data as Uint8Array);
      if (frame?.$case !== "message" || script.ready === "never") return;
      const { type, id } = JSON.parse(frame.value.data) as { type: string; id: string };
      if (type !== "client-ready") return;
      const ready = { label: "rtvi-ai", type: "bot-ready", id, data: { version: "2.1.0" } };
      const bytes = Frame.encode({ frame: { $case: "message", value: { data: JSON.stringify(ready) } } }).finish();
      // A message is an event of its own.
      setTimeout(() => this.dispatchEvent(new MessageEvent("message", { data: bytes.buffer })), 0);
    }

    override close(): void {
      this.abandoned = true;
      if (script.goodbye === "answer") queueMicrotask(() => this.ends(1000));
    }
  }

  const transport = new WebSocketTransport({ wsUrl: "ws://bot.test/ws-client" }, media, {
    clock,
    logger: silent,
    random: () => 0.5,
    reconnect: { attempts: 6 },
    timeouts: TIMEOUTS,
    WebSocket: BotSocket as unknown as typeof WebSocket,
  });
  const open = (): BotSocket[] => sockets.filter(({ readyState }) => readyState < FakeSocket.CLOSING);
  return {
    transport,
    deadlines: DEADLINES,
    ...scriptedHands({ script, media, clock, open, finalCode: 4003 }),
  };
}

transportConformance(pipecatHarness, { describe, it });
