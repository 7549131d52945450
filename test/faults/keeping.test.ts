import { LogLevel, PipecatClient, type Transport } from "@pipecat-ai/client-js";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import type { Recovery } from "../../src/contracts/recovery.js";
import { startLocalService, type LiveSession, type LocalService } from "../../src/local-service/index.js";
import type { MediaManager } from "../../src/media/media-manager.js";
import type { TransportOptions } from "../../src/options.js";
import { GeminiLiveWebsocketTransport } from "../../src/providers/gemini/index.js";
import { OpenAIRealTimeWebSocketTransport } from "../../src/providers/openai/index.js";
import { WebSocketTransport } from "../../src/providers/pipecat/index.js";
import { QuickMedia } from "../support/quick-media.js";
import { chunks, silence, speech } from "../support/speech.js";
import { ScriptedNetwork, silent } from "../support/world.js";
import { FaultProxy } from "./support/fault-proxy.js";
import { canary } from "../support/secrets.js";

// client-js asks the window for the browser's name, without asking first whether there is one.
Object.assign(globalThis, { window: {} });

interface Subject {
  readonly name: string;
  /** What becomes of the conversation. */
  readonly conversation: Recovery["conversation"];
  /** Whether the turn that was being answered is part of it. */
  readonly knowsLastTurn: boolean;
  readonly addressOf: (service: LocalService) => string;
  readonly transport: (url: string, media: MediaManager, options: TransportOptions) => Transport;
}

const SUBJECTS: readonly Subject[] = [
  {
    name: "OpenAI over a WebSocket",
    conversation: "replayed",
    knowsLastTurn: true,
    addressOf: ({ wsUrl }) => wsUrl,
    transport: (url, media, options) =>
      new OpenAIRealTimeWebSocketTransport({ api_key: canary(), base_url: url }, media, options),
  },
  {
    name: "Gemini Live",
    conversation: "resumed",
    // Google hands out what a session is resumed by between turns.
    knowsLastTurn: false,
    addressOf: ({ geminiUrl }) => geminiUrl,
    transport: (url, media, options) =>
      new GeminiLiveWebsocketTransport({ api_key: canary(), base_url: url }, media, options),
  },
  {
    name: "a Pipecat bot that remembers",
    conversation: "resumed",
    knowsLastTurn: true,
    addressOf: ({ port }) => `ws://127.0.0.1:${String(port)}/ws-client?session_id=kept`,
    transport: (url, media, options) => new WebSocketTransport({ wsUrl: url, mediaManager: media, ...options }),
  },
];

const AWAY_MS = 1_500;
const CHUNK_MS = 20;

async function until(what: () => boolean, withinMs = 5_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!what()) {
    if (performance.now() > end) throw new Error(`not within ${String(withinMs)} ms: ${what.toString()}`);
    await sleep(5);
  }
}

it.concurrent.each(SUBJECTS)("$name: is cut in the middle of a sentence, and goes on", async (subject) => {
  const service = await startLocalService({
    greet: false,
    replyDelayMs: 5,
    logger: silent,
    pipecat: { resumable: true },
  });
  const proxy = await FaultProxy.start(service.port);
  const media = new QuickMedia();
  const recoveries: Recovery[] = [];
  const transport = subject.transport(proxy.via(subject.addressOf(service)), media, {
    WebSocket: NodeWebSocket as unknown as typeof WebSocket,
    reconnect: { base: 100, cap: 400 },
    logger: silent,
    network: new ScriptedNetwork(),
    onRecovered: (recovery) => void recoveries.push(recovery),
  });
  let botReady = 0;
  const client = new PipecatClient({
    transport,
    enableMic: true,
    callbacks: { onBotReady: () => void (botReady += 1) },
  });
  client.setLogLevel(LogLevel.NONE);
  const quiet = silence(CHUNK_MS);
  const words: Buffer[] = [];
  const microphone = setInterval(() => {
    media.say(new Uint8Array(words.shift() ?? quiet).buffer);
  }, CHUNK_MS);
  onTestFinished(async () => {
    clearInterval(microphone);
    await client.disconnect();
    await proxy.close();
    await service.close();
  });
  const latest = (): LiveSession | undefined => service.sessions.at(-1);
  const known = (): string => JSON.stringify(latest()?.items ?? []);
  const sounds = (): number => media.speaker.queue.length;

  await client.connect();
  await client.sendText("Remember the blue door.");
  await until(() => known().includes("You said: Remember the blue door."));
  await until(() => sounds() > 0);
  // Of this answer only the beginning will be heard.
  media.speaker.held = true;
  await client.sendText("Tell me more about that door, and take your time over it, please.");
  await until(() => known().includes("take your time"));
  const before = sounds();
  await until(() => sounds() > before);
  const away = proxy.away(AWAY_MS);
  await until(() => client.state !== "ready");
  media.speaker.held = false;
  words.push(...chunks(speech(), CHUNK_MS));
  await away;

  const returned = performance.now();
  const silentUntil = sounds();
  await until(() => client.state === "ready");
  const readyMs = performance.now() - returned;
  await until(() => (latest()?.receivedMs ?? 0) > 1_000);
  const heardMs = performance.now() - returned;
  expect(known()).toContain("Remember the blue door.");
  if (subject.knowsLastTurn) expect(known()).toContain("take your time");
  // More than was said since the line is back: what was said without a line is there, too.
  expect(latest()?.receivedMs).toBeGreaterThan(heardMs + 1_000);
  await until(() => sounds() > silentUntil, 8_000);
  const spokenMs = performance.now() - returned;
  console.info(
    `${subject.name}: ready ${readyMs.toFixed(0)} ms after the network's return, ` +
      `${String(latest()?.receivedMs.toFixed(0))} ms of the microphone heard after ${heardMs.toFixed(0)} ms, the bot after ${spokenMs.toFixed(0)} ms`,
  );
  expect(readyMs).toBeLessThan(3_000);
  expect(recoveries).toMatchObject([{ conversation: subject.conversation, planned: false }]);
  expect(botReady).toBe(1);
});
