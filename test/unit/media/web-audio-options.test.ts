import { describe, expect, it } from "vitest";
import { InvalidOptionsError } from "../../../src/errors.js";
import { WebAudioMediaManager } from "../../../src/media/web-audio-media-manager.js";

describe("WebAudioMediaManager's options", () => {
  it("have defaults, and touch nothing of the page", () => {
    const manager = new WebAudioMediaManager();
    expect(manager).toMatchObject({ inputSampleRate: 24_000, outputSampleRate: 24_000, isMicEnabled: true });
    expect(manager.selectedMic).toEqual({});
    expect(manager.tracks()).toEqual({ local: {} });
  });

  it.each([
    [{ inputSampleRate: 44_100.5 }, "inputSampleRate"],
    [{ outputSampleRate: 4000 }, "outputSampleRate"],
    [{ chunkMs: 0 }, "chunkMs"],
    [{ chunkMs: "20" as unknown as number }, "chunkMs"],
    [{ fadeMs: Number.NaN }, "fadeMs"],
  ])("are checked: %j names %s", (options, key) => {
    expect(() => new WebAudioMediaManager(options)).toThrow(InvalidOptionsError);
    expect(() => new WebAudioMediaManager(options)).toThrow(key);
  });
});

describe("WebAudioMediaManager without a browser", () => {
  it("rejects with the reason, and can be closed", async () => {
    const manager = new WebAudioMediaManager();
    const { microphone, speaker } = manager.ports;
    const { signal } = new AbortController();
    await expect(
      microphone.open({ deviceId: "", muted: false, signal }, { lost: () => undefined }),
    ).rejects.toMatchObject({
      type: "undefined-mediadevices",
      devices: ["mic"],
    });
    await expect(speaker.open(() => undefined, signal)).rejects.toMatchObject({ code: "unsupported-environment" });
    await expect(manager.initialize()).rejects.toBeInstanceOf(Error);
    await manager.disconnect();
    expect(await manager.getAllMics()).toEqual([]);
  });

  it("throws for what it has not, and takes being told to turn it off", () => {
    const manager = new WebAudioMediaManager();
    expect(() => manager.enableCam(true)).toThrow("enableCam");
    expect(() => manager.enableScreenShare(true)).toThrow("enableScreenShare");
    expect(() => manager.updateCam()).toThrow("updateCam");
    manager.enableCam(false);
    manager.enableScreenShare(false);
  });

  it("keeps what was written before the speaker opened, until it is interrupted", async () => {
    const manager = new WebAudioMediaManager();
    expect(manager.bufferBotAudio(new ArrayBuffer(6), "a")).toHaveLength(3);
    expect(await manager.userStartedSpeaking()).toEqual([
      { itemId: "a", playedSamples: 0, receivedSamples: 3, sampleRate: 24_000 },
    ]);
    expect(await manager.userStartedSpeaking()).toEqual([]);
  });
});
