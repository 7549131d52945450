import { describe, expect, it } from "vitest";
import {
  expectedText,
  readGolden,
  textOf,
  updateGolden,
  writeGolden,
  type Step,
} from "../../browser/scenario/golden-file.js";

const HEADING = "For people.\n\n";
const step = (title: string, lanes: Record<string, string>): Step => ({ title, lanes: new Map(Object.entries(lanes)) });
const COMMON = [step("one", { user: "a → b", bot: "c" }), step("two", { user: "d" })];
const OTHER = [step("one", { user: "b → a", tool: "x" }), step("two", { user: "d" })];

/** A file that holds both, without reasons. */
function both(): string {
  const empty = readGolden(HEADING);
  const first = writeGolden(empty.heading, updateGolden(empty.golden, "first", COMMON));
  const { heading, golden } = readGolden(first);
  return writeGolden(heading, updateGolden(golden, "other", OTHER));
}

const explained = (): string => both().replaceAll(/^( {2}other: .*)$/gm, "$1\n    because it is so");

describe("the golden file", () => {
  it("holds what all tell, and beneath it what one tells", () => {
    expect(explained()).toBe(
      [
        "For people.",
        "",
        "[one]",
        "user: a → b",
        "  other: b → a",
        "    because it is so",
        "bot: c",
        "  other: nothing",
        "    because it is so",
        "tool: nothing",
        "  other: x",
        "    because it is so",
        "",
        "[two]",
        "user: d",
        "",
      ].join("\n"),
    );
  });

  it("gives each service its own", () => {
    const { golden } = readGolden(explained());
    expect(expectedText(golden, "first")).toBe(textOf(COMMON));
    expect(expectedText(golden, "other")).toBe(textOf(OTHER));
    expect(expectedText(golden, "third")).toBe(textOf(COMMON));
  });

  it("asks for a reason", () => {
    const { golden } = readGolden(both());
    expect(() => expectedText(golden, "other")).toThrow("Why is other different? one, user");
    expect(expectedText(golden, "first")).toBe(textOf(COMMON));
  });

  it("stays as it is when nothing has changed, and forgets a difference that is none any more", () => {
    const { heading, golden } = readGolden(explained());
    expect(writeGolden(heading, updateGolden(golden, "other", OTHER))).toBe(explained());
    const healed = readGolden(writeGolden(heading, updateGolden(golden, "other", COMMON))).golden;
    expect(expectedText(healed, "other")).toBe(textOf(COMMON));
  });

  it("refuses a line that is none", () => {
    expect(() => readGolden("[one]\nuser → a\n")).toThrow("user → a");
  });
});
