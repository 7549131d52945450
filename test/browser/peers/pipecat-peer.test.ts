import { LogLevel, PipecatClient, type BotOutputData } from "@pipecat-ai/client-js";
import { WavMediaManager, WebSocketTransport } from "@pipecat-ai/websocket-transport";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { stagedService } from "../support/stage.js";

const LONG = { timeout: 60_000 };

interface Started {
  readonly wsUrl: string;
  readonly token: string | null;
}

/**
 * Pipecat's manager without Daily: the default one fetches its call machine from Daily's servers, which a test must not
 * need. It counts what it is given to play.
 */
class CountingManager extends WavMediaManager {
  samples = 0;
  loudest = 0;

  override bufferBotAudio(data: ArrayBuffer | Int16Array, id?: string): Int16Array {
    const samples = data instanceof Int16Array ? data : new Int16Array(data);
    this.samples += samples.length;
    this.loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), this.loudest);
    return super.bufferBotAudio(data, id);
  }
}

describe("Pipecat's own client and transport", () => {
  it("hold a session with the local service", LONG, async () => {
    const service = await stagedService({
      keys: ["mine"],
      script: [{ heard: "The quick brown fox.", say: "Over the fence." }],
    });
    // Both tell the console of every step.
    for (const method of ["log", "debug", "info"] as const) {
      const spy = vi.spyOn(console, method).mockImplementation(() => undefined);
      onTestFinished(() => spy.mockRestore());
    }
    const said: string[] = [];
    const outputs: BotOutputData[] = [];
    const errors: unknown[] = [];
    const transcripts: string[] = [];
    const mediaManager = new CountingManager(512, 16_000);
    const client = new PipecatClient({
      transport: new WebSocketTransport({ mediaManager }),
      enableMic: true,
      enableCam: false,
      callbacks: {
        onTransportStateChanged: (state) => said.push(state),
        onUserStartedSpeaking: () => said.push("user starts"),
        onUserStoppedSpeaking: () => said.push("user stops"),
        onBotStartedSpeaking: () => said.push("bot starts"),
        onBotStoppedSpeaking: () => said.push("bot stops"),
        onUserTranscript: ({ text, final }) => final && transcripts.push(text),
        onBotOutput: (data) => outputs.push(data),
        onError: (message) => errors.push(message.data),
      },
    });
    client.setLogLevel(LogLevel.NONE);
    const until = (what: string, look: () => boolean): Promise<unknown> =>
      vi.waitUntil(look, { timeout: 20_000, interval: 20 }).catch(() => {
        throw new Error(`${what} did not come: ${said.join(", ")}; ${JSON.stringify(errors)}`);
      });

    // Its validator takes neither `sessionId` nor a token that is null, and both are in a runner's answer.
    const started = (await client.startBot({
      endpoint: service.pipecatUrl,
      requestData: { transport: "websocket" },
    })) as Started;
    const ready = await client.connect({ wsUrl: started.wsUrl, token: started.token });
    expect(ready).toMatchObject({ version: "2.1.0", about: { library: "rtvi-machine" } });

    await until("the answer to what was spoken", () => said.includes("bot stops"));
    const talk = said.filter((each) => each.includes(" "));
    expect(talk.slice(0, 4)).toEqual(["user starts", "user stops", "bot starts", "bot stops"]);
    expect(transcripts[0]).toBe("The quick brown fox.");
    expect(mediaManager.samples).toBeGreaterThan(24_000);
    expect(mediaManager.loudest).toBeGreaterThan(1000);
    expect(outputs.find(({ text }) => text === "Over the fence.")).toBeDefined();
    expect((await service.session()).receivedMs).toBeGreaterThan(1000);

    client.enableMic(false);
    outputs.length = 0;
    await client.sendText("hello there", { audio_response: false });
    await until("the answer to what was written", () => outputs.some(({ text }) => text.includes("hello there")));

    expect(await client.sendClientRequest("favourite", { colour: "green" })).toEqual({ colour: "green" });
    await expect(client.sendClientRequest("fail", "not today")).rejects.toMatchObject({ data: { error: "not today" } });
    expect(errors).toEqual([]);
    await client.disconnect();
    await vi.waitUntil(async () => (await service.look()).sessions.length === 0);
  });
});
