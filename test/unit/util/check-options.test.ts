import { describe, expect, it } from "vitest";
import { InvalidOptionsError } from "../../../src/errors.js";
import {
  checkJson,
  checkValue,
  methods,
  NUMBER,
  oneOf,
  TEXT,
  TEXT_LIST,
  WORDS,
} from "../../../src/util/check-options.js";

const DEFAULT = { a: 1 };
const circle: Record<string, unknown> = {};
circle.again = [circle];

function nested(levels: number): unknown {
  let value: unknown = "end";
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { value };
  return value;
}

describe("options: what is sent as JSON", () => {
  it.each([
    ["a number", 5],
    ["a function, which JSON leaves out", { handler: () => undefined }],
    ["a date", { when: new Date(0) }],
    ["what is used twice", { one: DEFAULT, other: DEFAULT }],
    ["a schema of many levels", nested(60)],
  ])("takes %s", (_what, value) => {
    expect(() => checkJson("session", value)).not.toThrow();
  });

  it.each([
    ["a BigInt", { x: [5n] }],
    ["what refers to itself", circle],
    ["what lies too deep", nested(60_000)],
    [
      "what refuses",
      {
        toJSON: () => {
          throw new TypeError("no");
        },
      },
    ],
  ])("refuses %s, and names the option", (_what, value) => {
    expect(() => checkJson("session", value)).toThrow(InvalidOptionsError);
    expect(() => checkJson("session", value)).toThrow(/^session cannot be written as JSON: /);
  });
});

describe("options: what a value is instead of what it must be", () => {
  it.each([
    [WORDS, "", "must be a non-empty string, not an empty one."],
    [WORDS, 5, "must be a non-empty string, not a number."],
    [NUMBER, "", "must be a number, not a string."],
    [NUMBER, Number.NaN, "must be a number, not NaN."],
    [oneOf("on", "off"), "of", 'must be "on" or "off", not a string that is none of them.'],
    [TEXT, {}, "must be a string, not an object."],
    [TEXT_LIST, "", "must be a list of strings, not a string."],
    [methods("play"), {}, "must be an object with the methods play, not one without them."],
    [methods("play"), null, "must be an object with the methods play, not null."],
  ])("is no contradiction: %o, %j", (rule, value, words) => {
    expect(() => checkValue("it", value, rule)).toThrow(new InvalidOptionsError(`it ${words}`).message);
  });
});
