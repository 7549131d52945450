import {
  LogLevel,
  PipecatClient,
  type BotOutputData,
  type RTVIEventCallbacks,
  type Transport,
} from "@pipecat-ai/client-js";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import type { Recovery } from "../../src/contracts/continuity.js";
import { startLocalService, type LiveSession, type LocalService } from "../../packages/local-service/src/index.js";
import type { MediaManager } from "../../src/media/media-manager.js";
import type { ReconnectOptions, TransportOptions } from "../../src/options.js";
import { GeminiLiveWebsocketTransport } from "../../src/providers/gemini/index.js";
import { OpenAIRealTimeWebSocketTransport } from "../../src/providers/openai/index.js";
import { WebSocketTransport } from "../../src/providers/pipecat/index.js";
import { createWebSocketTransport, type RealtimeEvent } from "../../src/compat/thrive/index.js";
import { QuickMedia } from "../../packages/testkit/src/worlds/quick-media.js";
import { chunks, silence, speech } from "../../packages/testkit/src/audio/speech.js";
import { ScriptedNetwork, silent } from "../../packages/testkit/src/worlds/world.js";
import { FaultProxy } from "../../packages/testkit/src/faults/network/fault-proxy.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

// client-js asks the window for the browser's name, without asking first whether there is one.
Object.assign(globalThis, { window: {} });

/** What an app hears of the bot. */
type Hears = Pick<RTVIEventCallbacks, "onBotReady" | "onBotStartedSpeaking" | "onBotStoppedSpeaking" | "onBotOutput">;

/** An app in a session. */
interface App {
  connect(): Promise<unknown>;
  say(text: string): unknown;
  readonly state: string;
  disconnect(): Promise<unknown>;
}

interface Subject {
  readonly name: string;
  /** What becomes of the conversation. */
  readonly continuity: Recovery["continuity"];
  /** Whether it tells what the bot says, and that it speaks, in RTVI's words; default true. */
  readonly tellsWords?: boolean;
  readonly addressOf: (service: LocalService) => string;
  readonly app: (url: string, media: MediaManager, options: TransportOptions, hears: Hears) => App;
}

function rtviApp(transport: Transport, callbacks: Hears): App {
  const client = new PipecatClient({ transport, enableMic: true, callbacks });
  client.setLogLevel(LogLevel.NONE);
  return {
    connect: () => client.connect(),
    say: (text) => client.sendText(text),
    get state() {
      return client.state;
    },
    disconnect: () => client.disconnect(),
  };
}

const SUBJECTS: readonly Subject[] = [
  {
    name: "OpenAI over a WebSocket",
    continuity: "replayed",
    addressOf: ({ wsUrl }) => wsUrl,
    app: (url, media, options, hears) =>
      rtviApp(new OpenAIRealTimeWebSocketTransport({ api_key: canary(), base_url: url }, media, options), hears),
  },
  {
    name: "Gemini Live",
    continuity: "resumed",
    addressOf: ({ geminiUrl }) => geminiUrl,
    app: (url, media, options, hears) =>
      rtviApp(new GeminiLiveWebsocketTransport({ api_key: canary(), base_url: url }, media, options), hears),
  },
  {
    // Told as a whole what its handle does not cover.
    name: "Gemini Live 3.1",
    continuity: "replayed",
    addressOf: ({ geminiUrl }) => geminiUrl,
    app: (url, media, options, hears) => {
      const service = { api_key: canary(), base_url: url, model: "gemini-3.1-flash-live" };
      return rtviApp(new GeminiLiveWebsocketTransport(service, media, options), hears);
    },
  },
  {
    name: "a Pipecat bot that remembers",
    continuity: "resumed",
    addressOf: ({ port }) => `ws://127.0.0.1:${String(port)}/ws-client?session_id=kept`,
    app: (url, media, options, hears) => {
      return rtviApp(new WebSocketTransport({ wsUrl: url, recorderSampleRate: 24_000 }, media, options), hears);
    },
  },
  {
    name: "Thrive",
    continuity: "replayed",
    tellsWords: false,
    addressOf: ({ wsUrl }) => wsUrl,
    app: (url, mediaManager, options, hears) => {
      const thrive = createWebSocketTransport({ base_url: url }, { mediaManager }, options);
      // An app of the platform is told what is made, not what is heard.
      const onEvent = ({ type }: RealtimeEvent): void => {
        if (type === "response.done") hears.onBotStoppedSpeaking?.();
      };
      return {
        connect: () => thrive.connect({ token: canary(), onEvent }),
        say: (text) => {
          thrive.send({ type: "conversation.item.create", item: { type: "message", role: "user", content: text } });
          thrive.send({ type: "response.create" });
        },
        get state() {
          return thrive.rtvi.state;
        },
        disconnect: () => thrive.close(),
      };
    },
  },
];

/** What the user does while nobody listens, and how the app learns that somebody does again. */
interface Outage {
  readonly name: string;
  /** How long the user speaks, in ms. */
  readonly speaks: number;
  readonly reconnect: ReconnectOptions;
  /** Whether the device says that it is offline, and online again; otherwise the next redial finds out. */
  readonly told: boolean;
}

const OUTAGES: readonly Outage[] = [
  { name: "says something, and waits for an answer", speaks: 900, reconnect: {}, told: true },
  { name: "goes on saying something", speaks: 2_400, reconnect: { base: 100, cap: 400 }, told: false },
];

const AWAY_MS = 1_500;
const CHUNK_MS = 20;
/** How much of the sentence is heard before the cut. */
const HEARD_MS = 480;
const ANSWER = /\(speech, ([\d.]+) s\)/;

async function until(what: () => boolean, withinMs = 5_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!what()) {
    if (performance.now() > end) throw new Error(`not within ${String(withinMs)} ms: ${what.toString()}`);
    await sleep(5);
  }
}

describe.each(OUTAGES)("a cut in the middle of a sentence; the user $name", ({ name, speaks, reconnect, told }) => {
  // In concurrent tests only the context's own knows whose end it is.
  it.concurrent.for(SUBJECTS)("$name", async (subject, { onTestFinished }) => {
    const service = await startLocalService({
      greet: false,
      replyDelayMs: 5,
      logger: silent,
      pipecat: { resumable: true },
    });
    const proxy = await FaultProxy.start(service.port);
    const media = new QuickMedia();
    const network = new ScriptedNetwork();
    const recoveries: Recovery[] = [];
    const heard = { ready: 0, started: 0, stopped: 0, outputs: [] as BotOutputData[] };
    const options: TransportOptions = {
      WebSocket: NodeWebSocket as unknown as typeof WebSocket,
      reconnect,
      // Waits are short, so that what is measured is the connection: online again, an app dials within 500 ms.
      random: () => 0.2,
      logger: silent,
      network,
      onRecovered: (recovery) => void recoveries.push(recovery),
    };
    const app = subject.app(proxy.via(subject.addressOf(service)), media, options, {
      onBotReady: () => void (heard.ready += 1),
      onBotStartedSpeaking: () => void (heard.started += 1),
      onBotStoppedSpeaking: () => void (heard.stopped += 1),
      onBotOutput: (output) => void heard.outputs.push(output),
    });
    const quiet = silence(CHUNK_MS);
    const words: Buffer[] = [];
    let recorded = performance.now();
    const microphone = setInterval(() => {
      for (; recorded < performance.now(); recorded += CHUNK_MS) {
        media.say(new Uint8Array(words.shift() ?? quiet).buffer);
      }
    }, CHUNK_MS);
    onTestFinished(async () => {
      clearInterval(microphone);
      await app.disconnect();
      await proxy.close();
      await service.close();
    });
    const latest = (): LiveSession | undefined => service.sessions.at(-1);
    const known = (): string => JSON.stringify(latest()?.items ?? []);
    const soundMs = (): number => media.speaker.queue.reduce((sum, { samples }) => sum + samples / 24, 0);
    const tellsWords = subject.tellsWords ?? true;

    await app.connect();
    await app.say("Remember the blue door.");
    await until(() => known().includes("You said: Remember the blue door."));
    await until(() => heard.stopped === 1);
    Object.assign(media.speaker, { held: true, heldAtMs: HEARD_MS });
    media.speaker.queue.length = 0;
    await app.say("Tell me more about that door, and take your time over it, please.");
    await until(() => soundMs() >= HEARD_MS);
    if (tellsWords) expect(heard).toMatchObject({ started: 2, stopped: 1 });
    const before = latest()?.id;

    if (told) network.turn(false);
    const away = proxy.away(AWAY_MS);
    await until(() => app.state !== "ready");
    media.speaker.held = false;
    words.push(...chunks(speech().subarray(0, speaks * 48), CHUNK_MS));
    // Nothing of the sentence is heard any more, and what was heard of it is told.
    expect(soundMs()).toBe(0);
    if (tellsWords) {
      expect(heard).toMatchObject({ started: 2, stopped: 2 });
      expect(heard.outputs.at(-1)).toMatchObject({ spoken_status: "in-progress" });
      expect(heard.outputs.at(-1)?.text).toContain("You said: Tell");
    }
    await away;

    const returned = performance.now();
    const since = (): number => performance.now() - returned;
    if (told) network.turn(true);
    await until(() => app.state === "ready");
    const readyMs = since();
    await until(() => latest()?.id !== before && (latest()?.receivedMs ?? 0) > 0);
    const audioMs = since();
    // More than was said since the line is back: what was said without a line is there, too.
    const keptMs = (): number => (latest()?.receivedMs ?? 0) - since();
    await until(() => keptMs() > 1_000);
    const kept = keptMs();
    expect(known()).toContain("Remember the blue door.");
    expect(known()).toContain("take your time");
    await until(() => soundMs() > 0, 8_000);
    const answerMs = since();
    await until(() => ANSWER.test(known()));
    const understood = Number(ANSWER.exec(known())?.[1]);
    console.info(
      `${subject.name}, the user ${name}: ready ${readyMs.toFixed(0)} ms after the network's return, ` +
        `the microphone heard after ${audioMs.toFixed(0)} ms, the answer after ${answerMs.toFixed(0)} ms; ` +
        `${kept.toFixed(0)} ms of sound kept, a turn of ${String(understood)} s understood`,
    );
    // Without what was said before the return, or with a gap, the turn would be shorter.
    expect(understood).toBeGreaterThan(speaks / 1_000 - 0.4);
    expect(recoveries).toMatchObject([{ continuity: subject.continuity, planned: false }]);
    if (tellsWords) {
      expect(heard.ready).toBe(1);
      const cut = heard.outputs.filter(({ text }) => text.startsWith("You said: Tell"));
      expect(cut.map(({ spoken_status }) => spoken_status)).not.toContain("completed");
    }
    expect(audioMs).toBeLessThan(1_000);
    // The turn was over before: nothing is waited for but the connection.
    if (speaks < AWAY_MS - 500) expect(answerMs).toBeLessThan(1_000);
  });
});
