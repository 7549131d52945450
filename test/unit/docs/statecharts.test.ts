import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { loadMachine, readChartList } from "../../../tools/charts/config.js";

const page = await readFile("docs/statecharts.md", "utf8");
const list = await readChartList();

/** What the page says of a chart. */
const sectionOf = (id: string): string => page.split(/^## /m).find((part) => part.startsWith(`${id}\n`)) ?? "";

describe("docs: the page of the charts", () => {
  it.each(list)("shows $id, with its picture and each of its first states or regions", async (entry) => {
    const section = sectionOf(entry.id);
    expect(section).toContain(`(${entry.svg.replace("docs/", "")})`);
    const machine = await loadMachine(entry);
    const { root } = machine;
    const main =
      root.states.active?.type === "parallel" ? { ...root.states.active.states, ...root.states } : root.states;
    const unnamed = Object.keys(main).filter((key) => key !== "active" && !section.includes(`\`${key}\``));
    expect(unnamed).toEqual([]);
  });
});
