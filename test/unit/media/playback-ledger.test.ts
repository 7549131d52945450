import { describe, expect, it } from "vitest";
import { PlaybackLedger } from "../../../src/media/playback-ledger.js";

describe("PlaybackLedger", () => {
  it("answers for the worklet with what was reported last", () => {
    const ledger = new PlaybackLedger(24_000);
    ledger.written("a", 100);
    ledger.written("b", 200);
    ledger.written("b", 50);
    ledger.written("c", 10);
    expect(ledger.played({ itemId: "b", playedSamples: 30, receivedSamples: 250 })).toEqual({
      itemId: "b",
      playedSamples: 30,
      receivedSamples: 250,
      sampleRate: 24_000,
    });
    expect(ledger.cut()).toEqual([
      { itemId: "b", playedSamples: 30, receivedSamples: 250, sampleRate: 24_000 },
      { itemId: "c", playedSamples: 0, receivedSamples: 10, sampleRate: 24_000 },
    ]);
    expect(ledger.cut()).toEqual([]);
  });

  it("takes no notice of an item that it does not know", () => {
    const ledger = new PlaybackLedger(24_000);
    ledger.written("b", 10);
    ledger.played({ itemId: "a", playedSamples: 5, receivedSamples: 9 });
    expect(ledger.cut()).toMatchObject([{ itemId: "b", receivedSamples: 10 }]);
  });

  it("takes 30 minutes of sound that was not played, and no more", () => {
    const ledger = new PlaybackLedger(100);
    for (let minute = 0; minute < 30; minute += 1) expect(ledger.written("a", 6_000)).toBe(true);
    expect(ledger.written("a", 6_000)).toBe(false);
    ledger.played({ itemId: "a", playedSamples: 6_000, receivedSamples: 180_000 });
    expect(ledger.written("b", 6_000)).toBe(true);
    expect(ledger.written("b", 1)).toBe(false);
    expect(ledger.cut()).toMatchObject([
      { itemId: "a", playedSamples: 6_000, receivedSamples: 180_000 },
      { itemId: "b", playedSamples: 0, receivedSamples: 6_000 },
    ]);
    expect(ledger.written("c", 180_000)).toBe(true);
  });

  it("counts a piece as 10 ms at least, so that crumbs are not without end either", () => {
    const ledger = new PlaybackLedger(8_000);
    let taken = 0;
    for (let n = 0; n < 200_000; n += 1) if (ledger.written(`item ${n}`, 1)) taken += 1;
    expect(taken).toBe(180_000);
    ledger.played({ itemId: "item 179999", playedSamples: 1, receivedSamples: 1 });
    expect(ledger.written("item", 8_000 * 1_800)).toBe(true);
  });

  it("goes on counting where a day of answers is played as it comes", () => {
    const ledger = new PlaybackLedger(1_000);
    for (let second = 0; second < 86_400; second += 1) {
      const itemId = `item ${Math.floor(second / 60)}`;
      const samples = ((second % 60) + 1) * 1_000;
      expect(ledger.written(itemId, 1_000)).toBe(true);
      ledger.played({ itemId, playedSamples: samples, receivedSamples: samples });
    }
    expect(ledger.cut()).toEqual([]);
  });

  it("says of an item that all of it was received, also what there was no room for", () => {
    const ledger = new PlaybackLedger(100);
    ledger.written("a", 180_000);
    ledger.written("a", 500);
    expect(ledger.played({ itemId: "a", playedSamples: 180_000, receivedSamples: 180_000 })).toMatchObject({
      playedSamples: 180_000,
      receivedSamples: 180_500,
    });
  });

  it("does not count what has been played to its end", () => {
    const ledger = new PlaybackLedger(24_000);
    ledger.written("a", 100);
    ledger.played({ itemId: "a", playedSamples: 100, receivedSamples: 100 });
    expect(ledger.cut()).toEqual([]);
  });
});
