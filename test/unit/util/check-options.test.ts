import { describe, expect, it } from "vitest";
import { InvalidOptionsError } from "../../../src/errors.js";
import { checkJson } from "../../../src/util/check-options.js";

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
