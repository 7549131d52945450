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

  it("does not count what is no sound, as far as it still waits", () => {
    const watch = new CongestionWatch(100);
    watch.excuse(500);
    watch.excuse(200);
    const seen = [700, 800, 801, 751, 750, 600, 701].map((buffered) => watch.look(buffered, 0));
    const sound = ["clear", "clear", "congestion-begins", "congested", "congestion-ends", "clear", "congestion-begins"];
    expect(seen).toEqual(sound);
    expect([0, 101].map((buffered) => watch.look(buffered, 0))).toEqual(["congestion-ends", "congestion-begins"]);
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
