import { DeviceError, PipecatClient, RTVIEvent, UnsupportedFeatureError } from "@pipecat-ai/client-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { OpenAIRealTimeWebRTCTransport, OpenAIRealTimeWebSocketTransport } from "../../src/providers/openai/index.js";
import { GeminiLiveWebsocketTransport } from "../../src/providers/gemini/index.js";
import { WebSocketTransport } from "../../src/providers/pipecat/index.js";
import type { TransportOptions } from "../../src/options.js";
import type { VoiceTransport } from "../../src/transport/voice-transport.js";
import { ScriptedMediaManager } from "../../src/testing/index.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";
import { AudioPage, device } from "../../packages/testkit/src/worlds/audio-page.js";

const laptop = device("l Laptop");
const headset = device("h Headset");
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const MAKE: Readonly<Record<string, (options: TransportOptions) => VoiceTransport>> = {
  "OpenAI over a WebSocket": (options) =>
    new OpenAIRealTimeWebSocketTransport({ api_key: canary() }, undefined, options),
  "OpenAI over WebRTC": (options) => new OpenAIRealTimeWebRTCTransport({ api_key: canary() }, undefined, options),
  Gemini: (options) => new GeminiLiveWebsocketTransport({ api_key: canary() }, undefined, options),
  Pipecat: (options) => new WebSocketTransport({}, undefined, options),
};

function rig(make: (options: TransportOptions) => VoiceTransport) {
  const page = new AudioPage(laptop, headset);
  const { AudioContext, mediaDevices } = page;
  const inspect = vi.fn();
  const transport = make({ audio: { AudioContext, mediaDevices }, logger: quiet, inspect });
  const errors: string[] = [];
  const mics: string[] = [];
  const client = new PipecatClient({
    transport,
    callbacks: {
      onDeviceError: (error: DeviceError) => errors.push(`${error.devices.join()} ${error.type}`),
      onMicUpdated: ({ deviceId }) => mics.push(deviceId),
    },
  });
  return { page, client, transport, errors, mics, inspect };
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A manager that says what is wrong with a device by its callbacks, as Pipecat's do. */
class TellingManager extends ScriptedMediaManager {
  tell(error: DeviceError): void {
    this._callbacks.onDeviceError?.(error);
  }
}

describe("device errors of a media manager", () => {
  it.each(["mic", "cam", "speaker"] as const)(
    "media: one of the %s is logged once, whether the app listens",
    (device) => {
      for (const listens of [false, true]) {
        const manager = new TellingManager();
        const warned = vi.spyOn(console, "warn").mockReturnValue();
        warned.mockClear();
        const errors: DeviceError[] = [];
        const callbacks = listens ? { onDeviceError: (error: DeviceError) => void errors.push(error) } : {};
        new PipecatClient({ transport: new WebSocketTransport({}, manager), callbacks });
        const error = new DeviceError([device], "in-use", "Another app has it.");
        manager.tell(error);
        expect(warned.mock.calls).toEqual([
          ["[rtvi-machine]", `device error (${device}, in-use): Another app has it.`],
        ]);
        expect(errors).toEqual(listens ? [error] : []);
      }
    },
  );
});

describe.each(Object.entries(MAKE))("media of %s", (_, make) => {
  it("media: the chart is composed when the client is made, not in the click", () => {
    expect(rig(make).inspect.mock.calls.some(([{ type }]) => type === "@xstate.actor")).toBe(true);
  });

  it("media: a microphone that was refused is not asked for the next time", async () => {
    const { page, client, errors, mics } = rig(make);
    await client.initDevices();
    client.updateMic("h");
    await vi.waitFor(() => expect(client.selectedMic).toMatchObject({ deviceId: "h" }));
    client.updateMic("gone");
    await vi.waitFor(() => expect(errors).toEqual(["mic constraints"]));
    expect(mics.at(-1)).toBe("h");
    expect(client.mediaState.mic).toMatchObject({ state: "granted" });
    await client.disconnect();
    page.asked.length = 0;
    await client.initDevices();
    expect(page.asked).toEqual(["h!"]);
    expect(client.selectedMic).toMatchObject({ deviceId: "h" });
    await client.disconnect();
  });

  it("media: a microphone that is chosen counts when the app hears of it, which may ask for devices anew", async () => {
    const { page, client } = rig(make);
    await client.initDevices();
    client.updateMic("h");
    await vi.waitFor(() => expect(client.selectedMic).toMatchObject({ deviceId: "h" }));
    page.asked.length = 0;
    const asked = new Promise<void>((resolve, reject) => {
      client.once(RTVIEvent.MicUpdated, () => {
        void client.disconnect();
        client.initDevices().then(resolve, reject);
      });
    });
    client.updateMic("l");
    await asked;
    expect(page.asked).toEqual(["l!", "l!"]);
    expect(client.selectedMic).toMatchObject({ deviceId: "l" });
    await client.disconnect();
    await client.initDevices();
    expect(page.asked).toEqual(["l!", "l!", "l!"]);
    await client.disconnect();
  });

  it("media: an app hears that its AudioContext is gone, and is heard again", async () => {
    const { page, client, errors } = rig(make);
    await client.initDevices();
    page.context.become("closed");
    await vi.waitFor(() => expect(client.tracks().local.audio?.readyState).toBe("live"));
    expect(errors).toEqual(["mic unknown"]);
    expect(page.context.state).toBe("running");
    // At once again: something closes them for good, and only the app knows when it stops.
    page.context.become("closed");
    await vi.waitFor(() => expect(errors).toEqual(["mic unknown", "mic unknown"]));
    expect(client.isMicEnabled).toBe(false);
    expect(client.tracks().local.audio).toBeUndefined();
    client.enableMic(true);
    await vi.waitFor(() => expect(client.tracks().local.audio?.readyState).toBe("live"));
    expect(client.isMicEnabled).toBe(true);
    await client.disconnect();
  });

  it("media: a microphone that is not there is logged once, where no one listens for device errors", async () => {
    const { AudioContext, mediaDevices } = new AudioPage(laptop, headset);
    const warned = vi.spyOn(console, "warn").mockReturnValue();
    const client = new PipecatClient({ transport: make({ audio: { AudioContext, mediaDevices } }) });
    await client.initDevices();
    client.updateMic("gone");
    const lines = () => warned.mock.calls.map((line) => line.join(" ")).filter((line) => line.includes("constraints"));
    await vi.waitFor(() => expect(lines()).not.toEqual([]));
    await client.disconnect();
    expect(lines()).toEqual([expect.stringContaining("[rtvi-machine] device error (mic, constraints): ")]);
  });

  it("media: a microphone that is refused is logged once, where no one listens for device errors", async () => {
    const page = new AudioPage(laptop, headset);
    const { AudioContext, mediaDevices } = page;
    vi.spyOn(mediaDevices, "getUserMedia").mockRejectedValue(new DOMException("no", "NotAllowedError"));
    const warned = vi.spyOn(console, "warn").mockReturnValue();
    const client = new PipecatClient({ transport: make({ audio: { AudioContext, mediaDevices } }) });
    await client.initDevices();
    await client.disconnect();
    const lines = warned.mock.calls.map((line) => line.join(" "));
    expect(lines).toEqual([expect.stringContaining("[rtvi-machine] device error (mic, permissions): ")]);
  });

  it("media: a lost microphone is told of once it has stopped", async () => {
    const { page, client, transport } = rig(make);
    const told: string[] = [];
    client.on("trackStarted", () => told.push("started"));
    client.on("trackStopped", () => told.push("stopped"));
    await client.initDevices();
    page.plug();
    page.tracks.at(-1)?.end();
    await vi.waitFor(() => expect(transport.isMicEnabled).toBe(false));
    expect(told).toEqual(["started", "stopped"]);
    page.plug(headset);
    await vi.waitFor(() => expect(told).toEqual(["started", "stopped", "started"]));
    await client.disconnect();
    expect(told).toEqual(["started", "stopped", "started", "stopped"]);
  });
});

describe("what no service takes", () => {
  it.each(Object.keys(MAKE))("is told by the callback and by the log: %s", (name) => {
    const warned: string[] = [];
    const transport = MAKE[name]!({ logger: { ...quiet, warn: (message) => void warned.push(message) } });
    const told: string[] = [];
    const callbacks = { onUnsupportedFeature: ({ feature }: UnsupportedFeatureError) => void told.push(feature) };
    const client = new PipecatClient({ transport, enableCam: true, callbacks });
    expect(warned).toEqual([expect.stringContaining("enableCam")]);
    expect(client.isCamEnabled).toBe(false);
    client.enableCam(true);
    client.enableScreenShare(true);
    expect(() => client.updateCam("a camera")).toThrow(UnsupportedFeatureError);
    expect(told).toEqual(["enableCam", "enableScreenShare"]);
    expect(warned.slice(1)).toEqual(
      ["enableCam", "enableScreenShare", "updateCam"].map((feature) => expect.stringContaining(feature) as string),
    );
    client.enableCam(false);
    client.enableScreenShare(false);
    expect([told, warned].map(({ length }) => length)).toEqual([2, 4]);
  });
});

describe.each(Object.keys(MAKE))("devices are chosen by their ids: %s", (name) => {
  it.each<[string, unknown, string]>([
    ["a device", headset, "an object: pass its `deviceId`"],
    ["a number", 5, "a number"],
    ["a boolean", true, "a boolean"],
    ["a list", [], "a list"],
  ])("%s is refused, and what is used stays", async (_what, given, words) => {
    const { client, transport } = rig(MAKE[name]!);
    const told: DeviceError[] = [];
    client.on(RTVIEvent.DeviceError, (error) => void told.push(error));
    await client.initDevices();
    const before = transport.selectedMic;
    client.updateMic(given as string);
    client.updateSpeaker(given as string);
    await vi.waitFor(() => {
      expect(told).toHaveLength(2);
    });
    expect(told.map(({ devices }) => devices)).toEqual([["mic"], ["speaker"]]);
    for (const { message } of told) expect(message).toContain(`must be a string, not ${words}`);
    expect(transport.selectedMic).toEqual(before);
    await client.disconnect();
  });

  it.each<unknown>([undefined, null, ""])("%j is the default", async (given) => {
    const { client, errors } = rig(MAKE[name]!);
    await client.initDevices();
    client.updateMic(given as string);
    client.updateSpeaker(given as string);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(errors).toEqual([]);
    await client.disconnect();
  });
});

describe("enableMic()", () => {
  it.each<[unknown, boolean]>([
    ["false", true],
    [1, true],
    [undefined, false],
    [null, false],
  ])("takes %j as Pipecat's classes do, and says so", (given, on) => {
    const warned: string[] = [];
    const transport = MAKE.Gemini!({ logger: { ...quiet, warn: (message) => void warned.push(message) } });
    const client = new PipecatClient({ transport });
    client.enableMic(given as boolean);
    expect(client.isMicEnabled).toBe(on);
    expect(warned).toEqual([`enableMic() takes a boolean, not a ${typeof given}: it was taken for ${on}.`]);
    client.enableMic(true);
    expect(warned).toHaveLength(1);
  });
});
