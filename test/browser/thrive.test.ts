import { expect, it, vi } from "vitest";
import { WebAudioMediaManager } from "../../src/index.js";
import { createWebSocketTransport, type RealtimeEvent } from "../../src/compat/thrive/index.js";
import { silentLogger } from "./support/app.js";
import { HoldingsWatch } from "../../packages/testkit/src/browser/holdings.js";
import { stagedService } from "./support/stage.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

const LONG = { timeout: 90_000 };

it("Thrive: an app hears the bot, is heard, and gives everything back", LONG, async () => {
  const holdings = new HoldingsWatch();
  const service = await stagedService({ script: [{ heard: "The quick brown fox.", say: "Over the fence." }] });
  const getSessionToken = vi.fn(async () => {
    const response = await fetch(`${service.url}/v1/realtime/client_secrets`, {
      method: "POST",
      headers: { Authorization: `Bearer ${canary()}`, "Content-Type": "application/json" },
      body: JSON.stringify({ session: { type: "realtime", model: "gpt-realtime" } }),
    });
    return (await response.json()) as { value: string };
  });
  const manager = new WebAudioMediaManager({ logger: silentLogger });
  const transport = createWebSocketTransport(
    { voice: "alloy", capabilities: ["audio"], base_url: service.wsUrl },
    { getSessionToken, mediaManager: manager },
    { logger: silentLogger },
  );
  // The façade has no levels to tell; they show here that sound was really captured and played.
  const loudest = { said: 0, heard: 0 };
  const callbacks = {
    onLocalAudioLevel: (level: number) => (loudest.said = Math.max(loudest.said, level)),
    onRemoteAudioLevel: (level: number) => (loudest.heard = Math.max(loudest.heard, level)),
  };
  manager.setClientOptions({ transport: transport.rtvi, callbacks }, true);

  const events: RealtimeEvent[] = [];
  const all = (type: string): RealtimeEvent[] => events.filter((event) => event.type === type);
  const until = (what: string, look: () => boolean): Promise<unknown> =>
    vi.waitUntil(look, { timeout: 30_000, interval: 20 }).catch(() => {
      throw new Error(`${what} did not come: ${events.map(({ type }) => type).join(", ")}`);
    });

  await transport.connect({ token: canary(), onEvent: (event) => void events.push(event) });
  expect(getSessionToken).toHaveBeenCalledTimes(1);
  const transcribed = "conversation.item.input_audio_transcription.completed";
  await until("what was understood", () => all(transcribed).length > 0);
  expect(all(transcribed)[0]).toMatchObject({ transcript: "The quick brown fox." });
  expect(loudest.said).toBeGreaterThan(0.01);
  await until("the answer", () => all("response.audio.done").length > 0);
  expect(all("response.audio.delta").length).toBeGreaterThan(0);
  await until("its voice", () => loudest.heard > 0.01);
  expect(all("error")).toEqual([]);

  await transport.close();
  expect(transport.rtvi.state).toBe("disconnected");
  await holdings.nothingLeft();
});
