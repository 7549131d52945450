import { RTVIEvent } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { RTVIServices, type RTVIClientConfigOption } from "../../src/services/index.js";
import { STANDARD } from "../../packages/testkit/src/worlds/standard-events.js";
import { App, openAITransport, silentLogger, webRtcTransport } from "./support/app.js";
import { stagedService } from "./support/stage.js";

describe.each([
  ["WebSocket", openAITransport],
  ["WebRTC", webRtcTransport],
])("the eighteen standard events over %s", (_, makeTransport) => {
  it("reach the app", { timeout: 90_000 }, async () => {
    const service = await stagedService({ script: [{ heard: "The quick brown fox.", say: "Over the fence." }] });
    const transport = makeTransport(service.wsUrl, { raw_events: true });
    const app = new App({ transport });
    const configs: RTVIClientConfigOption[][] = [];
    const callbacks = { onConfig: (config: RTVIClientConfigOption[]) => void configs.push(config) };
    const services = new RTVIServices(app.client, { callbacks, logger: silentLogger });

    await app.client.connect();
    await app.until("an answer", () => app.count(RTVIEvent.BotStoppedSpeaking) > 0, 40_000);
    await services.action({ service: "tts", action: "interrupt" });
    transport.sendServiceEvent({ type: "conversation.item.delete", item_id: "nobody" });
    await app.until("the error", () => app.count(RTVIEvent.Error) > 0);
    await app.client.disconnect();

    const missing = Object.entries(STANDARD).filter(([, event]) => app.count(event) === 0);
    expect(missing).toEqual([]);
    expect(Object.keys(STANDARD)).toHaveLength(18);
    expect(app.states).toContain("ready");
    expect(app.last(RTVIEvent.BotReady)?.data).toMatchObject({ config: configs[0] });
    expect(configs[0]?.map(({ service: name }) => name)).toEqual(["vad", "stt", "llm", "tts"]);
    expect(app.count(RTVIEvent.BotConnected)).toBe(1);
    expect(app.count(RTVIEvent.BotDisconnected)).toBe(1);
    expect(app.states.slice(-2)).toEqual(["disconnecting", "disconnected"]);
  });
});
