import { describe, expect, it } from "vitest";
import { CongestionWatch } from "../../../src/policy/congestion.js";

describe("CongestionWatch", () => {
  it("is clear up to the limit", () => {
    const watch = new CongestionWatch(100);
    expect([0, 100].map((buffered) => watch.look(buffered))).toEqual(["clear", "clear"]);
  });

  it("begins above the limit, lasts until half of it has left, and tells each once", () => {
    const watch = new CongestionWatch(100);
    const seen = [101, 90, 51, 50, 100].map((buffered) => watch.look(buffered));
    expect(seen).toEqual(["congestion-begins", "congested", "congested", "congestion-ends", "clear"]);
  });
});
