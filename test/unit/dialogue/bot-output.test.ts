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
  /** Each sentence that the app was told of since, with its status. */
  const told = () =>
    sink.take().flatMap((effect) => {
      if (effect.type !== "deliver" || effect.message.type !== "bot-output") return [];
      const { text, spoken_status } = effect.message.data as { text: string; spoken_status: string };
      return [`${text} ${spoken_status}`];
    });
  return { sink, said, output, known, told };
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

  it("announces what is open at a pause, and nothing of an item that it does not know", () => {
    const { output, told } = make();
    output.add("resp", "item", "One two", true);
    output.pause("unknown");
    expect(told()).toEqual([]);
    output.pause("item");
    expect(told()).toEqual(["One two new"]);
  });

  it("pauses the items of one response alone", () => {
    const { output, told } = make();
    output.add("resp_1", "item_1", "One", true);
    output.add("resp_2", "item_2", "Two", true);
    output.pauseAll("resp_1");
    expect(told()).toEqual(["One new"]);
  });

  it("completes the items of one response alone when that is over", () => {
    const { output, told } = make();
    output.add("resp_1", "item_1", "One", true);
    output.add("resp_2", "item_2", "Two", true);
    output.responseEnded("resp_1", () => false);
    expect(told()).toEqual(["One new"]);
    output.add("resp_2", "item_2", " and three. ", true);
    expect(told()).toEqual(["Two and three. new"]);
  });

  it("shows words as spoken that come after the last sample", () => {
    const { output, told } = make();
    output.add("resp", "item", "One. ", true);
    output.complete("item");
    expect(told()).toEqual(["One. new", "One. completed"]);
    output.add("resp", "item", "Two. ", true);
    expect(told()).toEqual(["Two. new", "Two. completed"]);
  });

  it("estimates what was spoken from what is spoken alone, item by item", () => {
    const { output, told } = make();
    output.add("resp", "read", "To be read. ", false);
    output.add("resp", "heard", "Heard before. ", true);
    output.complete("heard");
    output.add("resp", "first", "One two. Three four. ", true);
    output.add("resp", "second", "Five six. Seven eight. ", true);
    told();
    output.estimate(31);
    expect(told()).toEqual(["One two. completed", "Three four. in-progress", "Five six. completed"]);
  });

  it("estimates less of what is written in syllables", () => {
    const { output, told } = make();
    output.add("resp", "first", "你好。", true);
    output.add("resp", "second", "我很高兴见到你。Good morning. ", true);
    told();
    output.estimate(7.5 + 10);
    expect(told()).toEqual(["你好。 in-progress", "我很高兴见到你。 in-progress"]);
  });

  it("announces at the end an open sentence whose beginning was heard, and no other", () => {
    const { output, said, told } = make();
    output.add("resp", "first", "One two three four", true);
    output.add("resp", "second", "Five six", true);
    output.progress("first", 500, 1_000, false);
    expect(told()).toEqual([]);
    output.end();
    expect(told()).toEqual(["One two three four new", "One two three four in-progress"]);
    expect(said).toHaveBeenCalledWith("first", "One two", "resp");
    expect(said).toHaveBeenLastCalledWith("second", "", "resp");
  });
});
