import { describe, it } from "vitest";
import { Frame } from "../../src/codec/pipecat/frames.js";
import { WebSocketTransport } from "../../src/providers/pipecat/index.js";
import {
  ManualClock,
  ScriptedMediaManager,
  transportConformance,
  type ConformanceHarness,
} from "../../src/testing/index.js";
import { FakeSocket } from "../support/fake-socket.js";
import { silent } from "../support/world.js";

const DEADLINES = { dial: 2_000, ready: 3_000, disconnect: 500, reconnect: 20_000 };
const STEP = 400;

/** The bot's end of the wire, as far as a session needs it to begin and end. */
interface Script {
  dial: "open" | "refuse" | "hang";
  ready: "at once" | "never";
  goodbye: "answer" | "hang";
}

function pipecatHarness(): ConformanceHarness {
  const clock = new ManualClock();
  const media = new ScriptedMediaManager();
  const script: Script = { dial: "open", ready: "at once", goodbye: "answer" };
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

  const transport = new WebSocketTransport({
    wsUrl: "ws://bot.test/ws-client",
    mediaManager: media,
    clock,
    logger: silent,
    random: () => 0.5,
    reconnect: { attempts: 6 },
    timeouts: DEADLINES,
    WebSocket: BotSocket as unknown as typeof WebSocket,
  });
  const open = (): BotSocket[] => sockets.filter(({ readyState }) => readyState < FakeSocket.CLOSING);
  return {
    transport,
    deadlines: DEADLINES,
    service: {
      dial: (how) => {
        script.dial = how;
      },
      ready: (how) => {
        script.ready = how;
      },
      goodbye: (how) => {
        script.goodbye = how;
      },
      drop: (how) => {
        for (const socket of open()) socket.ends(how === "retryable" ? 1006 : 4003);
      },
    },
    microphone: {
      answer: (how) => {
        media.microphone.script = ({ allow: "grant", deny: "permissions", wait: "hang" } as const)[how];
      },
    },
    elapse: async (ms) => {
      for (let past = 0; past < ms; past += STEP) {
        clock.advance(Math.min(STEP, ms - past));
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    },
    leftovers: () => [
      ...open()
        .filter(({ abandoned }) => !abandoned)
        .map(() => "a socket"),
      ...(media.microphone.held === 0 ? [] : ["the microphone"]),
      ...(media.speaker.isOpen ? ["the speaker"] : []),
      ...(clock.pending === 0 ? [] : [`${clock.pending} timers`]),
    ],
  };
}

transportConformance(pipecatHarness, { describe, it });
