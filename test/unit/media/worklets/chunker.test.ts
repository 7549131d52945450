import { describe, expect, it } from "vitest";
import { Chunker } from "../../../../src/media/worklets/chunker.js";

function collect(samplesPerChunk: number): { chunker: Chunker; chunks: Int16Array[] } {
  const chunks: Int16Array[] = [];
  return { chunks, chunker: new Chunker(samplesPerChunk, (pcm) => chunks.push(new Int16Array(pcm))) };
}

describe("Chunker", () => {
  it("cuts blocks of any length into chunks without losing or repeating a sample", () => {
    const { chunker, chunks } = collect(480);
    const input = Float32Array.from({ length: 24_000 }, (_, index) => index / 32768);
    for (let at = 0; at < input.length; at += 128) chunker.add(input.subarray(at, at + 128));
    expect(chunks.map((chunk) => chunk.length)).toEqual(Array.from({ length: 50 }, () => 480));
    expect(chunks.flatMap((chunk) => [...chunk])).toEqual(Array.from({ length: 24_000 }, (_, index) => index));
  });

  it("alternates lengths where a chunk is not a whole number of samples, and never drifts", () => {
    // 20 ms at 11 025 Hz
    const { chunker, chunks } = collect(220.5);
    for (let at = 0; at < 110_250; at += 125) chunker.add(new Float32Array(125));
    expect(chunks).toHaveLength(500);
    expect(chunks.slice(0, 4).map((chunk) => chunk.length)).toEqual([220, 221, 220, 221]);
    expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(110_250);
  });

  it("gives several chunks for one long block", () => {
    const { chunker, chunks } = collect(10);
    chunker.add(new Float32Array(35));
    expect(chunks).toHaveLength(3);
  });

  it("forgets a started chunk on reset", () => {
    const { chunker, chunks } = collect(4);
    chunker.add(Float32Array.of(0.5, 0.5));
    chunker.reset();
    chunker.add(Float32Array.of(0.25, 0.25, 0.25, 0.25));
    expect(chunks.map((chunk) => [...chunk])).toEqual([[8192, 8192, 8192, 8192]]);
  });

  it("hands every chunk over in a buffer of its own", () => {
    const { chunker, chunks } = collect(4);
    chunker.add(new Float32Array(8));
    expect(chunks[0]?.buffer).not.toBe(chunks[1]?.buffer);
  });
});
