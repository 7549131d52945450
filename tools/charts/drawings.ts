import { readFile } from "node:fs/promises";
import { allStates, type Chart, readChart } from "./chart.js";
import { loadMachine, readChartList } from "./config.js";
import { toMermaid } from "./mermaid.js";
import { toSvg } from "./svg.js";

const DOCUMENT = "ARCHITECTURE.md";
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

/** Draws every listed chart from its machine. @returns the wanted text of each file, by path. */
async function drawAll(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readChartList()) {
    const chart = readChart(await loadMachine(entry));
    // The tags of the root are the states that RTVI knows.
    files.set(entry.svg, await toSvg(chart, entry.title, entry.role === "root" ? "RTVI " : ""));
    if (entry.role === "root") {
      files.set(DOCUMENT, intoDocument((await readIfPresent(DOCUMENT)) ?? "# Architecture\n", entry.id, chart));
    }
  }
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
