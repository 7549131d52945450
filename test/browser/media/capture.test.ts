import { describe, expect, it, vi } from "vitest";
import { UnsupportedEnvironmentError } from "../../../src/errors.js";
import {
  collectingManager,
  mediaDevicesWith,
  pluggableDevices,
  sleep,
  TappedContext,
  toneMicrophone,
} from "./support.js";

const live = (): AbortSignal => new AbortController().signal;
const ignore = { lost: () => undefined };
const rms = (samples: ArrayLike<number>): number =>
  Math.sqrt(Array.from(samples).reduce((sum, sample) => sum + (sample / 32768) ** 2, 0) / samples.length);

/**
 * How far samples are from a pure tone, 0 to 1: a sine obeys x[n+1] = 2 cos(w) x[n] - x[n-1], and a seam, an image or
 * another pitch breaks it.
 * @param frequency in cycles per sample
 */
function distanceFromTone(samples: Int16Array, frequency: number): number {
  const twoCos = 2 * Math.cos(2 * Math.PI * frequency);
  let worst = 0;
  for (let n = 1; n + 1 < samples.length; n += 1) {
    worst = Math.max(worst, Math.abs(samples[n + 1]! - twoCos * samples[n]! + samples[n - 1]!) / 32768);
  }
  return worst;
}

describe("the microphone", () => {
  it("hears speech: about 50 chunks of 20 ms a second for ten seconds, and levels", async () => {
    const { manager, chunks, levels, events } = collectingManager();
    const { microphone } = manager.ports;
    const device = await microphone.open({ deviceId: "", muted: false, signal: live() }, ignore);
    expect(device.label).toMatch(/fake/i);
    await sleep(300);
    expect(chunks).toHaveLength(0);
    microphone.setStreaming(true);
    levels.length = 0;
    await sleep(10_000);
    microphone.setStreaming(false);
    const count = chunks.length;
    expect(count).toBeGreaterThan(490);
    expect(count).toBeLessThan(505);
    expect(new Set(chunks.map((chunk) => chunk.length))).toEqual(new Set([480]));
    expect(Math.max(...chunks.map(rms))).toBeGreaterThan(0.05);
    // Of the pauses between sentences only their beginning is told.
    expect(levels.length).toBeGreaterThan(20);
    expect(levels.length).toBeLessThan(105);
    expect(Math.max(...levels)).toBeGreaterThan(0.05);
    await sleep(200);
    expect(chunks.length - count).toBeLessThan(3);
    expect(events).toContain(`mic ${device.label}`);
    expect(events).toContain("started audio local");
    microphone.close();
    expect(events.at(-1)).toBe("stopped audio local");
  });

  it.each([
    [24_000, undefined],
    [16_000, undefined],
    // a browser that cannot run at the service's rate
    [24_000, 48_000],
    [16_000, 44_100],
  ])("gives the tone that is played to it at %i Hz (context: %s)", async (inputSampleRate, contextRate) => {
    const tone = toneMicrophone(1000);
    class StubbornContext extends TappedContext {
      constructor(options?: AudioContextOptions) {
        super(contextRate === undefined ? options : { sampleRate: contextRate });
      }
    }
    const { manager, chunks } = collectingManager({
      inputSampleRate,
      mediaDevices: tone.mediaDevices,
      AudioContext: StubbornContext,
      chunkMs: 100,
    });
    const { microphone } = manager.ports;
    await microphone.open({ deviceId: "", muted: false, signal: live() }, ignore);
    microphone.setStreaming(true);
    // The browser itself drops audio between two contexts when the machine is busy: one clean chunk proves the path.
    const impurity = (chunk: Int16Array): number => distanceFromTone(chunk, 1000 / inputSampleRate);
    const clean = (): Int16Array | undefined =>
      chunks.find((chunk) => Math.abs(rms(chunk) - Math.SQRT1_2) < 0.001 && impurity(chunk) < 0.001);
    await vi.waitUntil(clean, 10_000).catch(() => {
      throw new Error(`no clean chunk: ${chunks.map((chunk) => `${rms(chunk)} ${impurity(chunk)}`).join(", ")}`);
    });
    microphone.close();
    await tone.end();
    expect(clean()).toHaveLength(inputSampleRate / 10);
  });

  it("lets no audio out while muted", async () => {
    const { manager, chunks, events } = collectingManager();
    const { microphone } = manager.ports;
    await microphone.open({ deviceId: "", muted: true, signal: live() }, ignore);
    microphone.setStreaming(true);
    const { audio } = manager.tracks().local;
    expect(audio?.enabled).toBe(false);
    await sleep(300);
    expect(chunks).toHaveLength(0);
    microphone.setMuted(false);
    expect(audio?.enabled).toBe(true);
    await vi.waitFor(() => expect(chunks.length).toBeGreaterThan(3));
    expect(events.filter((event) => event.startsWith("st"))).toEqual(["started audio local"]);
    microphone.setMuted(true);
    await sleep(100);
    const count = chunks.length;
    await sleep(200);
    expect(chunks).toHaveLength(count);
    expect(audio?.readyState).toBe("live");
    microphone.close();
    expect(audio?.readyState).toBe("ended");
  });

  it("swaps devices without a gap, keeps the old one when the new one cannot be had", async () => {
    const { manager, chunks, events } = collectingManager();
    const mics = await manager.getAllMics();
    const first = mics.find((mic) => mic.label.includes("1"))!;
    const second = mics.find((mic) => mic.label.includes("2"))!;
    await manager.updateMic(first.deviceId);
    const { microphone } = manager.ports;
    expect(await microphone.open({ deviceId: "", muted: false, signal: live() }, ignore)).toMatchObject({
      deviceId: first.deviceId,
    });
    microphone.setStreaming(true);
    const before = manager.tracks().local.audio;
    await manager.updateMic(second.deviceId);
    expect(manager.selectedMic.deviceId).toBe(second.deviceId);
    expect(manager.tracks().local.audio).not.toBe(before);
    expect(before?.readyState).toBe("ended");
    const count = chunks.length;
    await vi.waitFor(() => expect(chunks.length).toBeGreaterThan(count + 3));

    await manager.updateMic("bogus");
    expect(events.slice(-2)).toEqual(["error mic constraints", `mic ${second.label}`]);
    expect(manager.selectedMic.deviceId).toBe(second.deviceId);
    expect(manager.tracks().local.audio?.readyState).toBe("live");
    expect(TappedContext.open).toBe(1);

    await manager.updateMic("default");
    expect(events.at(-1)).toMatch(/^mic/);
    expect(manager.selectedMic.deviceId).not.toBe(second.deviceId);
    microphone.close();
  });

  it("falls back to the default where the device of last time is away", async () => {
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const { manager } = collectingManager({ logger });
    const { microphone } = manager.ports;
    const device = await microphone.open({ deviceId: "bogus", muted: false, signal: live() }, ignore);
    expect(device.label).toMatch(/fake/i);
    expect(logger.warn).toHaveBeenCalled();
    microphone.close();
  });

  it("follows the system's default", async () => {
    const world = pluggableDevices();
    world.plug("default Default - Laptop", "l Laptop", "h Headset");
    const { manager, events } = collectingManager({ mediaDevices: world.mediaDevices });
    const { microphone } = manager.ports;
    const device = await microphone.open({ deviceId: "", muted: false, signal: live() }, ignore);
    expect(device).toMatchObject({ deviceId: "l", label: "Laptop" });
    world.plug("default Default - Headset", "l Laptop", "h Headset");
    await vi.waitFor(() => expect(events.at(-1)).toBe("mic Headset"));
    expect(manager.selectedMic.deviceId).toBe("h");
    expect(world.tracks.map((track) => track.readyState)).toEqual(["ended", "live"]);
    await sleep(100);
    expect(world.asked).toEqual(["default", "default"]);
    microphone.close();
    await world.end();
  });

  it("returns to the preferred device when it is plugged in again", async () => {
    const world = pluggableDevices();
    world.plug("default Default - Laptop", "l Laptop");
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const { manager, events } = collectingManager({ mediaDevices: world.mediaDevices, logger });
    const { microphone } = manager.ports;
    expect((await microphone.open({ deviceId: "h", muted: false, signal: live() }, ignore)).deviceId).toBe("l");
    world.plug("default Default - Laptop", "l Laptop", "h Headset");
    await vi.waitFor(() => expect(manager.selectedMic.deviceId).toBe("h"));
    await sleep(100);
    expect(world.asked).toEqual(["h", "default", "h"]);
    expect(events.filter((event) => event.startsWith("error"))).toEqual([]);
    microphone.close();
    await world.end();
  });

  it("reports an unplugged device once, and has released it", async () => {
    const tone = toneMicrophone(440);
    const { manager } = collectingManager({ mediaDevices: tone.mediaDevices });
    const lost = vi.fn();
    await manager.ports.microphone.open({ deviceId: "", muted: false, signal: live() }, { lost });
    tone.tracks[0]!.dispatchEvent(new Event("ended"));
    tone.tracks[0]!.dispatchEvent(new Event("ended"));
    expect(lost).toHaveBeenCalledTimes(1);
    expect(lost.mock.calls[0]?.[0]).toMatchObject({ type: "not-found", devices: ["mic"] });
    expect(tone.tracks[0]?.readyState).toBe("ended");
    expect(manager.tracks()).toEqual({ local: {} });
    await vi.waitFor(() => expect(TappedContext.open).toBe(0));
    await tone.end();
  });

  it("reports a device that gives nothing", async () => {
    class Starving extends TappedContext {
      override createMediaStreamSource(stream: MediaStream): MediaStreamAudioSourceNode {
        return Object.assign(super.createMediaStreamSource(stream), { connect: () => undefined });
      }
    }
    const { manager } = collectingManager({ AudioContext: Starving });
    const lost = vi.fn();
    await manager.ports.microphone.open({ deviceId: "", muted: false, signal: live() }, { lost });
    await vi.waitFor(() => expect(lost).toHaveBeenCalledTimes(1), 8000);
    expect(lost.mock.calls[0]?.[0]).toMatchObject({ type: "unknown" });
    expect(manager.tracks()).toEqual({ local: {} });
  });

  it("stops a track that arrives after nobody wants it any more", async () => {
    const tracks: MediaStreamTrack[] = [];
    const arrivals: Promise<unknown>[] = [];
    const mediaDevices = mediaDevicesWith((constraints) => {
      const late = sleep(200)
        .then(() => navigator.mediaDevices.getUserMedia(constraints))
        .then((stream) => {
          tracks.push(...stream.getTracks());
          return stream;
        });
      arrivals.push(late);
      return late;
    });
    const { manager } = collectingManager({ mediaDevices });
    const abort = new AbortController();
    const opening = manager.ports.microphone.open({ deviceId: "", muted: false, signal: abort.signal }, ignore);
    abort.abort();
    await expect(opening).rejects.toMatchObject({ code: "aborted" });
    await Promise.all(arrivals);
    await sleep(0);
    expect(tracks.map((track) => track.readyState)).toEqual(["ended"]);
    expect(mediaDevices.listeners).toBe(0);
    await vi.waitFor(() => expect(TappedContext.open).toBe(0));
  });

  it("tells what the page lacks", async () => {
    class Bare extends TappedContext {
      override get audioWorklet(): AudioWorklet {
        throw new TypeError("insecure");
      }
    }
    const { manager } = collectingManager({ AudioContext: Bare });
    await expect(manager.ports.microphone.open({ deviceId: "", muted: false, signal: live() }, ignore)).rejects.toThrow(
      UnsupportedEnvironmentError,
    );
    await vi.waitFor(() => expect(TappedContext.open).toBe(0));
  });
});
