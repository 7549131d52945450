import { describe, it } from "vitest";
import { GeminiLiveWebsocketTransport } from "../../src/providers/gemini/index.js";
import {
  ManualClock,
  ScriptedMediaManager,
  transportConformance,
  type ConformanceHarness,
} from "../../src/testing/index.js";
import { FakeSocket } from "../../packages/testkit/src/scripted/fake-socket.js";
import { scriptedHands, type WireScript } from "../../packages/testkit/src/scripted/scripted-conformance.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

const TIMEOUTS = { connect: 2_000, ready: 3_000, disconnect: 500 };
const DEADLINES = { ...TIMEOUTS, reconnect: 20_000 };

function geminiHarness(): ConformanceHarness {
  const clock = new ManualClock();
  const media = new ScriptedMediaManager();
  const script: WireScript = { dial: "open", ready: "at once", goodbye: "answer" };
  const sockets: ServiceSocket[] = [];

  class ServiceSocket extends FakeSocket {
    constructor(url: string | URL) {
      super(String(url), script.dial === "open");
      sockets.push(this);
      if (script.dial === "refuse") queueMicrotask(() => this.ends(1006));
    }

    override send(data: string): void {
      super.send(data);
      if (script.ready === "never" || !("setup" in (JSON.parse(data) as object))) return;
      // Its JSON comes in binary frames.
      const message = new TextEncoder().encode('{"setupComplete":{}}').buffer;
      setTimeout(() => this.dispatchEvent(new MessageEvent("message", { data: message })), 0);
    }

    abandoned = false;

    override close(): void {
      this.abandoned = true;
      if (script.goodbye === "answer") queueMicrotask(() => this.ends(1000));
    }
  }

  const transport = new GeminiLiveWebsocketTransport({ api_key: canary("AIza-") }, media, {
    clock,
    logger: silent,
    random: () => 0.5,
    reconnect: { attempts: 6 },
    timeouts: TIMEOUTS,
    WebSocket: ServiceSocket as unknown as typeof WebSocket,
  });
  const open = (): ServiceSocket[] => sockets.filter(({ readyState }) => readyState < FakeSocket.CLOSING);
  return {
    transport,
    deadlines: DEADLINES,
    ...scriptedHands({ script, media, clock, open, finalCode: 3000 }),
  };
}

transportConformance(geminiHarness, { describe, it });
