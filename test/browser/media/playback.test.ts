import { describe, expect, it, vi } from "vitest";
import { integers, openSpeaker, ramp, sleep, TappedContext, trimmed } from "./support.js";

const RATE = 24_000;

describe("the speaker", () => {
  it("plays every sample exactly, to the last one, and reports it", async () => {
    const { manager, speaker, reports, context } = await openSpeaker();
    const pcm = ramp(RATE + 77);
    for (let at = 0; at < pcm.length; at += 480) manager.bufferBotAudio(pcm.slice(at, at + 480).buffer, "a");
    await vi.waitFor(() => expect(reports.at(-1)?.type).toBe("drained"), 5000);
    await sleep(100);
    expect(integers(trimmed(context.heard()))).toEqual(pcm);
    expect(reports[0]).toMatchObject({ type: "began", item: { itemId: "a", sampleRate: RATE } });
    const progress = reports.filter((report) => report.type === "progress");
    expect(progress.length).toBeGreaterThanOrEqual(8);
    expect(progress.length).toBeLessThanOrEqual(11);
    expect(reports.at(-1)).toEqual({
      type: "drained",
      item: { itemId: "a", playedSamples: pcm.length, receivedSamples: pcm.length, sampleRate: RATE },
    });
    speaker.close();
  });

  it("leaves the caller's buffer alone", async () => {
    const { manager, speaker } = await openSpeaker();
    const pcm = ramp(480);
    manager.bufferBotAudio(pcm, "a");
    manager.bufferBotAudio(pcm.buffer, "a");
    expect(pcm).toEqual(ramp(480));
    speaker.close();
  });

  it("survives underruns: nothing is lost between them", async () => {
    const { speaker, reports, context } = await openSpeaker();
    const pcm = ramp(10 * 777);
    for (let part = 0; part < 10; part += 1) {
      speaker.write(pcm.subarray(part * 777, (part + 1) * 777), "a");
      await sleep(part % 2 === 0 ? 10 : 120);
    }
    await vi.waitFor(() => expect(reports.at(-1)).toMatchObject({ type: "drained", item: { playedSamples: 7770 } }));
    await sleep(100);
    expect(integers(context.heard().filter((sample) => sample !== 0))).toEqual(pcm);
    speaker.close();
  });

  it("takes three minutes in a burst without a long task, and plays them without a gap", async () => {
    const { speaker, reports, context } = await openSpeaker();
    const long: PerformanceEntry[] = [];
    const observer = new PerformanceObserver((list) => long.push(...list.getEntries()));
    observer.observe({ type: "longtask" });
    const pcm = ramp(180 * RATE);
    await sleep(100);
    long.length = 0;
    for (let at = 0; at < pcm.length; at += 2400) {
      speaker.write(pcm.subarray(at, at + 2400), "a");
      if (at % 24_000 === 0) await sleep(0);
    }
    await sleep(2500);
    observer.disconnect();
    expect(long.map((entry) => entry.duration)).toEqual([]);
    const heard = integers(context.heard());
    expect(heard.length).toBeGreaterThan(2 * RATE);
    expect(heard).toEqual(pcm.subarray(0, heard.length));
    const [cut] = await speaker.interrupt();
    expect(cut).toMatchObject({ itemId: "a", receivedSamples: 180 * RATE });
    expect(reports.some((report) => report.type === "drained")).toBe(false);
    speaker.close();
  });

  it("goes silent when interrupted, and counts what was really played", async () => {
    const { speaker, context } = await openSpeaker();
    speaker.write(new Int16Array(5 * RATE).fill(16_384), "a");
    speaker.write(new Int16Array(RATE).fill(16_384), "b");
    await sleep(500);
    const called = performance.now();
    const cut = await speaker.interrupt();
    const answered = performance.now() - called;
    await sleep(300);
    const heard = trimmed(context.heard());
    expect(cut.map(({ itemId, receivedSamples }) => [itemId, receivedSamples])).toEqual([
      ["a", 5 * RATE],
      ["b", RATE],
    ]);
    // The last sample of the fade is a zero, and what rounds to zero is trimmed with it.
    const played = cut[0]!.playedSamples;
    expect(heard.length).toBeLessThanOrEqual(played);
    expect(heard.length).toBeGreaterThan(played - 4);
    // Full level until 10 ms before the end, then down.
    const fade = heard.subarray(played - 240);
    expect(heard.subarray(0, played - 240).every((sample) => sample === 0.5)).toBe(true);
    expect(fade[120]).toBeGreaterThan(0.2);
    expect(fade[120]).toBeLessThan(0.3);
    expect(answered).toBeLessThan(400);
    expect(cut[1]!.playedSamples).toBe(0);
    speaker.close();
  });

  it("reports nothing of what was cut after the call", async () => {
    const { speaker, reports } = await openSpeaker();
    for (let round = 0; round < 40; round += 1) {
      speaker.write(ramp(RATE), "a");
      await sleep(round % 14);
      reports.length = 0;
      await speaker.interrupt();
      await sleep(5);
      expect(reports).toEqual([]);
    }
    speaker.close();
  });

  it("plays what comes after an interruption at full level, even under the same id", async () => {
    const { speaker, reports, context } = await openSpeaker({ fadeMs: 0 });
    speaker.write(new Int16Array(5 * RATE).fill(16_384), "default");
    await sleep(200);
    const cut = speaker.interrupt();
    const pcm = ramp(RATE / 2);
    speaker.write(pcm, "default");
    const played = (await cut)[0]!.playedSamples;
    await vi.waitFor(
      () => expect(reports.at(-1)).toMatchObject({ type: "drained", item: { playedSamples: pcm.length } }),
      3000,
    );
    await sleep(100);
    const after = context.heard().subarray(played);
    expect(integers(after.filter((sample) => sample !== 0))).toEqual(pcm);
    speaker.close();
  });

  it("keeps what was written while it was opening", async () => {
    const { speaker } = await openSpeaker();
    speaker.close();
    const reports: string[] = [];
    const opening = speaker.open((report) => reports.push(report.type), new AbortController().signal);
    speaker.write(ramp(480), "a");
    await opening;
    await vi.waitFor(() => expect(reports).toEqual(["began", "drained"]));
    speaker.close();
  });

  it("resamples where the context cannot run at the output's rate", async () => {
    class Stubborn extends TappedContext {
      constructor() {
        super({ sampleRate: 48_000 });
      }
    }
    const { speaker, reports, context } = await openSpeaker({ AudioContext: Stubborn });
    const tone = Int16Array.from({ length: RATE }, (_, n) => 16_384 * Math.sin((2 * Math.PI * 1000 * n) / RATE));
    speaker.write(tone, "a");
    await vi.waitFor(
      () => expect(reports.at(-1)).toMatchObject({ type: "drained", item: { playedSamples: RATE } }),
      3000,
    );
    await sleep(100);
    const steady = context.heard().subarray(1000, 1000 + 40_000);
    // A sine obeys x[n+1] = 2 cos(w) x[n] - x[n-1]: a seam or an image would break it.
    const twoCos = 2 * Math.cos((2 * Math.PI * 1000) / 48_000);
    let worst = 0;
    for (let n = 1; n + 1 < steady.length; n += 1) {
      worst = Math.max(worst, Math.abs(steady[n + 1]! - twoCos * steady[n]! + steady[n - 1]!));
    }
    expect(Math.max(...steady)).toBeCloseTo(0.5, 2);
    expect(worst).toBeLessThan(0.001);
    speaker.close();
  });

  it("tells levels while it is audible, and a zero after", async () => {
    const { manager, speaker, reports } = await openSpeaker();
    const levels: [number, string][] = [];
    manager.setClientOptions(
      {
        transport: undefined as never,
        callbacks: { onRemoteAudioLevel: (level, bot) => levels.push([level, bot.id]) },
      },
      true,
    );
    speaker.write(new Int16Array(RATE).fill(16_384), "a");
    await vi.waitFor(() => expect(reports.at(-1)?.type).toBe("drained"), 3000);
    await sleep(400);
    expect(levels.some(([level, id]) => Math.abs(level - 0.5) < 0.01 && id === "bot")).toBe(true);
    expect(levels.at(-1)?.[0]).toBe(0);
    expect(levels.length).toBeLessThan(14);
    speaker.close();
  });

  it("changes its sink without seeming blocked, and refuses a bogus one", async () => {
    const { manager, speaker, reports } = await openSpeaker();
    const events: string[] = [];
    manager.setClientOptions(
      {
        transport: undefined as never,
        callbacks: {
          onSpeakerUpdated: (device) => events.push(device.deviceId),
          onDeviceError: (error) => events.push(`${error.devices.join()} ${error.type}`),
        },
      },
      true,
    );
    const outputs = (await manager.getAllSpeakers()).filter((device) => device.deviceId !== "default");
    const chosen = outputs.at(-1)!;
    await manager.updateSpeaker(chosen.deviceId);
    await vi.waitFor(() => expect(events).toContain(chosen.deviceId));
    expect(manager.selectedSpeaker.deviceId).toBe(chosen.deviceId);
    await manager.updateSpeaker("bogus");
    // A menu goes back to what is in use.
    expect(events.slice(-2)).toEqual(["speaker not-found", chosen.deviceId]);
    expect(manager.selectedSpeaker.deviceId).toBe(chosen.deviceId);
    await sleep(700);
    expect(reports.filter(({ type }) => type === "blocked")).toEqual([]);
    speaker.write(ramp(480), "a");
    await vi.waitFor(() => expect(reports.at(-1)?.type).toBe("drained"));
    speaker.close();
  });

  it("settles an interruption that close() overtakes", async () => {
    const { speaker } = await openSpeaker();
    speaker.write(ramp(RATE), "a");
    const cut = speaker.interrupt();
    speaker.close();
    expect(await cut).toMatchObject([{ itemId: "a", receivedSamples: RATE }]);
    expect(await speaker.interrupt()).toEqual([]);
    speaker.close();
  });
});
