import { describe, expect, it } from "vitest";
import { CongestionWatch } from "../../../src/policy/congestion.js";

describe("CongestionWatch", () => {
  it("is clear up to the limit", () => {
    const watch = new CongestionWatch(100);
    expect([0, 100].map((buffered) => watch.look(buffered, 0))).toEqual(["clear", "clear"]);
  });

  it("begins above the limit, lasts until half of it has left, and tells each once", () => {
    const watch = new CongestionWatch(100);
    const seen = [101, 90, 51, 50, 100].map((buffered) => watch.look(buffered, 0));
    expect(seen).toEqual(["congestion-begins", "congested", "congested", "congestion-ends", "clear"]);
  });

  it("says how long nothing has left, from when it began, and anew whenever something leaves", () => {
    const watch = new CongestionWatch(100);
    const seen = [90, 200, 200, 150, 400, 400, 50].map((buffered, index) => {
      watch.look(buffered, index * 10);
      return watch.stalledFor(index * 10 + 5);
    });
    expect(seen).toEqual([0, 5, 15, 5, 15, 25, 0]);
  });
});
