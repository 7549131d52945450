import Daily from "@daily-co/daily-js";
import type { Transport } from "@pipecat-ai/client-js";
import { GeminiLiveWebsocketTransport } from "@pipecat-ai/gemini-live-websocket-transport";
import { OpenAIRealTimeWebRTCTransport } from "@pipecat-ai/openai-realtime-webrtc-transport";
import { WebSocketTransport } from "@pipecat-ai/websocket-transport";
import {
  ManualClock,
  scriptedConnection,
  type ConformanceHarness,
  type ServiceWords,
} from "../../../../src/testing/index.js";
import { canary } from "../secrets/secrets.js";
import { BlobReader } from "./blob-reader.js";
import { AskedUser, PeerCall, PeerMedia } from "./peer-media.js";
import { PeerService } from "./peer-service.js";
import { GEMINI, PIPECAT } from "./service-words.js";

/** A transport of Pipecat's that is run through the conformance suite. */
export interface PeerUnderTest {
  readonly name: string;
  readonly harness: () => ConformanceHarness;
}

/** Their socket's own, in ms; they have no other deadline, and the others are as long as an app would wait. */
const DEADLINES = { connect: 150_000, ready: 30_000, disconnect: 5_000, reconnect: 30_000 };

/** Shorter waits pass in real time: they are turns, and no deadlines. */
const SHORTEST = 1_000;

/** Their deadlines are timers of the page: here a clock has them that the suite turns. */
function clockOfThePage(): { readonly clock: ManualClock; restore(): void } {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const clock = new ManualClock();
  const ours = new Set<unknown>();
  const setLong = (run: () => void, ms = 0): unknown => {
    if (ms < SHORTEST) return set(run, ms);
    // An object, which no id of the page's is.
    const timer = { id: clock.setTimeout(run, ms), unref: () => timer };
    ours.add(timer);
    return timer;
  };
  const clearLong = (timer: unknown): void => {
    if (ours.delete(timer)) clock.clearTimeout((timer as { readonly id: number }).id);
    else clear(timer as number);
  };
  Object.assign(globalThis, { setTimeout: setLong, clearTimeout: clearLong });
  return {
    clock,
    restore: () => {
      Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
    },
  };
}

/**
 * Puts things into the page for good: what a peer still does after its case is over finds them too. They are talkative, and the console is
 * one of these things.
 */
function provide(globals: Readonly<Record<string, unknown>>): void {
  const silence = Object.fromEntries(
    ["log", "info", "warn", "error", "debug"].map((level) => [level, () => undefined]),
  );
  Object.assign(console, silence);
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { configurable: true, writable: true, value });
  }
}

interface Around {
  readonly user: AskedUser;
  /** What the transport looks for in the page. */
  readonly globals: Readonly<Record<string, unknown>>;
  readonly service: ConformanceHarness["service"];
  /** Connections that it has not given up, in words. */
  readonly held: () => readonly string[];
}

function harness({ user, globals, service, held }: Around, make: () => Transport): ConformanceHarness {
  provide(globals);
  const { clock, restore } = clockOfThePage();
  return {
    transport: make(),
    deadlines: DEADLINES,
    service,
    microphone: {
      answer: (how) => {
        user.answer = how;
      },
    },
    elapse: async (ms) => {
      clock.advance(ms);
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setTimeout(resolve, 0));
    },
    leftovers: () => [...held(), ...(user.held === 0 ? [] : ["the microphone"])],
    dispose: restore,
  };
}

function overSockets(words: ServiceWords, make: (media: PeerMedia) => Transport): ConformanceHarness {
  const service = scriptedConnection(words);
  const user = new AskedUser();
  const around: Around = {
    user,
    globals: { WebSocket: service.WebSocket, FileReader: BlobReader },
    service,
    held: () => Array.from({ length: service.held }, () => "a socket"),
  };
  return harness(around, () => make(new PeerMedia(user)));
}

function overPeerConnection(make: () => Transport): ConformanceHarness {
  const service = new PeerService();
  const user = new AskedUser();
  let call: PeerCall | undefined;
  const daily = Daily as unknown as Record<"getCallInstance" | "createCallObject", () => PeerCall | undefined>;
  daily.getCallInstance = () => call;
  daily.createCallObject = () => (call ??= new PeerCall(user));
  const around: Around = {
    user,
    globals: { RTCPeerConnection: service.RTCPeerConnection, fetch: service.fetch },
    service,
    held: () => service.holdings,
  };
  return harness(around, make);
}

/** Their managers are declared with private members, and used by their public ones, which this one has. */
const asTheirs = (media: PeerMedia) => media as unknown as GeminiManager & PipecatManager;

type GeminiManager = ConstructorParameters<typeof GeminiLiveWebsocketTransport>[1];
type PipecatManager = NonNullable<NonNullable<ConstructorParameters<typeof WebSocketTransport>[0]>["mediaManager"]>;

/** Pipecat's published transports, each with a scripted service and scripted devices. */
export const PEERS_UNDER_TEST: readonly PeerUnderTest[] = [
  {
    name: "@pipecat-ai/websocket-transport",
    harness: () =>
      overSockets(PIPECAT, (media) => {
        return new WebSocketTransport({ wsUrl: "ws://bot.test/ws-client", mediaManager: asTheirs(media) });
      }),
  },
  {
    name: "@pipecat-ai/gemini-live-websocket-transport",
    harness: () =>
      overSockets(GEMINI, (media) => new GeminiLiveWebsocketTransport({ api_key: canary("AIza-") }, asTheirs(media))),
  },
  {
    name: "@pipecat-ai/openai-realtime-webrtc-transport",
    harness: () => overPeerConnection(() => new OpenAIRealTimeWebRTCTransport({ api_key: canary() })),
  },
];
