import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import * as errors from "../../../src/errors.js";

const page = await readFile("docs/errors.md", "utf8");

/** The classes and codes of the page's tables. */
const listed = [...page.matchAll(/^\| `(\w+Error)`\s*\| `([\w-]+)`\s*\|([^|]+)\|([^|]+)\|$/gm)].map(
  ([, name, code, means, todo]) => ({ name, code, means: means?.trim(), todo: todo?.trim() }),
);

/** Every class that can be made, with its code. */
const real = Object.entries(errors)
  .filter(([name]) => name.endsWith("Error") && !["RtviMachineError", "isRtviMachineError"].includes(name))
  .map(([name, kind]) => ({ name, code: (Reflect.construct(kind, ["x"]) as errors.RtviMachineError).code }));

describe("docs: the page of errors", () => {
  it("lists every class with its code, and no other", () => {
    const names = listed.map(({ name, code }) => `${name} ${code}`).sort();
    expect(names).toEqual(real.map(({ name, code }) => `${name} ${code}`).sort());
  });

  it("says of each what it means and what to do", () => {
    for (const { means, todo } of listed) {
      expect(means).not.toBe("");
      expect(todo).not.toBe("");
    }
  });

  it("names the code that has no class", async () => {
    const codes = await readFile("src/contracts/fault.ts", "utf8");
    const all = [...codes.matchAll(/^ {2}\| "([\w-]+)"/gm)].map(([, code]) => code);
    const without = all.filter((code) => !real.some((error) => error.code === code));
    expect(without).toEqual(["device-error"]);
    expect(page).toContain("`device-error`");
  });
});
