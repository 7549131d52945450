import {
  LogLevel,
  PipecatClient,
  RTVIEvent,
  type BotOutputData,
  type PipecatMetricsData,
  type TranscriptData,
} from "@pipecat-ai/client-js";
import { describe, expect, it, vi } from "vitest";
import { App, openAITransport } from "./support/app.js";
import { HoldingsWatch } from "../../packages/testkit/src/browser/holdings.js";
import { stagedService } from "./support/stage.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

const LONG = { timeout: 90_000 };
const MODEL = { type: "realtime", model: "gpt-realtime" };

describe("an app that knows nothing of this library", () => {
  it("hears the bot, is heard, and is answered", LONG, async () => {
    const holdings = new HoldingsWatch();
    const service = await stagedService({
      greet: true,
      script: [{ heard: "The quick brown fox.", say: "Over the fence." }],
    });
    const transport = openAITransport(service.wsUrl);

    const said: string[] = [];
    const outputs: BotOutputData[] = [];
    const metrics: PipecatMetricsData[] = [];
    const transcripts: TranscriptData[] = [];
    const levels = { local: 0, remote: 0 };
    const client = new PipecatClient({
      transport,
      enableMic: true,
      callbacks: {
        onTransportStateChanged: (state) => said.push(state),
        onConnected: () => said.push("onConnected"),
        onBotReady: ({ version }) => said.push(`onBotReady ${version}`),
        onDisconnected: () => said.push("onDisconnected"),
        onUserStartedSpeaking: () => said.push("user starts"),
        onUserStoppedSpeaking: () => said.push("user stops"),
        onBotStartedSpeaking: () => said.push("bot starts"),
        onBotStoppedSpeaking: () => said.push("bot stops"),
        onUserTranscript: (data) => transcripts.push(data),
        onBotOutput: (data) => outputs.push(data),
        onMetrics: (data) => metrics.push(data),
        onLocalAudioLevel: (level) => (levels.local = Math.max(levels.local, level)),
        onRemoteAudioLevel: (level) => (levels.remote = Math.max(levels.remote, level)),
      },
    });
    client.setLogLevel(LogLevel.NONE);
    const until = (what: string, look: () => boolean): Promise<unknown> =>
      vi.waitUntil(look, { timeout: 30_000, interval: 20 }).catch(() => {
        throw new Error(`${what} did not come: ${said.join(", ")}`);
      });

    await client.initDevices();
    expect(client.tracks().local.audio?.readyState).toBe("live");
    expect(client.mediaState.mic.state).toBe("granted");
    const ready = await client.connect();
    expect(ready.version).toBe("2.1.0");
    expect(said).toEqual([
      "initializing",
      "initialized",
      "connecting",
      "connected",
      "onConnected",
      "ready",
      "onBotReady 2.1.0",
    ]);

    said.length = 0;
    await until("the greeting", () => said.includes("bot stops"));
    expect(said.slice(0, 2)).toEqual(["bot starts", "bot stops"]);
    expect(levels.remote).toBeGreaterThan(0.01);
    expect(outputs.some(({ text }) => text.startsWith("Hello."))).toBe(true);

    said.length = outputs.length = metrics.length = levels.remote = levels.local = 0;
    await until("the answer to what was spoken", () => said.filter((each) => each === "bot stops").length > 0);
    expect(said.slice(0, 4)).toEqual(["user starts", "user stops", "bot starts", "bot stops"]);
    expect(levels.local).toBeGreaterThan(0.01);
    expect(levels.remote).toBeGreaterThan(0.01);
    expect(transcripts.at(-1)).toMatchObject({ final: true, text: "The quick brown fox.", user_id: "user" });
    expect(transcripts.some(({ final }) => !final)).toBe(true);
    expect(outputs[0]).toMatchObject({ aggregated_by: "sentence", will_be_spoken: true, spoken_status: "new" });
    expect(outputs.at(-1)).toMatchObject({ text: "Over the fence.", spoken_status: "completed" });
    const ttfb = metrics.flatMap((each) => each.ttfb ?? []);
    expect(ttfb).toHaveLength(1);
    expect(ttfb[0]!.value).toBeGreaterThan(0);
    expect(ttfb[0]!.value).toBeLessThan(20);

    await client.disconnect();
    expect(client.state).toBe("disconnected");
    expect(said.slice(-3)).toEqual(["disconnecting", "disconnected", "onDisconnected"]);
    await holdings.nothingLeft();
  });

  it("sends text, answers function calls, changes and mutes its microphone, and connects again", LONG, async () => {
    const holdings = new HoldingsWatch();
    const service = await stagedService();
    const tools = ["find_nothing", "find_more"].map((name) => ({ type: "function" as const, name }));
    const app = new App({
      transport: openAITransport(service.wsUrl, { session_config: { tools, turn_detection: null } }),
    });
    const { client } = app;
    await client.connect();

    await app.answered("Hello there.");
    await app.until("its voice", () => app.count(RTVIEvent.BotStoppedSpeaking) > 0);
    expect(app.all(RTVIEvent.RemoteAudioLevel).some(({ data }) => Number(data) > 0.01)).toBe(true);

    const asked: object[] = [];
    client.registerFunctionCallHandler("find_nothing", async (call) => {
      asked.push(call);
      return "";
    });
    client.registerFunctionCallHandler("find_more", async () => ({ found: false }));
    await client.sendText('Please find_nothing {"of":"much"} and find_more.');
    const results = 'find_nothing returned "". find_more returned {"found":false}.';
    await app.until("its results", () => app.words.includes(results));
    expect(asked).toEqual([{ functionName: "find_nothing", arguments: { of: "much" } }]);
    expect(app.count(RTVIEvent.LLMFunctionCallInProgress)).toBe(2);
    expect(app.count(RTVIEvent.LLMFunctionCallStopped)).toBe(2);

    app.forget();
    await client.sendText("Quietly, please.", { run_immediately: true, audio_response: false });
    await app.until("an answer in writing", () => app.words.includes("You said: Quietly, please."));
    await app.until("its end", () => app.count(RTVIEvent.BotLlmStopped) > 0);
    expect(app.count(RTVIEvent.BotStartedSpeaking)).toBe(0);

    const before = client.tracks().local.audio;
    const mics = await client.getAllMics();
    const other = mics.find(({ deviceId }) => deviceId !== "default" && deviceId !== client.selectedMic.deviceId)!;
    client.updateMic(other.deviceId);
    await app.until("the other microphone", () => client.selectedMic.deviceId === other.deviceId);
    const after = client.tracks().local.audio;
    expect([before?.readyState, after?.readyState]).toEqual(["ended", "live"]);

    const heardMs = async (): Promise<number> => (await service.session()).receivedMs;
    client.enableMic(false);
    expect(client.isMicEnabled).toBe(false);
    const grows = async (): Promise<boolean> => {
      const ms = await heardMs();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return (await heardMs()) > ms;
    };
    await app.until("silence on the wire", async () => !(await grows()));
    client.enableMic(true);
    expect(client.isMicEnabled).toBe(true);
    await app.until("sound on the wire", grows);

    await client.disconnect();
    await holdings.nothingLeft();
    expect(client.tracks().local.audio).toBeUndefined();

    app.forget();
    await client.connect();
    expect(app.states).toEqual(["connecting", "connected", "ready"]);
    await app.answered("And again.");
    await client.disconnect();
    await holdings.nothingLeft();
    expect(app.errors).toEqual([]);
  });

  it("starts the bot at an endpoint, and connects with what that answers", LONG, async () => {
    const holdings = new HoldingsWatch();
    const service = await stagedService();
    const app = new App({ transport: openAITransport(service.wsUrl, { api_key: "" }) });
    const { client } = app;
    const endpoint = `${service.url}/v1/realtime/client_secrets`;
    const startWith = (key: string) => ({
      endpoint,
      headers: new Headers({ Authorization: `Bearer ${key}` }),
      requestData: { session: MODEL },
    });

    await expect(client.startBotAndConnect(startWith(canary("bad-")))).rejects.toMatchObject({ status: 401 });
    expect(app.errors).toMatchObject([{ fatal: true }]);
    await app.until("the end", () => client.state === "disconnected");
    await holdings.nothingLeft();

    app.forget();
    await client.startBotAndConnect(startWith(canary()));
    expect(app.states).toEqual(["authenticating", "authenticated", "connecting", "connected", "ready"]);
    await app.answered("Who are you?");
    await client.disconnect();
    await holdings.nothingLeft();
  });

  it("interrupts the bot, and the service learns how much of it was heard", LONG, async () => {
    const holdings = new HoldingsWatch();
    const service = await stagedService();
    const app = new App({ transport: openAITransport(service.wsUrl) });
    await app.client.connect();
    // The recording speaks again in the middle of the second answer.
    const cut = await app.until(
      "an interruption",
      async () => (await service.look()).events.find(({ type }) => type === "conversation.item.truncate"),
      60_000,
    );
    const spokeMs = app.last(RTVIEvent.BotStoppedSpeaking)!.at - app.last(RTVIEvent.BotStartedSpeaking)!.at;
    expect(cut.direction).toBe("in");
    expect(cut.ms).toBeGreaterThan(0);
    // Samples against callbacks, and callbacks come late on a busy machine.
    expect(Math.abs(cut.ms! - spokeMs)).toBeLessThan(1000);
    expect(app.last(RTVIEvent.UserStartedSpeaking)!.at).toBeGreaterThan(app.last(RTVIEvent.BotStartedSpeaking)!.at);
    await app.until("its acknowledgement", async () =>
      (await service.look()).events.some(
        ({ type, itemId }) => type === "conversation.item.truncated" && itemId === cut.itemId,
      ),
    );
    // What was cut is not complete, and stays so.
    const outputs = app.all(RTVIEvent.BotOutput).map(({ data }) => data as BotOutputData);
    expect(outputs.at(-1)).toMatchObject({ spoken_status: "in-progress" });
    expect(app.errors).toEqual([]);
    await app.client.disconnect();
    await holdings.nothingLeft();
  });
});
