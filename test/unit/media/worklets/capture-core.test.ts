import { describe, expect, it } from "vitest";
import { CaptureCore } from "../../../../src/media/worklets/capture-core.js";
import type { CaptureMessage } from "../../../../src/media/worklets/protocol.js";

function core(contextRate: number, chunkMs = 20, outputRate = 24_000, levelMs = 100) {
  const messages: CaptureMessage[] = [];
  const transfers: (ArrayBuffer[] | undefined)[] = [];
  const capture = new CaptureCore(contextRate, { outputRate, chunkMs, levelMs }, (message, transfer) => {
    messages.push(message);
    transfers.push(transfer);
  });
  const chunks = (): Int16Array[] =>
    messages.flatMap((message) => (message.type === "chunk" ? [new Int16Array(message.pcm)] : []));
  const levels = () => messages.filter((message) => message.type === "level");
  const starved = (): number => messages.filter((message) => message.type === "starved").length;
  const run = (blocks: number, channels: (block: number) => Float32Array[]): void => {
    for (let block = 0; block < blocks; block += 1) capture.process(channels(block));
  };
  return { capture, chunks, levels, starved, run, transfers };
}

const constant = (value: number): Float32Array => new Float32Array(128).fill(value);

describe("CaptureCore", () => {
  it("posts nothing but levels until it is told to stream", () => {
    const { run, chunks, levels } = core(24_000);
    run(188, () => [constant(0.5)]);
    expect(chunks()).toHaveLength(0);
    expect(levels().length).toBeGreaterThanOrEqual(9);
    expect(levels()[0]).toEqual({ type: "level", rms: 0.5 });
  });

  it("posts 50 chunks of 20 ms per second, each in a buffer that changes hands", () => {
    const { capture, run, chunks, transfers } = core(24_000);
    capture.setStreaming(true);
    run(1875, () => [constant(0.25)]);
    expect(chunks()).toHaveLength(500);
    expect(new Set(chunks().map((chunk) => chunk.length))).toEqual(new Set([480]));
    expect(chunks()[0]?.[0]).toBe(8192);
    expect(transfers[0]).toHaveLength(1);
  });

  it("mixes channels down to their mean", () => {
    const { capture, run, chunks } = core(24_000);
    capture.setStreaming(true);
    run(4, () => [constant(0.5), constant(0)]);
    expect(chunks()[0]?.[0]).toBe(8192);
  });

  it("resamples where the context runs at another rate, without a seam between blocks", () => {
    const { capture, run, chunks } = core(48_000);
    capture.setStreaming(true);
    run(375, (block) => [
      Float32Array.from({ length: 128 }, (_, frame) => Math.sin((2 * Math.PI * 1000 * (block * 128 + frame)) / 48_000)),
    ]);
    const pcm = chunks().flatMap((chunk) => [...chunk]);
    expect(pcm.length).toBe(24_000);
    const steady = pcm.slice(500);
    // A sine obeys x[n+1] = 2 cos(w) x[n] - x[n-1]: any seam would break it.
    const twoCos = 2 * Math.cos((2 * Math.PI * 1000) / 24_000);
    for (let n = 1; n + 1 < steady.length; n += 1) {
      expect(Math.abs(steady[n + 1]! - twoCos * steady[n]! + steady[n - 1]!)).toBeLessThan(40);
    }
  });

  it("starts afresh after a pause: nothing from before it is sent", () => {
    const { capture, run, chunks } = core(48_000);
    capture.setStreaming(true);
    run(5, () => [constant(0.9)]);
    capture.setStreaming(false);
    run(20, () => [constant(0.9)]);
    const before = chunks().length;
    capture.setStreaming(true);
    run(20, () => [constant(0)]);
    expect(
      chunks()
        .slice(before)
        .every((chunk) => chunk.every((sample) => sample === 0)),
    ).toBe(true);
  });

  it("tells starvation from silence", () => {
    const { capture, run, levels, starved, chunks } = core(24_000);
    capture.setStreaming(true);
    run(20, () => [constant(0)]);
    run(200, () => []);
    expect(starved()).toBe(1);
    run(200, () => []);
    expect(starved()).toBe(2);
    run(200, () => [constant(0)]);
    expect(starved()).toBe(2);
    expect(levels()).toEqual([]);
    expect(chunks()).toHaveLength(58);
  });

  it("capture level: of silence, and of less than a quiet room, the main thread hears once", () => {
    const { run, levels } = core(24_000);
    for (const quiet of [0, 0.0004]) {
      run(188, () => [constant(0.5)]);
      const before = levels().length;
      run(1880, () => [constant(quiet)]);
      // One window holds the end of the sound.
      expect(levels().slice(before).length).toBeLessThanOrEqual(2);
      expect(levels().at(-1)).toEqual({ type: "level", rms: 0 });
    }
    run(188, () => [constant(0.001)]);
    expect(levels().at(-1)?.rms).toBeCloseTo(0.001);
  });

  it("capture level: told as often as asked", () => {
    const { run, levels } = core(24_000, 20, 24_000, 500);
    run(1875, () => [constant(0.5)]);
    expect(levels().length).toBeGreaterThanOrEqual(19);
    expect(levels().length).toBeLessThanOrEqual(20);
  });
});
