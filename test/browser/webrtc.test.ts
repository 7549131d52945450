import { RTVIEvent, type BotOutputData } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import type { Recovery } from "../../src/contracts/continuity.js";
import type { TransportOptions } from "../../src/options.js";
import { App, webRtcTransport, type Heard } from "./support/app.js";
import { HoldingsWatch } from "../../packages/testkit/src/browser/holdings.js";
import { record, repeats } from "./support/recording.js";
import { flightRecorder } from "../../src/inspect/index.js";
import { stagedService } from "./support/stage.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

const LONG = { timeout: 90_000 };
/** Twice through a lossy codec, and through a jitter buffer that stretches: 0.95 as measured. */
const LEAST_CORRELATION = 0.8;

/** The loudest root mean square of a track within a time, heard by our own ears. */
async function loudest(track: MediaStreamTrack, ms: number): Promise<number> {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let most = 0;
  for (const until = performance.now() + ms; performance.now() < until;) {
    analyser.getFloatTimeDomainData(samples);
    most = Math.max(most, Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await context.close();
  return most;
}

const pause = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));

describe("OpenAIRealTimeWebRTCTransport in a browser", () => {
  it("speaks, is answered, is muted, changes its microphone, and leaves nothing", LONG, async () => {
    const holdings = new HoldingsWatch();
    const service = await stagedService({ script: [{ heard: "The quick brown fox.", say: "Over the fence." }] });
    const recorder = flightRecorder();
    const transport = webRtcTransport(service.url + "/v1/realtime", {}, { inspect: recorder });
    const app = new App({ transport });
    const { client } = app;
    await client.connect();
    expect(app.states.slice(-3)).toEqual(["connecting", "connected", "ready"]);
    const bot = client.tracks().bot?.audio;
    expect(bot?.readyState).toBe("live");
    const started = app.all(RTVIEvent.TrackStarted).map(({ data }) => data);
    expect(started).toContain(bot);

    await app.until("the user's turn", () => app.count(RTVIEvent.UserStoppedSpeaking) > 0, 30_000);
    await app.until("the answer", () => app.count(RTVIEvent.BotStartedSpeaking) > 0);
    expect(transport.actor.getSnapshot().children.speaker?.getSnapshot().value).toMatchObject({
      open: { sound: "speaking" },
    });
    expect(await loudest(bot!, 700)).toBeGreaterThan(0.01);
    await app.until("its end", () => app.count(RTVIEvent.BotStoppedSpeaking) > 0);
    expect(app.all(RTVIEvent.UserTranscript).at(-1)?.data).toMatchObject({ text: "The quick brown fox.", final: true });
    expect(app.all(RTVIEvent.BotOutput).map(({ data }) => (data as BotOutputData).text)).toContain("Over the fence.");
    expect(app.all(RTVIEvent.RemoteAudioLevel).some(({ data }) => Number(data) > 0.01)).toBe(true);
    expect(app.count(RTVIEvent.Metrics)).toBeGreaterThan(0);

    const local = client.tracks().local.audio!;
    client.enableMic(false);
    expect(local.enabled).toBe(false);
    const quiet = app.until(
      "silence",
      () => app.count(RTVIEvent.UserStoppedSpeaking) === app.count(RTVIEvent.UserStartedSpeaking),
    );
    await quiet;
    app.forget();
    await app.answered("Hello there.");
    await app.until("its voice", () => app.count(RTVIEvent.BotStoppedSpeaking) > 0);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(app.count(RTVIEvent.UserStartedSpeaking)).toBe(0);

    const mics = await client.getAllMics();
    const other = mics.find(({ deviceId }) => deviceId !== "default" && deviceId !== client.selectedMic.deviceId)!;
    client.updateMic(other.deviceId);
    await app.until("the other microphone", () => client.selectedMic.deviceId === other.deviceId);
    expect([local.readyState, client.tracks().local.audio?.readyState]).toEqual(["ended", "live"]);
    client.enableMic(true);
    await app.until("the user, heard again", () => app.count(RTVIEvent.UserStartedSpeaking) > 0, 30_000);

    const latest = () =>
      recorder
        .export()
        .entries.flatMap((entry) => (entry.kind === "statistics" ? [entry.numbers] : []))
        .at(-1);
    await app.until("a sample of both ways", () => (latest()?.bytesReceived ?? 0) > 0, 30_000);
    const measured = latest();
    const { entries } = recorder.export();
    for (const name of ["bytesSent", "bytesReceived", "packetsSent", "packetsReceived"] as const)
      expect(measured?.[name], name).toBeGreaterThan(0);
    for (const name of ["bufferedAmount", "roundTripMs", "jitterMs", "packetsReceivedLost", "concealedMs"] as const)
      expect(measured?.[name], name).toBeGreaterThanOrEqual(0);
    expect(JSON.stringify(entries)).not.toContain("127.0.0.1");

    // Nothing of the microphone went through events.
    expect((await service.look()).events.some(({ type }) => type === "conversation.item.truncate")).toBe(false);
    expect(app.errors).toEqual([]);
    await client.disconnect();
    expect(client.tracks().bot).toBeUndefined();
    await holdings.nothingLeft();
    await app.until("the end at the other side", async () => (await service.look()).sessions.length === 0);
  });

  it("speaks Opus, and hears its own words again", LONG, async () => {
    const service = await stagedService();
    const peers: RTCPeerConnection[] = [];
    class Watched extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        peers.push(this);
      }
    }
    // What a browser does to a voice, it does to a recording: correlation with it falls to 0.7 or 0.8.
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const options = { RTCPeerConnection: Watched, audio };
    const app = new App({ transport: webRtcTransport(service.url + "/v1/realtime", {}, options) });
    await app.client.connect();
    const recording = await record(app.client.tracks().bot!.audio!);
    await app.until("the answer", () => app.count(RTVIEvent.BotStoppedSpeaking) > 0, 30_000);
    expect(await repeats(await recording.stop())).toBeGreaterThan(LEAST_CORRELATION);

    const stats = [...(await peers[0]!.getStats()).values()] as {
      type: string;
      id: string;
      [field: string]: unknown;
    }[];
    for (const type of ["inbound-rtp", "outbound-rtp"]) {
      const stream = stats.find((each) => each.type === type && each.kind === "audio");
      const codec = stats.find(({ id }) => id === stream?.codecId);
      expect(codec, type).toMatchObject({ mimeType: "audio/opus", clockRate: 48_000 });
    }
    await app.client.disconnect();
  });

  it("connects without a microphone, and is heard once there is one", LONG, async () => {
    const holdings = new HoldingsWatch();
    const service = await stagedService();
    const app = new App({ transport: webRtcTransport(service.url + "/v1/realtime"), enableMic: false });
    await app.client.connect();
    expect(holdings.microphones).toBe(0);
    await app.answered("Can you read me?");
    app.client.enableMic(true);
    await app.until("the user", () => app.count(RTVIEvent.UserStartedSpeaking) > 0, 30_000);
    await app.client.disconnect();
    await holdings.nothingLeft();
  });

  it("interrupts the bot by hand", LONG, async () => {
    const service = await stagedService({ greet: true });
    const transport = webRtcTransport(service.url + "/v1/realtime");
    const app = new App({ transport, enableMic: false });
    await app.client.connect();
    await app.until("the greeting", () => app.count(RTVIEvent.BotStartedSpeaking) > 0);
    transport.interrupt();
    await app.until("silence", () => app.count(RTVIEvent.BotStoppedSpeaking) > 0, 1000);
    // Silence is made here; our word, and the service's, travel.
    for (const type of ["output_audio_buffer.clear", "output_audio_buffer.cleared"]) {
      await app.until(type, async () => (await service.look()).events.some((event) => event.type === type));
    }
    expect(app.errors).toEqual([]);
    await app.client.disconnect();
  });

  it("connects and disconnects ten times, and while it connects", LONG, async () => {
    const holdings = new HoldingsWatch();
    const service = await stagedService();
    const app = new App({ transport: webRtcTransport(service.url + "/v1/realtime") });
    for (let round = 0; round < 10; round += 1) {
      await app.client.connect();
      app.forget();
      await app.answered(`Round ${round}.`);
      await app.client.disconnect();
      await holdings.nothingLeft();
    }
    for (const ms of [0, 10, 60, 200]) {
      const connecting = app.settled(app.client.connect());
      await new Promise((resolve) => setTimeout(resolve, ms));
      await app.client.disconnect();
      await connecting;
      await holdings.nothingLeft();
    }
    await app.until("the end at the other side", async () => (await service.look()).sessions.length === 0);
  });

  it("is cut in the middle of a sentence, and goes on over a new call", LONG, async () => {
    const service = await stagedService();
    const recoveries: Recovery[] = [];
    const options: TransportOptions = {
      // Waits are short, so that what is measured is the call.
      reconnect: { base: 100, cap: 400 },
      random: () => 0.2,
      timeouts: { iceGrace: 100 },
      onRecovered: (recovery) => void recoveries.push(recovery),
    };
    const app = new App({ transport: webRtcTransport(service.url + "/v1/realtime", {}, options) });
    const { client } = app;
    await client.connect();
    await client.sendText("Remember the blue door.", { run_immediately: false });
    await app.until("the user's turn", () => app.count(RTVIEvent.UserStoppedSpeaking) > 0, 30_000);
    client.enableMic(false);
    await app.until("the answer", () => app.count(RTVIEvent.BotStartedSpeaking) > 0);
    await pause(700);
    expect(app.count(RTVIEvent.BotStoppedSpeaking)).toBe(0);

    const cutAt = performance.now();
    // Nobody says goodbye: that the path is gone, ICE finds after some seconds of silence.
    await service.stop();
    await app.until("the loss", () => app.states.at(-1) === "connecting");
    expect(app.count(RTVIEvent.BotStoppedSpeaking)).toBe(1);
    const lostMs = performance.now() - cutAt;
    // Of the answer no more was heard than was played.
    const outputs = app.all(RTVIEvent.BotOutput).map(({ data }) => data as BotOutputData);
    expect(outputs.at(-1)).toMatchObject({ spoken_status: "in-progress" });
    expect(outputs.at(-1)?.text).toContain("You said");
    expect(outputs.map(({ spoken_status }) => spoken_status)).not.toContain("completed");
    // The user speaks while nobody can hear it.
    app.forget();
    client.enableMic(true);
    const speaks = ({ data }: Heard): boolean => Number(data) > 0.05;
    await app.until("the user's words", () => app.all(RTVIEvent.LocalAudioLevel).some(speaks), 30_000);
    await pause(1_500);

    app.forget();
    await service.restart();
    const returned = performance.now();
    const since = (): number => performance.now() - returned;
    await app.until("the session again", () => client.state === "ready");
    const readyMs = since();
    const { receivedMs } = await app.until("the microphone", async () => {
      const session = await service.session();
      return session.receivedMs > 0 ? session : undefined;
    });
    const audioMs = since();
    // Of RTP only what is said now; the rest is in the conversation.
    expect(receivedMs).toBeLessThan(audioMs + 100);
    await app.until("what the user said", async () =>
      JSON.stringify((await service.session()).items).includes('"input_audio"'),
    );
    const missedMs = since();
    const known = JSON.stringify((await service.session()).items);
    expect(known).toContain("Remember the blue door.");
    expect(known).toMatch(/"role":"assistant"[^}]*"You/);
    await app.until("what the user says now", () => app.count(RTVIEvent.UserStoppedSpeaking) > 0, 30_000);
    const saidMs = since();
    await app.until("its answer", () => app.count(RTVIEvent.BotStartedSpeaking) > 0);
    const answerMs = since();
    expect(await loudest(client.tracks().bot!.audio!, 700)).toBeGreaterThan(0.01);
    console.info(
      `WebRTC: lost after ${lostMs.toFixed(0)} ms, ready ${readyMs.toFixed(0)} ms after the service's return, the microphone heard after ` +
        `${audioMs.toFixed(0)} ms, what was said meanwhile after ${missedMs.toFixed(0)} ms, a turn over after ${saidMs.toFixed(0)} ms, its answer after ${answerMs.toFixed(0)} ms`,
    );
    expect(recoveries).toMatchObject([{ continuity: "replayed", planned: false }]);
    expect(app.count(RTVIEvent.BotReady)).toBe(0);
    expect(audioMs).toBeLessThan(1_000);
    await client.disconnect();
  });

  it("says in the service's words why it was refused, and connects again after a loss", LONG, async () => {
    const holdings = new HoldingsWatch();
    const service = await stagedService();
    const refused = new App({ transport: webRtcTransport(service.url + "/v1/realtime", { api_key: canary("bad-") }) });
    expect(await refused.settled(refused.client.connect())).toMatchObject({ code: "unauthorized", status: 401 });
    const unknown = new App({ transport: webRtcTransport(service.url + "/v1/realtime", { model: "no-such-model" }) });
    expect(await unknown.settled(unknown.client.connect())).toMatchObject({
      serviceCode: "model_not_found",
      status: 404,
    });
    const options = { timeouts: { iceGrace: 100 } };
    const app = new App({ transport: webRtcTransport(service.url + "/v1/realtime", {}, options) });
    await app.client.connect();
    app.forget();
    await service.terminate();
    await app.until("the session again", () => app.states.at(-1) === "ready");
    expect(app.states).toEqual(["connecting", "connected", "ready"]);
    await app.answered("Still there?");
    // What of an answer was not heard, the next call is asked for again, together with what comes then.
    await app.until("its end", () => app.count(RTVIEvent.BotStoppedSpeaking) > 0);
    app.forget();
    await service.drop(1011);
    await app.until("the session once more", () => app.states.at(-1) === "ready");
    await app.answered("And now?");
    await app.client.disconnect();
    await holdings.nothingLeft();
  });
});
