import { RTVIEvent } from "@pipecat-ai/client-js";
import { GeminiLiveWebsocketTransport } from "@pipecat-ai/gemini-live-websocket-transport";
import { WavMediaManager } from "@pipecat-ai/websocket-transport";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { App } from "../support/app.js";
import { stagedService } from "../support/stage.js";

const GOOGLE = "wss://generativelanguage.googleapis.com";
/** Hz: what its transport says that the microphone records at, and that it plays at. */
const RATE = 24_000;

/** Its address is fixed: the page's WebSocket leads it to the local service instead. */
function leadTo(url: string): string[] {
  const Original = globalThis.WebSocket;
  const asked: string[] = [];
  class LedWebSocket extends Original {
    constructor(address: string | URL, protocols?: string | string[]) {
      asked.push(String(address));
      super(String(address).replace(GOOGLE, url), protocols);
    }
  }
  globalThis.WebSocket = LedWebSocket;
  onTestFinished(() => {
    globalThis.WebSocket = Original;
  });
  return asked;
}

describe("Pipecat's own Gemini transport", () => {
  it("becomes ready, is heard, and is answered in sound", { timeout: 60_000 }, async () => {
    const service = await stagedService({ replySpeed: 2 });
    const asked = leadTo(service.url.replace("http:", "ws:"));
    // Both tell the console of every step.
    for (const method of ["log", "debug", "info"] as const) {
      const spy = vi.spyOn(console, method).mockImplementation(() => undefined);
      onTestFinished(() => spy.mockRestore());
    }
    const transport = new GeminiLiveWebsocketTransport(
      {
        api_key: "local",
        initial_messages: [{ role: "user", content: "Hello from the page." }],
        settings: {
          temperature: 0.5,
          speech_config: { voice_config: { prebuilt_voice_config: { voice_name: "Puck" } } },
        },
      },
      // Without Daily: the default manager fetches its call machine from Daily's servers, which a test must not need.
      // @ts-expect-error Pipecat's packages hold the same class and declare its base each for itself.
      new WavMediaManager(512, RATE),
    );
    const app = new App({ transport });
    onTestFinished(() => app.client.disconnect());
    await app.client.connect();
    expect(asked).toEqual([expect.stringMatching(/v1beta\.GenerativeService\.BidiGenerateContent\?key=local$/)]);
    expect(app.client.state).toBe("ready");
    expect(app.count(RTVIEvent.BotReady)).toBe(1);

    // The first answer is to the text, those that follow to the microphone.
    await vi.waitUntil(() => app.count(RTVIEvent.BotStartedSpeaking) >= 2, { timeout: 40_000, interval: 50 });
    expect(app.count(RTVIEvent.BotStoppedSpeaking)).toBeGreaterThanOrEqual(1);
    const { receivedMs, items } = await service.session();
    expect(receivedMs).toBeGreaterThan(1000);
    expect(items[0]).toEqual({ role: "user", parts: [{ text: "Hello from the page." }] });
    expect(JSON.stringify(items[2])).toMatch(/\(speech, \d/);
    const { events } = await service.look();
    expect(events.filter(({ type }) => type === "close")).toEqual([]);

    await app.client.disconnect();
    await vi.waitUntil(async () => (await service.look()).sessions.length === 0);
  });
});
