import { describe, expect, it } from "vitest";
import { EffectSink } from "../../../src/dialogue/effects.js";
import { UserTurnEvents } from "../../../src/dialogue/user-turn-events.js";
import { runningTurns } from "../../../packages/testkit/src/models/running-turns.js";

describe("UserTurnEvents", () => {
  it("lets a partial transcript grow to 20 000 characters, and tells the whole when it is complete", () => {
    const sink = new EffectSink(runningTurns());
    const turns = new UserTurnEvents(sink, () => new Date(0));
    for (let n = 0; n < 100; n += 1) turns.recognised("item", "x".repeat(1_500));
    turns.understood("item", "y".repeat(150_000));
    const texts = sink
      .take()
      .flatMap((effect) => (effect.type === "deliver" ? [(effect.message.data as { text: string }).text] : []));
    expect(texts.map(({ length }) => length)).toEqual([
      ...Array.from({ length: 13 }, (_, n) => 1_500 * (n + 1)),
      20_000,
      150_000,
    ]);
  });

  it("says nothing of silence, unless something had been said of it before", () => {
    const sink = new EffectSink(runningTurns());
    const turns = new UserTurnEvents(sink, () => new Date(0));
    const told = () => sink.take().flatMap((effect) => (effect.type === "deliver" ? [effect.message.data] : []));
    turns.understood("silent", " ");
    expect(told()).toEqual([]);
    turns.recognised("item", "Hm");
    turns.understood("item", "");
    expect(told()).toMatchObject([
      { text: "Hm", final: false },
      { text: "", final: true },
    ]);
  });
});
