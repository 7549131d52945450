import { describe, it } from "vitest";
import { transportConformance, type ConformanceHarness } from "../../src/testing/index.js";
import { openAITransport } from "./support/app.js";
import { HoldingsWatch } from "../../packages/testkit/src/browser/holdings.js";
import { stagedService } from "./support/stage.js";

const TIMEOUTS = { connect: 2_000, ready: 2_000, disconnect: 500 };
const DEADLINES = { ...TIMEOUTS, reconnect: 400 };

/** The address of a service that behaves like that. */
const FAULT_OF = { open: [], refuse: ["unavailable"], hang: ["hang-upgrade"], never: ["silent"], "at once": [] };

/** OpenAI's transport as it is used: Web Audio, a WebSocket, and the local service at its other end. */
async function browserHarness(): Promise<ConformanceHarness> {
  const holdings = new HoldingsWatch();
  const service = await stagedService();
  const script = { dial: "open", ready: "at once", goodbye: "answer", microphone: "allow" } as {
    dial: "open" | "refuse" | "hang";
    ready: "at once" | "never";
    goodbye: "answer" | "hang";
    microphone: "allow" | "deny" | "wait";
  };

  class ServiceSocket extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      const address = new URL(url);
      const faults = [...FAULT_OF[script.dial], ...FAULT_OF[script.ready]];
      if (faults.length > 0) address.searchParams.set("fault", faults.join());
      super(address, protocols);
    }

    /** A browser answers by itself: that nobody does means that the close comes late. */
    override close(code?: number, reason?: string): void {
      if (script.goodbye === "answer") super.close(code, reason);
      else setTimeout(() => super.close(code, reason), 2 * DEADLINES.disconnect);
    }
  }

  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  const answers = {
    allow: getUserMedia,
    deny: () => Promise.reject(new DOMException("Permission denied", "NotAllowedError")),
    wait: () => new Promise<never>(() => undefined),
  };
  const asked: MediaDevices = new Proxy(mediaDevices, {
    get(target, name) {
      if (name === "getUserMedia") return answers[script.microphone];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });

  const transport = openAITransport(
    service.wsUrl,
    { session_config: { turn_detection: null } },
    {
      WebSocket: ServiceSocket,
      audio: { mediaDevices: asked },
      timeouts: TIMEOUTS,
      reconnect: { base: 20, cap: 50, attempts: 3 },
    },
  );
  return {
    transport,
    deadlines: DEADLINES,
    continuity: "replayed",
    service: {
      connect: (how) => (script.dial = how),
      ready: (how) => (script.ready = how),
      close: (how) => (script.goodbye = how),
      drop: (how) => {
        if (script.dial === "hang" && transport.state === "connecting") void service.stop();
        else if (how === "final") void service.drop(3000, "invalid_request_error.invalid_api_key");
        else void service.terminate();
      },
    },
    microphone: { answer: (how) => (script.microphone = how) },
    elapse: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    leftovers: () => {
      // A timer may wait half a second more for what the client still has to call; `dispose` sees that none stays.
      const { tracks, listeners } = holdings.now();
      return Object.entries({ tracks, listeners }).flatMap(([what, count]) =>
        count === 0 ? [] : [`${count} ${what}`],
      );
    },
    dispose: async () => {
      script.goodbye = "answer";
      await holdings.nothingLeft();
    },
  };
}

transportConformance(browserHarness, {
  describe,
  it: (name, body) => {
    it(name, { timeout: 60_000 }, body);
  },
});
