import { describe, expect, it } from "vitest";
import { FlowWatch } from "../../../src/transport/flow-watch.js";
import { ManualClock } from "../../../src/testing/index.js";

function watched() {
  const clock = new ManualClock();
  const stops: number[] = [];
  const flow = new FlowWatch({ clock, pause: 500, stopped: () => void stops.push(clock.now) });
  return { clock, stops, flow };
}

describe("flow of chunks", () => {
  it("is reported to have stopped once, a pause after the last chunk", () => {
    const { clock, stops, flow } = watched();
    clock.advance(5_000);
    expect(stops).toEqual([]);
    for (let count = 0; count < 10; count += 1) {
      flow.passed();
      clock.advance(400);
    }
    expect(stops).toEqual([]);
    clock.advance(10_000);
    // The last chunk passed 400 ms before 9,000.
    expect(stops).toEqual([9_100]);
  });

  it("is reported again after it went on, and never once it was ended", () => {
    const { clock, stops, flow } = watched();
    flow.passed();
    clock.advance(500);
    flow.passed();
    clock.advance(500);
    expect(stops).toEqual([500, 1_000]);
    flow.passed();
    flow.end();
    flow.end();
    expect(clock.pending).toBe(0);
    clock.advance(500);
    expect(stops).toHaveLength(2);
    flow.passed();
    clock.advance(500);
    expect(stops).toEqual([500, 1_000, 2_000]);
  });

  it("sets no timer for a chunk while it flows", () => {
    const { clock, flow } = watched();
    for (let count = 0; count < 100; count += 1) flow.passed();
    expect(clock.pending).toBe(1);
  });
});
