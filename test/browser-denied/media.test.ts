import { describe, expect, it, vi } from "vitest";
import { WebAudioMediaManager } from "../../src/media/web-audio-media-manager.js";

const live = (): AbortSignal => new AbortController().signal;

describe("a refused microphone", () => {
  it("is a DeviceError of type permissions, and leaves nothing open", async () => {
    const manager = new WebAudioMediaManager();
    const opening = manager.ports.microphone.open({ deviceId: "", muted: false, signal: live() }, { lost: vi.fn() });
    await expect(opening).rejects.toMatchObject({ type: "permissions", devices: ["mic"] });
    expect(manager.tracks()).toEqual({ local: {} });
  });

  it("leaves the speaker open", async () => {
    const manager = new WebAudioMediaManager();
    await expect(manager.initialize()).rejects.toMatchObject({ type: "permissions" });
    manager.bufferBotAudio(new Int16Array(4800), "a");
    expect(await manager.userStartedSpeaking()).toMatchObject([{ itemId: "a", receivedSamples: 4800 }]);
    await manager.disconnect();
  });
});

describe("an output that autoplay policy holds", () => {
  it("is reported as blocked; nothing hangs, nothing is lost", async () => {
    const { speaker } = new WebAudioMediaManager().ports;
    const reports: string[] = [];
    const began = performance.now();
    await speaker.open((report) => reports.push(report.type), live());
    expect(performance.now() - began).toBeLessThan(2000);
    expect(reports).toEqual(["blocked"]);
    await speaker.resume();
    expect(reports).toEqual(["blocked"]);
    speaker.write(new Int16Array(24_000), "a");
    expect(await speaker.interrupt()).toEqual([
      { itemId: "a", playedSamples: 0, receivedSamples: 24_000, sampleRate: 24_000 },
    ]);
    speaker.close();
  });
});
