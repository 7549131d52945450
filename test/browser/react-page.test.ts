import { RTVIEvent, type Transport } from "@pipecat-ai/client-js";
import {
  PipecatClientAudio,
  PipecatClientProvider,
  usePipecatClientMediaDevices,
  usePipecatConversation,
  VoiceVisualizer,
} from "@pipecat-ai/client-react";
import { createElement, type ReactElement } from "react";
import { createRoot } from "react-dom/client";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createWebSocketTransport } from "../../src/compat/thrive/index.js";
import type { TransportOptions } from "../../src/options.js";
import { GeminiLiveWebsocketTransport } from "../../src/providers/gemini/index.js";
import { WebSocketTransport } from "../../src/providers/pipecat/index.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";
import { App, openAITransport, silentLogger, webRtcTransport } from "./support/app.js";
import { sleep, TappedContext } from "./media/support.js";
import { stagedService, type StagedService } from "./support/stage.js";

const LONG = { timeout: 60_000 };
const OPTIONS: TransportOptions = { logger: silentLogger, audio: { AudioContext: TappedContext } };
const SENTENCE =
  "This is a long sentence, so that there is time to listen to all of it, and to look at it, from both sides.";

interface Service {
  readonly name: string;
  readonly transport: (service: StagedService) => Transport;
  readonly params?: (app: App, service: StagedService) => Promise<unknown>;
}

const SERVICES: readonly Service[] = [
  { name: "OpenAI over a WebSocket", transport: ({ wsUrl }) => openAITransport(wsUrl, {}, OPTIONS) },
  { name: "OpenAI over WebRTC", transport: ({ wsUrl }) => webRtcTransport(wsUrl, {}, OPTIONS) },
  {
    name: "Gemini Live",
    transport: ({ url }) =>
      new GeminiLiveWebsocketTransport({ api_key: canary("AIza-"), base_url: url }, undefined, OPTIONS),
  },
  {
    name: "a Pipecat bot",
    transport: () => new WebSocketTransport({}, undefined, OPTIONS),
    params: ({ client }, { pipecatUrl }) => client.startBot({ endpoint: pipecatUrl }),
  },
  {
    name: "the Thrive platform",
    transport: ({ wsUrl }) =>
      createWebSocketTransport({ base_url: wsUrl }, { getSessionToken: () => Promise.resolve(canary()) }, OPTIONS).rtvi,
  },
];

function Devices(): ReactElement {
  const { availableMics, selectedMic } = usePipecatClientMediaDevices();
  const options = availableMics.map(({ deviceId, label }) =>
    createElement("option", { key: deviceId, value: deviceId }, label),
  );
  return createElement("select", { value: selectedMic.deviceId, onChange: () => undefined }, options);
}

/** Everything that was said, as the page's own hook has it. */
function Transcript(): ReactElement {
  const { messages } = usePipecatConversation();
  return createElement("ol", {}, JSON.stringify(messages));
}

/** A page as Pipecat's documents show one. */
function show(app: App): HTMLElement {
  const element = document.createElement("main");
  document.body.append(element);
  const root = createRoot(element);
  onTestFinished(() => {
    root.unmount();
    element.remove();
  });
  const page = [
    createElement(PipecatClientAudio, { key: "audio" }),
    createElement(VoiceVisualizer, { key: "local", participantType: "local" }),
    createElement(VoiceVisualizer, { key: "bot", participantType: "bot" }),
    createElement(Devices, { key: "devices" }),
    createElement(Transcript, { key: "transcript" }),
  ];
  root.render(createElement(PipecatClientProvider, { client: app.client, children: page }));
  return element;
}

/** Points that a visualiser has coloured: at most, within a time. */
async function drawn(canvas: HTMLCanvasElement, ms: number): Promise<number> {
  const context = canvas.getContext("2d")!;
  let most = 0;
  for (const until = performance.now() + ms; performance.now() < until;) {
    await sleep(30);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let alpha = 3; alpha < data.length; alpha += 4) if ((data[alpha] ?? 0) > 0) coloured += 1;
    most = Math.max(most, coloured);
  }
  return most;
}

/** The loudest sample that a context plays within a time. */
async function loudest(context: AudioContext, ms: number): Promise<number> {
  const analyser = context.createAnalyser();
  context.destination.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let most = 0;
  for (const until = performance.now() + ms; performance.now() < until;) {
    await sleep(20);
    analyser.getFloatTimeDomainData(samples);
    most = Math.max(most, ...samples.map(Math.abs));
  }
  return most;
}

/** Elements that play a live track aloud, those outside of the document too. */
function audible(elements: Iterable<HTMLMediaElement>): HTMLMediaElement[] {
  return [...elements].filter(
    ({ muted, paused, srcObject }) =>
      !muted && !paused && srcObject instanceof MediaStream && srcObject.getAudioTracks().length > 0,
  );
}

describe.each(SERVICES)("a page of client-react on $name", ({ transport, params }) => {
  it("bot track: shows both voices, devices and words, and plays the bot once", LONG, async () => {
    const contexts = TappedContext.made.length;
    const play = vi.spyOn(HTMLMediaElement.prototype, "play");
    onTestFinished(() => play.mockRestore());
    const service = await stagedService();
    const app = new App({ transport: transport(service) });
    const page = show(app);
    await app.client.initDevices();
    await app.client.connect(await params?.(app, service));

    const [user, bot] = [...page.querySelectorAll("canvas")];
    await app.until("the user's bars", async () => (await drawn(user!, 1_000)) > 0);
    expect(page.querySelectorAll("option").length).toBeGreaterThan(0);
    expect(page.querySelector("select")?.value).toBe(app.client.selectedMic.deviceId);

    app.client.enableMic(false);
    await app.until(
      "quiet",
      () => app.count(RTVIEvent.UserStartedSpeaking) === app.count(RTVIEvent.UserStoppedSpeaking),
    );
    await app.until(
      "the bot's silence",
      () => app.count(RTVIEvent.BotStartedSpeaking) === app.count(RTVIEvent.BotStoppedSpeaking),
    );
    await sleep(300);
    const silent = await drawn(bot!, 200);
    app.forget();
    await app.client.sendText(SENTENCE);
    await app.until("the bot's voice", () => app.count(RTVIEvent.BotStartedSpeaking) > 0);
    const outputs = TappedContext.made.slice(contexts).filter(({ state }) => state === "running");
    const [levels, spoken] = await Promise.all([
      Promise.all(outputs.map((context) => loudest(context, 800))),
      drawn(bot!, 800),
    ]);
    expect(spoken, "the bot's bars").toBeGreaterThan(silent);
    const elements = audible(
      new Set([...page.ownerDocument.querySelectorAll("audio"), ...(play.mock.contexts as HTMLMediaElement[])]),
    );
    const heard = [...levels.filter((level) => level > 0.01), ...elements];
    expect(heard, "what plays the bot").toHaveLength(1);
    await app.until("the transcript", () => page.querySelector("ol")?.textContent.includes("long sentence"));
    expect(app.errors).toEqual([]);
    await app.client.disconnect();
  });
});
