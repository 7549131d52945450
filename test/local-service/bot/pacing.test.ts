import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { inPieces, paced } from "../../../packages/local-service/src/bot/pacing.js";
import { Timers } from "../../../packages/local-service/src/timers.js";
import { speech } from "../../../packages/testkit/src/audio/speech.js";

describe("inPieces", () => {
  it("spreads the words over the sound, and loses nothing", () => {
    const pieces = [...inPieces("one two three", speech(), 120)];
    expect(pieces.map(({ words }) => words).join("")).toBe("one two three");
    expect(Buffer.concat(pieces.map(({ pcm }) => pcm)).equals(speech())).toBe(true);
    expect(pieces).toHaveLength(Math.ceil(speech().length / 2 / 24 / 120));
  });

  it("has a piece for each word without sound, and one at least", () => {
    expect([...inPieces("one two", undefined, 120)].map(({ words }) => words)).toEqual(["one ", "two"]);
    expect([...inPieces("", undefined, 120)]).toHaveLength(1);
  });
});

describe("paced", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function* work(steps: string[]): Generator<number, string> {
    for (const name of ["a", "b"]) {
      steps.push(name);
      yield 100;
    }
    return "end";
  }

  it("waits as long as each step says, then tells the result", () => {
    const steps: string[] = [];
    const done = vi.fn();
    paced(work(steps), new Timers(), done);
    expect(steps).toEqual(["a"]);
    vi.advanceTimersByTime(100);
    expect(steps).toEqual(["a", "b"]);
    expect(done).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(done).toHaveBeenCalledExactlyOnceWith("end");
  });

  it("stops between two steps", () => {
    const steps: string[] = [];
    const done = vi.fn();
    const stop = paced(work(steps), new Timers(), done);
    stop();
    vi.advanceTimersByTime(1000);
    expect(steps).toEqual(["a"]);
    expect(done).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
