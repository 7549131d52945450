import { describe, expect, it } from "vitest";
import { EffectSink } from "../../../src/dialogue/effects.js";
import { TurnClock } from "../../../src/dialogue/turn-clock.js";
import { runningTurns } from "../../../packages/testkit/src/models/running-turns.js";

describe("TurnClock", () => {
  it("measures an answer from the end of the turn, once, and nothing without a turn", () => {
    const sink = new EffectSink(runningTurns());
    let now = 1_000;
    const clock = new TurnClock(sink, "any", () => now);
    const measured = (): unknown[] =>
      sink.take().flatMap((effect) => (effect.type === "deliver" ? [effect.message.data] : []));
    clock.answered();
    expect(measured()).toEqual([]);
    clock.turnEnded();
    now += 250;
    clock.turnCommitted();
    now += 250;
    for (let time = 0; time < 2; time += 1) clock.answered();
    expect(measured()).toEqual([{ ttfb: [{ processor: "any", value: 0.5 }] }]);
    clock.turnEnded();
    clock.turnBegan();
    clock.answered();
    expect(measured()).toEqual([]);
  });
});
