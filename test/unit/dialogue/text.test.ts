import { describe, expect, it } from "vitest";
import { sentenceEnds, wordBoundary } from "../../../src/dialogue/sentences.js";
import { SpokenText } from "../../../src/dialogue/spoken-text.js";

const cut = (text: string) => {
  let start = 0;
  return [...sentenceEnds(text), text.length].map((end) => {
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
    ["नमस्ते। आप कैसे हैं? मैं ठीक हूँ।", ["नमस्ते।", "आप कैसे हैं?", "मैं ठीक हूँ।"]],
    ["مرحبا؟ نعم. لا", ["مرحبا؟", "نعم.", "لا"]],
    ["شکریہ۔ جی ہاں", ["شکریہ۔", "جی ہاں"]],
    ["မင်္ဂလာပါ။ နေကောင်းလား။ ဟုတ်", ["မင်္ဂလာပါ။", "နေကောင်းလား။", "ဟုတ်"]],
    ["សួស្តី។ ល្អ", ["សួស្តី។", "ល្អ"]],
    ["ሰላም። እሺ", ["ሰላም።", "እሺ"]],
    ["Բարև։ Այո", ["Բարև։", "Այո"]],
    ["ｶﾞﾝﾊﾞﾚ｡ﾊｲ", ["ｶﾞﾝﾊﾞﾚ｡", "ﾊｲ"]],
    ["still being written.", ["still being written."]],
    ["", [""]],
  ])("%j", (text, expected) => {
    expect(cut(text).filter((piece) => piece !== "" || text === "")).toEqual(expected);
  });

  // Each is a mebi character, which anything but one pass would take minutes for.
  it.each([
    ["dots", ".", 2_000],
    ["dots and quotes", '."', 2_000],
    ["blanks", " ", 2_000],
    ["abbreviations", "no. ", 1_999],
    ["blank lines", " \n", 2_000],
    ["digits", "1", 2_000],
    ["list numbers", "1. ", 1_997],
  ])("cuts %s without end into pieces", (_name, unit, shortest) => {
    const text = unit.repeat(2 ** 20 / unit.length);
    const ends = [0, ...sentenceEnds(text)];
    const lengths = ends.slice(1).map((end, index) => end - ends[index]!);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(2_000);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(shortest);
    expect(text.length - ends.at(-1)!).toBeLessThanOrEqual(2_000);
  });

  it("cuts a sentence that does not end between words, or between characters", () => {
    const words = "word ".repeat(500);
    expect(sentenceEnds(words)).toEqual([1_999]);
    const faces = `a${"\u{1F600}".repeat(1_500)}`;
    expect(sentenceEnds(faces)).toEqual([1_999]);
    expect(sentenceEnds(`${"x".repeat(1_999)}. Yes. `)).toEqual([2_000, 2_005]);
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
    ["我用 Python 写代码已经很久了", 14, 14],
    ["我用 Python 写代码", 6, 2],
    ["我用Python写代码", 5, 2],
    ["我用Python写代码", 8, 8],
    ["说：“好”", 4, 4],
    ["コーヒー", 2, 2],
    ["สวัสดี ครับผม", 9, 8],
    ["กำลังทดสอบ ที่นี่", 13, 11],
    ["ສະບາຍດີ", 3, 3],
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

  it("cuts what does not end where it would be cut at once", () => {
    const sentence = `${"one of many words, ".repeat(150)}the last. `;
    const whole = sentence.repeat(3);
    const at = (size: number) => {
      const text = make();
      for (let from = 0; from < whole.length; from += size) text.add(whole.slice(from, from + size));
      text.finish(whole);
      return text.segments.map(({ start, end }) => [start, end]);
    };
    const expected = at(whole.length);
    expect(expected).toHaveLength(6);
    for (const size of [1, 7, 1_999, 2_000, 2_001]) expect(at(size)).toEqual(expected);
  });

  it("takes a torrent of dots in small pieces", () => {
    const text = make();
    for (let delta = 0; delta < 6_500; delta += 1) text.add(".".repeat(40));
    expect(text.segments).toHaveLength(129);
    expect(new Set(text.segments.map((segment) => segment.text.length))).toEqual(new Set([2_000]));
  });

  it("knows how much was heard of Chinese with a word of Latin letters in it", () => {
    const text = make();
    text.add("我用 Python 写代码已经很久了，你呢");
    text.finish();
    text.reach(16);
    expect(text.heard).toBe("我用 Python 写代码已经很");
  });

  it.each([
    ["English", "word ".repeat(20), 24],
    ["Chinese", "我".repeat(100), 10],
    ["Japanese", "あア".repeat(50), 10],
    ["Korean", "가나 ".repeat(33), 11],
    ["Chinese with English", "我word".repeat(20), 16],
  ])("believes in no faster speech than there is before all is there: a second of %s", (_name, whole, heard) => {
    const text = make();
    for (const delta of [whole.slice(0, 40), whole.slice(40)]) text.add(delta);
    text.pause();
    text.moveTo(1_000, 1_000, false);
    expect(text.heard).toHaveLength(heard);
  });

  it("keeps 256 Ki characters, and nothing that comes after them", () => {
    const text = make();
    text.add("word ".repeat(50_000));
    text.add("more ".repeat(50_000));
    text.finish("word ".repeat(50_000) + "more ".repeat(50_000));
    expect(text.text).toHaveLength(256 * 1024);
  });

  it("fills in what no delta brought, and does not believe a text that differs", () => {
    const missed = make();
    missed.finish("All at once.");
    expect(missed.segments.map(({ text }) => text)).toEqual(["All at once."]);
    const differs = make();
    differs.add("What was said");
    differs.finish("Something else.");
    expect(differs.segments.map(({ text }) => text)).toEqual(["What was said"]);
    expect(differs.add("More. And more. ")).toEqual([]);
    expect(differs.text).toBe("What was said");
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

  it("says nothing of text that is complete without audio, and goes on when audio comes", () => {
    const text = make();
    text.finish("Hello there.");
    expect(text.moveTo(0, 0, true)).toEqual([]);
    expect(text.moveTo(500, 1_000, true).map(({ shown }) => shown)).toEqual([5]);
  });

  it("tells each sentence once for each word further, and none that has not been reached", () => {
    const text = make();
    text.add("One two. Three four. Five six. ");
    const changed = (characters: number) => text.reach(characters).map((segment) => [segment.text, segment.shown]);
    expect(changed(5)).toEqual([["One two.", 3]]);
    expect(changed(6)).toEqual([]);
    expect(changed(15)).toEqual([
      ["One two.", 8],
      ["Three four.", 5],
    ]);
    expect(changed(15)).toEqual([]);
  });
});
