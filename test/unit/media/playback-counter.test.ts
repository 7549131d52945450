import { describe, expect, it } from "vitest";
import { PlaybackCounter } from "../../../src/media/playback-counter.js";

describe("PlaybackCounter", () => {
  it("answers for the worklet with what was reported last", () => {
    const history = new PlaybackCounter(24_000);
    history.written("a", 100);
    history.written("b", 200);
    history.written("b", 50);
    history.written("c", 10);
    expect(history.played({ itemId: "b", playedSamples: 30, receivedSamples: 250 })).toEqual({
      itemId: "b",
      playedSamples: 30,
      receivedSamples: 250,
      sampleRate: 24_000,
    });
    expect(history.cut()).toEqual([
      { itemId: "b", playedSamples: 30, receivedSamples: 250, sampleRate: 24_000 },
      { itemId: "c", playedSamples: 0, receivedSamples: 10, sampleRate: 24_000 },
    ]);
    expect(history.cut()).toEqual([]);
  });

  it("takes no notice of an item that it does not know", () => {
    const history = new PlaybackCounter(24_000);
    history.written("b", 10);
    history.played({ itemId: "a", playedSamples: 5, receivedSamples: 9 });
    expect(history.cut()).toMatchObject([{ itemId: "b", receivedSamples: 10 }]);
  });

  it("takes 30 minutes of sound that was not played, and no more", () => {
    const history = new PlaybackCounter(100);
    for (let minute = 0; minute < 30; minute += 1) expect(history.written("a", 6_000)).toBe(true);
    expect(history.written("a", 6_000)).toBe(false);
    history.played({ itemId: "a", playedSamples: 6_000, receivedSamples: 180_000 });
    expect(history.written("b", 6_000)).toBe(true);
    expect(history.written("b", 1)).toBe(false);
    expect(history.cut()).toMatchObject([
      { itemId: "a", playedSamples: 6_000, receivedSamples: 180_000 },
      { itemId: "b", playedSamples: 0, receivedSamples: 6_000 },
    ]);
    expect(history.written("c", 180_000)).toBe(true);
  });

  it("counts a piece as 10 ms at least, so that crumbs are not without end either", () => {
    const history = new PlaybackCounter(8_000);
    let taken = 0;
    for (let n = 0; n < 200_000; n += 1) if (history.written(`item ${n}`, 1)) taken += 1;
    expect(taken).toBe(180_000);
    history.played({ itemId: "item 179999", playedSamples: 1, receivedSamples: 1 });
    expect(history.written("item", 8_000 * 1_800)).toBe(true);
  });

  it("goes on counting where a day of answers is played as it comes", () => {
    const history = new PlaybackCounter(1_000);
    for (let second = 0; second < 86_400; second += 1) {
      const itemId = `item ${Math.floor(second / 60)}`;
      const samples = ((second % 60) + 1) * 1_000;
      expect(history.written(itemId, 1_000)).toBe(true);
      history.played({ itemId, playedSamples: samples, receivedSamples: samples });
    }
    expect(history.cut()).toEqual([]);
  });

  it("says of an item that all of it was received, also what there was no room for", () => {
    const history = new PlaybackCounter(100);
    history.written("a", 180_000);
    history.written("a", 500);
    expect(history.played({ itemId: "a", playedSamples: 180_000, receivedSamples: 180_000 })).toMatchObject({
      playedSamples: 180_000,
      receivedSamples: 180_500,
    });
  });

  it("does not count what has been played to its end", () => {
    const history = new PlaybackCounter(24_000);
    history.written("a", 100);
    history.played({ itemId: "a", playedSamples: 100, receivedSamples: 100 });
    expect(history.cut()).toEqual([]);
  });
});
