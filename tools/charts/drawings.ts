import { readFile } from "node:fs/promises";
import type { ChartLayout } from "../../src/inspect/live/chart-layout.js";
import { allStates, type Chart, readChart } from "./chart.js";
import { loadMachine, readChartList } from "./config.js";
import { layOut } from "./layout.js";
import { toMermaid } from "./mermaid.js";
import { toSvg } from "./svg.js";

const DOCUMENT = "ARCHITECTURE.md";
/** What the live inspector draws. */
const LAYOUTS = "src/inspect/live/layouts.generated.ts";
const CLOSING = "<!-- /chart -->";
const openingOf = (id: string): string => `<!-- chart:${id} -->`;

const readIfPresent = (path: string): Promise<string | undefined> => readFile(path, "utf8").catch(() => undefined);

function caption({ root }: Chart): string {
  const whole = root.invokes.map((source) => `\`${source}\``).join(" and ");
  const inside = allStates(root)
    .slice(1)
    .flatMap((state) => state.invokes.map((source) => `\`${source}\` during \`${state.key}\``));
  return `Charts of their own run beside it: ${[`${whole} all the time`, ...inside].join(", ")}.`;
}

/** Puts the root chart between its markers; a document without the markers gets them at its end. */
function intoDocument(document: string, id: string, chart: Chart): string {
  const opening = openingOf(id);
  const block = [opening, "", "```mermaid", toMermaid(chart), "```", "", caption(chart), "", CLOSING].join("\n");
  const start = document.indexOf(opening);
  const end = document.indexOf(CLOSING, start);
  if (start < 0 || end < 0) return `${document.trimEnd()}\n\n${block}\n`;
  return document.slice(0, start) + block + document.slice(end + CLOSING.length);
}

function layoutsModule(layouts: readonly ChartLayout[]): string {
  return [
    "// Made by `npm run charts` from the machines.",
    'import type { ChartLayout } from "./chart-layout.js";',
    "",
    `export const LAYOUTS: readonly ChartLayout[] = ${JSON.stringify(layouts)};`,
    "",
  ].join("\n");
}

/** Draws every listed chart from its machine. @returns the wanted text of each file, by path. */
async function drawAll(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const layouts: ChartLayout[] = [];
  for (const entry of await readChartList()) {
    const chart = readChart(await loadMachine(entry));
    const layout = await layOut(chart, entry.title);
    layouts.push(layout);
    files.set(entry.svg, toSvg(layout));
    if (entry.role === "root") {
      files.set(DOCUMENT, intoDocument((await readIfPresent(DOCUMENT)) ?? "# Architecture\n", entry.id, chart));
    }
  }
  files.set(LAYOUTS, layoutsModule(layouts));
  return files;
}

/** The files whose drawing is not the machine's, with the text they should have. */
export async function findStaleDrawings(): Promise<ReadonlyMap<string, string>> {
  const stale = new Map<string, string>();
  for (const [path, wanted] of await drawAll()) {
    if ((await readIfPresent(path)) !== wanted) stale.set(path, wanted);
  }
  return stale;
}
