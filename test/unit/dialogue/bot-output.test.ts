import { describe, expect, it, vi } from "vitest";
import { BotOutput } from "../../../src/dialogue/bot-output.js";
import { EffectSink } from "../../../src/dialogue/effects.js";
import { runningTurns } from "../../../packages/testkit/src/models/running-turns.js";

const make = () => {
  const sink = new EffectSink(runningTurns());
  const said = vi.fn<(itemId: string, text: string, responseId: string) => void>();
  const output = new BotOutput(sink, said);
  const known = (most: number) =>
    Array.from({ length: most }, (_, n) => `item_${n}`).filter((itemId) => output.heard(itemId) !== undefined);
  return { sink, said, output, known };
};

describe("BotOutput", () => {
  it("keeps the newest 256 items of a response that never ends", () => {
    const { output, known } = make();
    for (let n = 0; n < 1_000; n += 1) output.add("resp", `item_${n}`, "Hello. ", true);
    const kept = known(1_000);
    expect(kept).toHaveLength(256);
    expect(kept.at(-1)).toBe("item_999");
  });

  it("keeps a mebi character, whatever the items", () => {
    const { output, known } = make();
    const text = "word ".repeat(20_000);
    for (let n = 0; n < 100; n += 1) output.add("resp", `item_${n}`, text, false);
    expect(known(100)).toHaveLength(10);
    for (let n = 90; n < 100; n += 1) output.finish("resp", `item_${n}`, text.repeat(2), false);
    expect(known(100)).toHaveLength(5);
  });

  it("says of what it lets go what was heard of it", () => {
    const { output, said } = make();
    output.add("resp", "first", "One two. Three four. ", true);
    output.progress("first", 500, 1_000, false);
    const heard = output.heard("first");
    for (let n = 0; n < 256; n += 1) output.add("resp", `item_${n}`, "Hello. ", true);
    expect(heard).not.toBe("");
    expect(said.mock.calls.findLast(([itemId]) => itemId === "first")).toEqual(["first", heard, "resp"]);
  });

  it("warns of an item that is too long, once per transport", () => {
    const { output, sink } = make();
    output.add("resp", "item", "word ".repeat(50_000), true);
    expect(sink.take().filter(({ type }) => type === "log")).toEqual([]);
    output.add("resp", "item", "word ".repeat(50_000), true);
    expect(sink.take().filter(({ type }) => type === "log")).toMatchObject([{ level: "warn", once: true }]);
  });
});
