import type { AnyMachineSnapshot, AnyStateNode } from "xstate";
import type { ChartUnderTest } from "../../../../src/testing/model/charts.js";
import type { Letter } from "../../../../src/testing/model/turn-letters.js";
import { nodesOf, type Walk } from "../../../../src/testing/model/graph.js";

interface Place {
  readonly heading: string;
  readonly out: Set<string>;
}

/** A chart, or a region of one that runs beside others. */
interface Region {
  readonly root: AnyStateNode;
  readonly places: Map<string, Place>;
}

const nodesOfSnapshot = (snapshot: AnyMachineSnapshot): AnyStateNode[] => snapshot._nodes;

const isRegion = ({ parent }: AnyStateNode): boolean => parent === undefined || parent.type === "parallel";

/** The active states of a region, without those of regions inside it; innermost last. */
function activeIn({ root }: Region, snapshot: AnyMachineSnapshot): AnyStateNode[] {
  // By id: the walk ran on a copy of the machine.
  const active = new Set(nodesOfSnapshot(snapshot).map(({ id }) => id));
  if (!active.has(root.id)) return [];
  const found = [root];
  for (let node: AnyStateNode | undefined = root; node !== undefined;) {
    const children: readonly AnyStateNode[] = node.type === "parallel" ? [] : Object.values(node.states);
    node = children.find(({ id }) => active.has(id));
    if (node !== undefined) found.push(node);
  }
  return found;
}

/** "waiting.counting", seen from the region. */
function placeIn(region: Region, active: readonly AnyStateNode[]): string {
  const [, ...inner] = active;
  return inner.length === 0 ? region.root.key : inner.map(({ key }) => key).join(".");
}

function headingOf(region: Region, snapshot: AnyMachineSnapshot, place: string): string {
  const isWhole = region.root.parent === undefined;
  const tags = isWhole ? [...snapshot.tags].map((tag) => ` [${tag}]`).join("") : "";
  return `${place}${tags}${isWhole && snapshot.status === "done" ? " (final)" : ""}`;
}

const nameOf = ({ event, note }: Letter): string => `${event.type}${note === undefined ? "" : ` (${note})`}`;

/** What an edge does in a region; undefined for one that the region does not know and that changes nothing there. */
function lineOf(region: Region, from: AnyMachineSnapshot, letter: Letter, to: AnyMachineSnapshot): string | undefined {
  const [before, after] = [activeIn(region, from), activeIn(region, to)];
  const [source, target] = [placeIn(region, before), placeIn(region, after)];
  const isKnown = before.some((node) => node.transitions.has(letter.event.type));
  // Left with what holds the region: that is an edge of the region outside.
  if (after.length === 0) return undefined;
  if (source !== target) return `${nameOf(letter)} -> ${target}`;
  return isKnown ? `${nameOf(letter)} -> stays` : undefined;
}

function block(heading: string, lines: readonly string[]): string {
  return [heading, ...lines.map((line) => `  ${line}`)].join("\n");
}

function describeRegion({ root, places }: Region): string[] {
  const living = [...places.values()].filter(({ out }) => out.size > 0);
  const everywhere = [...(living[0]?.out ?? [])].filter((line) => living.every(({ out }) => out.has(line))).sort();
  const shared = living.length > 1 ? everywhere : [];
  return [
    ...(root.parent === undefined ? [] : [`## ${root.path.join(".")}`]),
    ...(shared.length === 0 ? [] : [block("in every state", shared)]),
    ...[...places.values()].map(({ heading, out }) =>
      block(heading, [...out].filter((line) => !shared.includes(line)).sort()),
    ),
  ];
}

/**
 * The states and edges of a chart as text that a reviewer reads. Regions that run side by side are told one by one: their
 * combinations would fill pages, and the first line counts them.
 */
export function describeWalk(chart: ChartUnderTest, { states, edges }: Walk): string {
  const regions = nodesOf(chart)
    .filter((node) => isRegion(node))
    .map((root): Region => ({ root, places: new Map() }));
  for (const region of regions) {
    for (const state of states) {
      const active = activeIn(region, state);
      if (active.length === 0) continue;
      const place = placeIn(region, active);
      if (!region.places.has(place)) {
        region.places.set(place, { heading: headingOf(region, state, place), out: new Set() });
      }
    }
    for (const { from, letter, to } of edges) {
      const active = activeIn(region, from);
      if (active.length === 0) continue;
      const line = lineOf(region, from, letter, to);
      if (line !== undefined) region.places.get(placeIn(region, active))?.out.add(line);
    }
  }
  const all = regions.flatMap(({ places }) => [...places.values()]);
  const count = all.reduce((sum, { out }) => sum + out.size, 0);
  const combined = new Set(states.map(({ value }) => JSON.stringify(value))).size;
  const whole = regions.length === 1 ? "" : `, ${combined} combinations`;
  return [`# ${chart.id}: ${all.length} states, ${count} edges${whole}`, ...regions.flatMap(describeRegion), ""].join(
    "\n\n",
  );
}
