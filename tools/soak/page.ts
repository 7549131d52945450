import { LogLevel, PipecatClient, RTVIEvent, type Transport } from "@pipecat-ai/client-js";
import type { TransportOptions } from "../../src/options.js";
import { GeminiLiveWebsocketTransport } from "../../src/providers/gemini/index.js";
import { OpenAIRealTimeWebRTCTransport, OpenAIRealTimeWebSocketTransport } from "../../src/providers/openai/index.js";
import { WebSocketTransport } from "../../src/providers/pipecat/index.js";
import { HoldingsWatch, type Holdings } from "../../packages/testkit/src/browser/holdings.js";

/** What the page has seen so far. */
export interface SoakView extends Holdings {
  readonly state: string;
  /** Times that the session was ready again after its line was lost. */
  readonly recoveries: number;
  /** Times that the session ended and the page connected anew. */
  readonly restarts: number;
  readonly errors: number;
  /** Why the last `connect()` failed. */
  readonly failed: string;
  readonly userTurns: number;
  readonly botTurns: number;
  readonly listenerTypes: readonly string[];
}

export type SoakService = "openai-websocket" | "openai-webrtc" | "gemini" | "pipecat";

declare global {
  interface Window {
    soak: {
      /** @param service one of those in `tools/soak.ts` */
      start(service: SoakService, url: string): Promise<void>;
      look(): SoakView;
      /** Ends the session for good; resolves to what is left when it is over. */
      stop(): Promise<SoakView>;
    };
  }
}

const RESTART_MS = 1_000;
/** What is remembered of the conversation grows up to a bound, which must be reached while the page warms up. */
const KEPT = { items: 32 };

const TRANSPORTS: Readonly<Record<SoakService, (url: string, options: TransportOptions) => Transport>> = {
  "openai-websocket": (base_url, options) =>
    new OpenAIRealTimeWebSocketTransport({ api_key: "local", base_url, keep_conversation: KEPT }, undefined, options),
  "openai-webrtc": (base_url, options) =>
    new OpenAIRealTimeWebRTCTransport({ api_key: "local", base_url, keep_conversation: KEPT }, undefined, {
      ...options,
      playBotTrack: true,
    }),
  gemini: (base_url, options) => new GeminiLiveWebsocketTransport({ api_key: "local", base_url }, undefined, options),
  pipecat: (wsUrl, options) => new WebSocketTransport({ wsUrl }, undefined, options),
};

const watch = new HoldingsWatch();
const counts = { failed: "", recoveries: 0, restarts: 0, errors: 0, userTurns: 0, botTurns: 0 };
let client: PipecatClient | undefined;
let over = false;

/** Connects, and again after a second when that fails: what an app does that does not give up. */
async function connect(app: PipecatClient): Promise<void> {
  while (!over) {
    try {
      await app.connect();
      return;
    } catch (error) {
      counts.failed = String(error);
      await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
    }
  }
}

const look = (): SoakView => ({
  ...watch.now(),
  ...counts,
  listenerTypes: watch.listenerTypes,
  state: client?.state ?? "none",
});

window.soak = {
  async start(service, url) {
    const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    const transport = TRANSPORTS[service](url, { logger: silent, onRecovered: () => (counts.recoveries += 1) });
    const app = new PipecatClient({ transport, enableMic: true });
    app.setLogLevel(LogLevel.NONE);
    app.on(RTVIEvent.Error, ({ data }) => {
      counts.errors += 1;
      counts.failed = JSON.stringify(data);
    });
    app.on(RTVIEvent.UserStoppedSpeaking, () => (counts.userTurns += 1));
    app.on(RTVIEvent.BotStoppedSpeaking, () => (counts.botTurns += 1));
    app.on(RTVIEvent.Disconnected, () => {
      if (over) return;
      counts.restarts += 1;
      setTimeout(() => void connect(app), RESTART_MS);
    });
    client = app;
    await connect(app);
  },
  look,
  async stop() {
    over = true;
    await client?.disconnect();
    // Contexts and sockets close in their own time.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return look();
  },
};
