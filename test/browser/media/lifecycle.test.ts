import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebAudioMediaManager } from "../../../src/media/web-audio-media-manager.js";
import { PROCESSOR_NAMES } from "../../../src/media/worklets/protocol.js";
import { collectingManager, mediaDevicesWith, ramp, sleep, TappedContext } from "./support.js";

/** Counts the timers that are pending. */
function countTimers() {
  const pending = new Set<unknown>();
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const patch = {
    setTimeout: (run: () => void, ms?: number) => {
      const id = setTimeout(() => {
        pending.delete(id);
        run();
      }, ms);
      pending.add(id);
      return id;
    },
    setInterval: (run: () => void, ms?: number) => {
      const id = setInterval(run, ms);
      pending.add(id);
      return id;
    },
    clearTimeout: (id?: number) => {
      pending.delete(id);
      clearTimeout(id);
    },
    clearInterval: (id?: number) => {
      pending.delete(id);
      clearInterval(id);
    },
  };
  Object.assign(globalThis, patch);
  return {
    pending,
    restore: () => Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval }),
  };
}

describe("opening and closing", () => {
  const tracks: MediaStreamTrack[] = [];
  const mediaDevices = mediaDevicesWith(async (constraints) => {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    tracks.push(...stream.getTracks());
    return stream;
  });
  let timers: ReturnType<typeof countTimers>;

  beforeEach(() => {
    tracks.length = 0;
    timers = countTimers();
  });
  afterEach(() => timers.restore());

  const nothingLeft = async (): Promise<void> => {
    expect(tracks.filter((track) => track.readyState === "live")).toEqual([]);
    expect(mediaDevices.listeners).toBe(0);
    // Processors end within a render quantum, and their contexts after them.
    await vi.waitFor(() => {
      expect(timers.pending.size).toBe(0);
      expect(TappedContext.open).toBe(0);
    });
  };

  it("fifty times leaves nothing behind", async () => {
    const { manager, chunks } = collectingManager({ mediaDevices });
    const { microphone, speaker } = manager.ports;
    for (let cycle = 0; cycle < 50; cycle += 1) {
      const abort = new AbortController();
      const { signal } = abort;
      const open = [
        microphone.open({ deviceId: "", muted: false, signal }, { lost: () => undefined }),
        speaker.open(() => undefined, signal),
      ];
      await Promise.all(open);
      expect(TappedContext.open).toBeLessThanOrEqual(3);
      chunks.length = 0;
      microphone.setStreaming(true);
      speaker.write(ramp(4800), "default");
      await vi.waitUntil(() => chunks.length > 0, { interval: 5 });
      if (cycle % 2 === 0) abort.abort();
      microphone.close();
      speaker.close();
    }
    expect(tracks).toHaveLength(50);
    await nothingLeft();
  });

  it("shares one context between microphone and speaker, and works by itself through Pipecat's methods", async () => {
    const { manager, chunks, events } = collectingManager({ mediaDevices });
    const before = TappedContext.made.length;
    await Promise.all([manager.initialize(), manager.initialize()]);
    expect(TappedContext.made.length - before).toBe(1);
    expect(chunks).toHaveLength(0);
    await manager.connect();
    await vi.waitFor(() => expect(chunks.length).toBeGreaterThan(3));
    await manager.enableMic(false);
    expect(manager.isMicEnabled).toBe(false);
    await manager.enableMic(true);
    manager.bufferBotAudio(ramp(24_000), "a");
    await sleep(200);
    expect(await manager.userStartedSpeaking()).toMatchObject([{ itemId: "a", receivedSamples: 24_000 }]);
    await manager.disconnect();
    await manager.disconnect();
    expect(events).toContain("mics 3");
    await nothingLeft();
  });

  it("takes the microphone later when it starts disabled", async () => {
    const { manager } = collectingManager({ mediaDevices });
    manager.setClientOptions({ transport: undefined as never, enableMic: false }, true);
    await manager.initialize();
    expect(tracks).toHaveLength(0);
    await manager.enableMic(true);
    expect(manager.tracks().local.audio?.readyState).toBe("live");
    await manager.disconnect();
    await nothingLeft();
  });

  it("ends in the middle of opening", async () => {
    for (const wait of [0, 1, 5, 20]) {
      const manager = new WebAudioMediaManager({ mediaDevices, AudioContext: TappedContext });
      const opening = manager.initialize().catch((error: unknown) => error);
      await sleep(wait);
      await manager.disconnect();
      await opening;
    }
    await sleep(300);
    await nothingLeft();
  });

  it("releases everything even when a step throws", async () => {
    class Failing extends TappedContext {
      override async close(): Promise<void> {
        await super.close();
        throw new Error("close failed");
      }
    }
    const disconnect = vi.spyOn(AudioNode.prototype, "disconnect").mockImplementation(() => {
      throw new Error("disconnect failed");
    });
    const { manager } = collectingManager({ mediaDevices, AudioContext: Failing });
    await manager.connect();
    await manager.disconnect();
    disconnect.mockRestore();
    await nothingLeft();
  });

  it("closes the context of worklets that have crashed", async () => {
    const crashing = (name: string): string => {
      const process = "process() { if (currentTime < 0.5) return true; throw new Error(); }";
      const code = `registerProcessor("${name}", class extends AudioWorkletProcessor { ${process} })`;
      return URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    };
    const workletUrl = { capture: crashing(PROCESSOR_NAMES.capture), playback: crashing(PROCESSOR_NAMES.playback) };
    const { manager, events } = collectingManager({ mediaDevices, workletUrl });
    await manager.initialize();
    const errors = (): string[] => events.filter((event) => event.startsWith("error")).sort();
    await vi.waitFor(() => expect(errors()).toEqual(["error mic unknown", "error speaker unknown"]));
    expect(tracks.map(({ readyState }) => readyState)).toEqual(["ended"]);
    await manager.disconnect();
    await nothingLeft();
  });

  it("uses two contexts where the rates differ", async () => {
    const { manager, chunks } = collectingManager({ mediaDevices, inputSampleRate: 16_000 });
    const before = TappedContext.made.length;
    await manager.connect();
    expect(
      TappedContext.made
        .slice(before)
        .map(({ sampleRate }) => sampleRate)
        .sort(),
    ).toEqual([16_000, 24_000]);
    await vi.waitFor(() => expect(chunks[0]).toHaveLength(320));
    await manager.disconnect();
    await nothingLeft();
  });
});
