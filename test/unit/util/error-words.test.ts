import { describe, expect, it } from "vitest";
import { wordsOf } from "../../../src/util/error-words.js";
import { asError } from "../../../src/util/reason.js";

const DEEP = 60_000;

describe("error words: lists in lists", () => {
  it.each([
    ["a list", [{ message: "no" }]],
    ["a list in a list", [[{ message: "no" }]]],
    ["JSON", '[{"message":"no"}]'],
    ["a list in JSON", '[[{"message":"no"}]]'],
    ["JSON in a list", ['{"message":"no"}']],
  ])("opens %s", (_what, said) => {
    expect(wordsOf(said).message).toBe("no");
  });

  it("has no words for JSON that lies too deep", () => {
    expect(wordsOf(`${"[".repeat(DEEP)}${"]".repeat(DEEP)}`).message).toBeUndefined();
  });

  it("has no words for a list that lies too deep", () => {
    let deep: unknown[] = [];
    for (let level = 0; level < DEEP; level += 1) deep = [deep];
    expect(wordsOf(deep).message).toBeUndefined();
  });

  it("makes an error of a list without words", () => {
    const itself: unknown[] = [];
    itself.push(itself);
    let deep: unknown[] = [];
    for (let level = 0; level < DEEP; level += 1) deep = [deep];
    for (const thrown of [itself, deep, [Symbol("none")], []]) {
      expect(asError(thrown).message).toBe("It failed, and nothing says why.");
    }
  });
});
