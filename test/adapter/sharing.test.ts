import { LogLevel, logger, PipecatClient, type RTVIEventCallbacks } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { AlreadyConnectedError } from "../../src/errors.js";
import type { Logger } from "../../src/log.js";
import { ManualClock, ScriptedMediaManager, ScriptedTransport } from "../../src/testing/index.js";

logger.setLevel(LogLevel.NONE);

/** A transport, and what it warns of. */
function make(media = new ScriptedMediaManager()) {
  const warnings: string[] = [];
  const silent = (): void => undefined;
  const log: Logger = { debug: silent, info: silent, warn: (message) => warnings.push(message), error: silent };
  const transport = new ScriptedTransport({ clock: new ManualClock(), logger: log }, undefined, media);
  return { transport, media, warnings };
}

/** A client, and what its app hears. */
function clientOf(transport: ScriptedTransport) {
  const heard: string[] = [];
  const callbacks: RTVIEventCallbacks = {
    onTransportStateChanged: (state) => heard.push(state),
    onBotReady: () => heard.push("onBotReady"),
  };
  return { client: new PipecatClient({ transport, callbacks }), heard };
}

const turns = async (): Promise<void> => {
  for (let task = 0; task < 20; task += 1) await new Promise((resolve) => setTimeout(resolve, 0));
};

const SESSION = ["initializing", "initialized", "connecting", "connected", "ready", "onBotReady"];
const chunk = new ArrayBuffer(4_800);

describe("one transport with two clients: an idle one is taken over", () => {
  it("with a warning, and only the new client hears of it, devices included", async () => {
    const { transport, warnings } = make();
    const first = clientOf(transport);
    expect(warnings).toEqual([]);
    const second = clientOf(transport);
    expect(warnings).toEqual([expect.stringContaining("new PipecatClient")]);
    await second.client.connect();
    expect(second.heard).toEqual(SESSION);
    expect(second.client.mediaState.mic.state, "onMicUpdated reaches it").toBe("granted");
    expect(first.heard).toEqual([]);
    await second.client.disconnect();
  });

  it("in the tick in which the first disconnects, as a page does that is mounted twice", async () => {
    const { transport } = make();
    const first = clientOf(transport);
    const cancelled = first.client.connect();
    void first.client.disconnect();
    const second = clientOf(transport);
    const connecting = second.client.connect();
    await expect(cancelled).rejects.toThrow("disconnect()");
    await connecting;
    await turns();
    expect(transport.state).toBe("ready");
    expect(second.heard.slice(-2)).toEqual(["ready", "onBotReady"]);
    await second.client.disconnect();
  });

  it("once the first is done with it", async () => {
    const { transport, warnings } = make();
    const first = clientOf(transport);
    await first.client.connect();
    const second = clientOf(transport);
    await expect(second.client.initDevices()).rejects.toThrow(AlreadyConnectedError);
    await first.client.disconnect();
    await turns();
    expect(warnings.at(-1)).toContain("is free");
    expect(first.heard.at(-1)).toBe("disconnected");
    await second.client.connect();
    // Its initDevices() has failed: it does not ask again.
    expect(second.heard).toEqual(SESSION.slice(2));
    await second.client.disconnect();
  });
});

describe("one transport with two clients: one that is used is not taken", () => {
  it("connect(), startBot() and initDevices() of the second reject and say why; the first goes on", async () => {
    const { transport, media, warnings } = make();
    const first = clientOf(transport);
    await first.client.initDevices();
    const { client, heard } = clientOf(transport);
    expect(warnings).toEqual([expect.stringContaining("Another PipecatClient")]);
    await expect(client.connect()).rejects.toThrow("Another PipecatClient");
    await expect(client.startBot({ endpoint: "http://127.0.0.1:9/" })).rejects.toThrow("Another PipecatClient");
    await expect(client.initDevices()).rejects.toThrow("Another PipecatClient");
    await turns();
    expect([transport.state, media.microphone.held, heard]).toEqual(["initialized", 1, []]);
    await first.client.disconnect();
  });

  it("an attempt of the first comes to its session", async () => {
    const { transport, media } = make();
    media.microphone.script = "hang";
    const first = clientOf(transport);
    const connecting = first.client.connect();
    const second = clientOf(transport);
    await expect(second.client.connect()).rejects.toThrow("Another PipecatClient");
    media.microphone.answer();
    await connecting;
    expect(first.heard).toEqual(SESSION);
    expect(second.heard).toEqual([]);
    await first.client.disconnect();
  });
});

describe("one media manager with two transports", () => {
  it("serves the one that is used last, with a warning, while the other is idle", async () => {
    const media = new ScriptedMediaManager();
    const [one, two] = [make(media), make(media)];
    const [first, second] = [clientOf(one.transport), clientOf(two.transport)];
    expect([one.warnings, two.warnings]).toEqual([[], [expect.stringContaining("MediaManager")]]);
    await second.client.connect();
    await turns();
    media.say(chunk);
    expect([one.transport.service.audioBytes, two.transport.service.audioBytes]).toEqual([0, chunk.byteLength]);
    expect(second.heard).toEqual(SESSION);
    expect(first.heard).toEqual([]);
    await second.client.disconnect();

    await first.client.connect();
    await turns();
    expect(one.warnings).toEqual([expect.stringContaining("MediaManager")]);
    media.say(chunk);
    expect([one.transport.service.audioBytes, two.transport.service.audioBytes]).toEqual([4_800, 4_800]);
    expect(first.heard).toEqual(SESSION);
    await first.client.disconnect();
  });

  it("stays with the one that is in a session: the other is refused and says why", async () => {
    const media = new ScriptedMediaManager();
    const [one, two] = [make(media), make(media)];
    const [first, second] = [clientOf(one.transport), clientOf(two.transport)];
    await first.client.connect();
    await expect(second.client.connect()).rejects.toThrow("MediaManager");
    await expect(second.client.initDevices()).rejects.toThrow("MediaManager");
    await expect(second.client.startBotAndConnect({ endpoint: "http://127.0.0.1:9/" })).rejects.toThrow("MediaManager");
    await turns();
    media.say(chunk);
    expect(one.transport.service.audioBytes).toBe(chunk.byteLength);
    expect([first.client.state, second.client.state, media.microphone.held]).toEqual(["ready", "disconnected", 1]);
    await first.client.disconnect();
    await second.client.connect();
    expect(second.client.state).toBe("ready");
    await second.client.disconnect();
    expect(media.microphone.held).toBe(0);
  });

  it("is not taken from one that holds the microphone, made before or after it", async () => {
    const media = new ScriptedMediaManager();
    const one = make(media);
    const first = clientOf(one.transport);
    await first.client.initDevices();
    const second = clientOf(make(media).transport);
    await expect(second.client.connect()).rejects.toThrow("MediaManager");
    await first.client.connect();
    await turns();
    media.say(chunk);
    expect(one.transport.service.audioBytes).toBe(chunk.byteLength);
    await first.client.disconnect();
  });
});
