import { describe, expect, it } from "vitest";
import { decodeG711, encodeG711 } from "../../../src/codec/g711.js";

describe("G.711", () => {
  it("has the values of the standard", () => {
    expect([...decodeG711(Uint8Array.of(0xff, 0x7f, 0x80, 0x00), "ulaw")]).toEqual([0, 0, 32_124, -32_124]);
    expect([...decodeG711(Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a), "alaw")]).toEqual([8, -8, 32_256, -32_256]);
  });

  it.each(["ulaw", "alaw"] as const)("gives every code back (%s)", (law) => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const again = encodeG711(decodeG711(codes, law), law);
    // µ-law has two zeros; they decode to the same sample.
    const expected = [...codes].map((code) => (law === "ulaw" && code === 0x7f ? 0xff : code));
    expect([...again]).toEqual(expected);
  });

  it.each(["ulaw", "alaw"] as const)("keeps every sample within the companding error (%s)", (law) => {
    const pcm = Int16Array.from({ length: 4096 }, (_, index) => index * 16 - 32_768);
    decodeG711(encodeG711(pcm, law), law).forEach((sample, index) => {
      const wanted = pcm[index] ?? 0;
      expect(Math.abs(sample - wanted)).toBeLessThanOrEqual(Math.max(16, Math.abs(wanted) / 30));
    });
  });
});
