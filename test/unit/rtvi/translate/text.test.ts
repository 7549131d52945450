import { describe, expect, it } from "vitest";
import { sentenceEnds, wordBoundary } from "../../../../src/rtvi/translate/sentences.js";
import { SpokenText } from "../../../../src/rtvi/translate/spoken-text.js";

const cut = (text: string) => {
  let start = 0;
  return [...sentenceEnds(text, 0), text.length].map((end) => {
    const piece = text.slice(start, end);
    start = end;
    return piece.trim();
  });
};

describe("sentenceEnds", () => {
  it.each([
    ["One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]],
    ["It costs 3.5 euros. Yes", ["It costs 3.5 euros.", "Yes"]],
    ["Mr. Smith met Dr. Who. Then", ["Mr. Smith met Dr. Who.", "Then"]],
    ["Fruit, e.g. apples. Or", ["Fruit, e.g. apples.", "Or"]],
    ["1. First 2. Second", ["1. First 2. Second"]],
    ['"Stop!" she said. Then', ['"Stop!"', "she said.", "Then"]],
    ["Wait... what? No", ["Wait...", "what?", "No"]],
    ["你好。再见！好", ["你好。", "再见！", "好"]],
    ["a line\nanother", ["a line", "another"]],
    ["still being written.", ["still being written."]],
    ["", [""]],
  ])("%j", (text, expected) => {
    expect(cut(text).filter((piece) => piece !== "" || text === "")).toEqual(expected);
  });
});

describe("wordBoundary", () => {
  it.each([
    ["one two", 0, 0],
    ["one two", 2, 0],
    ["one two", 3, 3],
    ["one two", 6, 3],
    ["one two", 7, 7],
    ["one two", 99, 7],
    ["word", 2, 0],
    ["你好世界", 2, 2],
    ["你\u{20000}好", 2, 1],
  ])("of %j at %d is %d", (text, index, expected) => {
    expect(wordBoundary(text, index)).toBe(expected);
  });
});

describe("SpokenText", () => {
  const make = () => {
    let id = 0;
    return new SpokenText(() => (id += 1));
  };

  it("waits for the end of a sentence, however the text is cut into deltas", () => {
    const whole = "Hello there, Mr. Jones. It is 3.5 degrees. Bye";
    for (let size = 1; size < whole.length; size += 1) {
      const text = make();
      for (let at = 0; at < whole.length; at += size) text.add(whole.slice(at, at + size));
      text.finish(whole);
      expect(text.segments.map((segment) => segment.text)).toEqual([
        "Hello there, Mr. Jones.",
        "It is 3.5 degrees.",
        "Bye",
      ]);
      for (const segment of text.segments) expect(whole.slice(segment.start, segment.end)).toBe(segment.text);
    }
  });

  it("fills in what no delta brought, and does not believe a text that differs", () => {
    const missed = make();
    missed.finish("All at once.");
    expect(missed.segments.map(({ text }) => text)).toEqual(["All at once."]);
    const differs = make();
    differs.add("What was said");
    differs.finish("Something else.");
    expect(differs.segments.map(({ text }) => text)).toEqual(["What was said"]);
    expect(differs.add("more")).toEqual([]);
    expect(differs.finish("again")).toEqual([]);
  });

  it("never runs ahead of fast speech while the audio is still coming, and never goes back", () => {
    const text = make();
    text.add("A rather long sentence of which the audio has hardly begun to arrive yet. ");
    text.moveTo(100, 100, false);
    expect(text.segments[0]?.shown).toBeLessThanOrEqual(3);
    text.finish();
    text.moveTo(3000, 4000, true);
    const shown = text.segments[0]?.shown ?? 0;
    expect(shown).toBeGreaterThan(40);
    text.moveTo(100, 4000, true);
    expect(text.segments[0]?.shown).toBe(shown);
  });

  it("says nothing before there is audio", () => {
    const text = make();
    text.add("Hello there. ");
    expect(text.moveTo(0, 0, false)).toEqual([]);
  });
});
