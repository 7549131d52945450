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

  it("does not count what has been played to its end", () => {
    const ledger = new PlaybackLedger(24_000);
    ledger.written("a", 100);
    ledger.played({ itemId: "a", playedSamples: 100, receivedSamples: 100 });
    expect(ledger.cut()).toEqual([]);
  });
});
