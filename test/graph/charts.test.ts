import { describe, expect, it } from "vitest";
import { allStates, readChart } from "../../tools/charts/chart.js";
import { findMachineFiles, loadMachine, readChartList } from "../../tools/charts/config.js";
import { findStaleDrawings } from "../../tools/charts/drawings.js";

const list = await readChartList();

describe("stately.config.json", () => {
  it("lists every machine, and nothing else", async () => {
    expect(list.map((entry) => entry.file).sort()).toEqual(await findMachineFiles());
  });

  it("has one root", () => {
    expect(list.filter((entry) => entry.role === "root").map((entry) => entry.id)).toEqual(["transport"]);
  });

  it.each(list)("names $id as its machine does", async (entry) => {
    expect((await loadMachine(entry)).id).toBe(entry.id);
    expect(entry.svg).toBe(`docs/charts/${entry.id}.svg`);
  });

  it.each(list)("says what runs $id", async (entry) => {
    const charts = await Promise.all(list.map(async (other) => readChart(await loadMachine(other))));
    const owners = charts
      .flatMap((chart) => allStates(chart.root))
      .filter((state) => state.invokes.includes(entry.id))
      .map((state) => state.id);
    expect(owners).toEqual(entry.invokedBy === null ? [] : [entry.invokedBy]);
  });
});

describe("drawings", () => {
  it("show the machines as they are (npm run charts)", async () => {
    expect([...(await findStaleDrawings()).keys()]).toEqual([]);
  });
});
