import { describe, expect, it, vi } from "vitest";
import { defaultLogger } from "../../../src/log.js";
import { PcmAligner } from "../../../src/media/pcm-aligner.js";

const bytes = (...values: number[]): ArrayBuffer => Uint8Array.from(values).buffer;

function aligner() {
  const logger = { ...defaultLogger, warn: vi.fn() };
  return { logger, aligner: new PcmAligner(logger) };
}

describe("PcmAligner", () => {
  it("takes whole samples as they are, without a copy", () => {
    const { aligner: pcm } = aligner();
    const samples = Int16Array.of(1, 2);
    expect(pcm.align(samples, "a")).toBe(samples);
    expect(pcm.align(samples.buffer, "a").buffer).toBe(samples.buffer);
  });

  it("joins a sample that two chunks share, and warns once", () => {
    const { aligner: pcm, logger } = aligner();
    expect([...pcm.align(bytes(1, 0, 2), "a")]).toEqual([1]);
    expect([...pcm.align(bytes(0, 3, 0, 4), "a")]).toEqual([2, 3]);
    expect([...pcm.align(bytes(0), "a")]).toEqual([4]);
    expect([...pcm.align(bytes(5, 0), "a")]).toEqual([5]);
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  it("never joins two items, nor across a reset", () => {
    const { aligner: pcm } = aligner();
    pcm.align(bytes(9), "a");
    expect([...pcm.align(bytes(1, 0), "b")]).toEqual([1]);
    pcm.align(bytes(9), "b");
    pcm.reset();
    expect([...pcm.align(bytes(1, 0), "b")]).toEqual([1]);
  });
});
