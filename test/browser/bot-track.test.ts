import { LogLevel, RTVIEvent, type Participant } from "@pipecat-ai/client-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { OpenAIRealTimeWebRTCTransport } from "../../src/providers/openai/index.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";
import { App, openAITransport, webRtcTransport } from "./support/app.js";
import { openPage, PAGES } from "./support/pipecat-page.js";
import { stagedService } from "./support/stage.js";
import { sleep, TappedContext } from "./media/support.js";

const LONG = { timeout: 60_000 };

/** What client-react's PipecatClientAudio does: the bot's track in an element of the page that plays by itself. */
function appPlays(app: App, element = document.createElement("audio")): HTMLAudioElement {
  element.autoplay = true;
  document.body.append(element);
  app.client.on(RTVIEvent.TrackStarted, (track: MediaStreamTrack, participant?: Participant) => {
    if (participant?.local !== true) element.srcObject = new MediaStream([track]);
  });
  return element;
}

/** What client-react's VoiceVisualizer does. Resolves to the loudest level within a time. */
async function loudest(source: MediaStreamTrack | AudioContext, ms: number): Promise<number> {
  const isTrack = source instanceof MediaStreamTrack;
  const context = isTrack ? new AudioContext() : source;
  const analyser = context.createAnalyser();
  if (isTrack) context.createMediaStreamSource(new MediaStream([source])).connect(analyser);
  else source.destination.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let most = 0;
  for (const until = performance.now() + ms; performance.now() < until;) {
    analyser.getFloatTimeDomainData(samples);
    most = Math.max(most, ...samples.map(Math.abs));
    await sleep(20);
  }
  if (isTrack) await context.close();
  return most;
}

const SENTENCE =
  "This is a long sentence, so that there is time to listen to all of it, and to look at it, from both sides.";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  document.querySelectorAll("audio").forEach((element) => element.remove());
});

describe("the bot's track", () => {
  it("bot track: over a WebSocket visualisers draw it, and the bot is heard once, whoever plays it", LONG, async () => {
    const service = await stagedService();
    const options = { audio: { AudioContext: TappedContext } };
    const app = new App({ transport: openAITransport(service.url + "/v1/realtime", {}, options), enableMic: false });
    await app.client.connect();
    const bot = await app.until("the bot's track", () => app.client.tracks().bot?.audio);
    expect(app.all(RTVIEvent.TrackStarted).map(({ data }) => data)).toEqual([bot]);
    const output = TappedContext.made.at(-1)!;

    const speak = async (): Promise<{ readonly here: number; readonly drawn: number }> => {
      app.forget();
      await app.client.sendText(SENTENCE);
      await app.until("the bot's voice", () => app.count(RTVIEvent.BotStartedSpeaking) > 0);
      const [here, drawn] = await Promise.all([loudest(output, 800), loudest(bot, 800)]);
      (app.client.transport as { interrupt?: () => void }).interrupt?.();
      await app.until("its end", () => app.count(RTVIEvent.BotStoppedSpeaking) > 0);
      return { here, drawn };
    };
    const alone = await speak();
    expect(alone.here).toBeGreaterThan(0.05);
    expect(alone.drawn).toBeGreaterThan(0.05);

    const element = document.createElement("audio");
    element.autoplay = true;
    element.srcObject = new MediaStream([bot]);
    document.body.append(element);
    await vi.waitUntil(() => !element.paused && element.readyState > 2);
    await sleep(50);
    const shared = await speak();
    expect(shared.here).toBe(0);
    expect(shared.drawn).toBeGreaterThan(0.05);

    element.muted = true;
    await sleep(50);
    expect((await speak()).here).toBeGreaterThan(0.05);
    element.muted = false;
    await sleep(50);
    expect((await speak()).here).toBe(0);
    element.remove();
    await sleep(50);
    expect((await speak()).here).toBeGreaterThan(0.05);
    app.forget();
    await app.client.disconnect();
    expect(app.all(RTVIEvent.TrackStopped).map(({ data }) => data)).toEqual([bot]);
    expect(app.client.tracks().bot).toBeUndefined();
  });

  it(
    "bot track: over WebRTC an app that plays it and has it played hears it twice, which can be told",
    LONG,
    async () => {
      const play = vi.spyOn(HTMLMediaElement.prototype, "play");
      const service = await stagedService();
      const options = { playBotTrack: true };
      const app = new App({ transport: webRtcTransport(service.url + "/v1/realtime", {}, options), enableMic: false });
      const element = appPlays(app);
      await app.client.connect();
      const bot = await app.until("the bot's track", () => app.client.tracks().bot?.audio);
      await app.client.sendText(SENTENCE);
      await app.until("the bot's voice", () => app.count(RTVIEvent.BotStartedSpeaking) > 0);
      expect(await loudest(bot, 1_000)).toBeGreaterThan(0.05);
      const elements = new Set([element, ...(play.mock.contexts as HTMLMediaElement[])]);
      expect([...elements].filter(({ muted, paused }) => !muted && !paused)).toHaveLength(2);
      await app.client.disconnect();
    },
  );

  it.each(Object.keys(PAGES))(
    "bot track: a page for Pipecat's WebRTC class, its import changed, plays the bot once: %s",
    LONG,
    async (page) => {
      const service = await stagedService();
      const { fetch } = window;
      vi.stubGlobal("fetch", (url: string, init: RequestInit) =>
        fetch(url.replace("https://api.openai.com", service.url), init),
      );
      vi.stubGlobal("AudioContext", TappedContext);
      const contexts = TappedContext.made.length;
      const play = vi.spyOn(HTMLMediaElement.prototype, "play");
      const client = openPage(page, OpenAIRealTimeWebRTCTransport, canary());
      client.setLogLevel(LogLevel.NONE);
      const speaking: boolean[] = [];
      client.on(RTVIEvent.BotStartedSpeaking, () => void speaking.push(true));
      await client.connect();
      const bot = await vi.waitUntil(() => client.tracks().bot?.audio, { timeout: 10_000 });
      await client.sendText(SENTENCE);
      await vi.waitUntil(() => speaking.length > 0, { timeout: 10_000 });
      const outputs = TappedContext.made.slice(contexts).filter(({ state }) => state === "running");
      const [drawn, ...here] = await Promise.all([bot, ...outputs].map((source) => loudest(source, 800)));
      expect(drawn).toBeGreaterThan(0.05);
      const elements = new Set([...document.querySelectorAll("audio"), ...(play.mock.contexts as HTMLMediaElement[])]);
      const playing = [...elements].filter(({ muted, paused, srcObject }) => !muted && !paused && srcObject !== null);
      expect([...playing, ...here.filter((level) => level > 0.01)], "what plays the bot").toHaveLength(1);
      await client.disconnect();
    },
  );

  it("levels: over WebRTC and over a WebSocket one voice is as loud", LONG, async () => {
    const service = await stagedService();
    const power: number[] = [];
    for (const transport of [openAITransport, webRtcTransport]) {
      const app = new App({ transport: transport(service.url + "/v1/realtime"), enableMic: false });
      await app.client.connect();
      await app.client.sendText(`${SENTENCE} ${SENTENCE}`);
      await app.until("the bot's voice", () => app.count(RTVIEvent.BotStoppedSpeaking) > 0);
      const levels = app.all(RTVIEvent.RemoteAudioLevel).map(({ data }) => Number(data));
      const loud = levels.filter((level) => level > 0.02);
      expect(loud.length).toBeGreaterThan(3);
      // Of the whole of it: which moments a reading meets is chance.
      power.push(Math.sqrt(loud.reduce((sum, level) => sum + level * level, 0) / loud.length));
      await app.client.disconnect();
    }
    expect(power[1]! / power[0]!).toBeGreaterThan(0.7);
    expect(power[1]! / power[0]!).toBeLessThan(1.4);
  });
});

describe("the page's audio", () => {
  it("media: the page closes every AudioContext: the app hears of both, and both come back", LONG, async () => {
    const service = await stagedService();
    const before = TappedContext.made.length;
    const options = { audio: { AudioContext: TappedContext } };
    const app = new App({ transport: openAITransport(service.url + "/v1/realtime", {}, options) });
    await app.client.connect();
    await app.until("the microphone", async () => (await service.session()).receivedMs > 200);
    for (const context of TappedContext.made.slice(before)) await context.close();
    const errors = (): unknown[] =>
      app.all(RTVIEvent.DeviceError).map(({ data }) => (data as { devices: string[] }).devices.join());
    await app.until("both errors", () => errors().length === 2);
    expect(errors().sort()).toEqual(["mic", "speaker"]);
    await app.until("the microphone again", () => app.client.tracks().local.audio?.readyState === "live");
    const { receivedMs } = await service.session();
    await app.until("its audio", async () => (await service.session()).receivedMs > receivedMs + 300);
    expect(app.client.mediaState.mic).toMatchObject({ state: "granted" });
    expect(app.client.isMicEnabled).toBe(true);
    app.client.enableMic(false);
    app.forget();
    await app.client.sendText(SENTENCE);
    await app.until("the bot's voice", () => app.count(RTVIEvent.BotStartedSpeaking) > 0);
    expect(await loudest(TappedContext.made.at(-1)!, 800)).toBeGreaterThan(0.05);
    await app.client.disconnect();
  });
});
