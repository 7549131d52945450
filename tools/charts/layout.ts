import ELK, { type ElkExtendedEdge, type ElkLabel, type ElkNode } from "elkjs/lib/elk.bundled.js";
import type { ChartLayout, LaidOutArrow, LaidOutState } from "../../src/inspect/live/chart-layout.js";
import { allStates, type Chart, type ChartArrow, type ChartState, contains } from "./chart.js";

/** Widths of text are guessed: there is no page here. In px, for the sizes in which `svg.ts` and the live inspector write. */
const TITLE = { size: 13, perLetter: 7.4, line: 18 };
const NOTE = { size: 10, perLetter: 5.6, line: 13 };
const PADDING = 12;
const SMALLEST = { width: 70, height: 34 };

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.direction": "DOWN",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.layered.edgeLabels.sideSelection": "SMART_DOWN",
  "elk.edgeLabels.placement": "CENTER",
  "elk.spacing.nodeNode": "26",
  "elk.spacing.edgeNode": "14",
  "elk.spacing.edgeEdge": "10",
  "elk.spacing.edgeLabel": "3",
  "elk.layered.spacing.nodeNodeBetweenLayers": "26",
  "elk.layered.spacing.edgeNodeBetweenLayers": "12",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "9",
  "elk.json.shapeCoords": "ROOT",
  "elk.json.edgeCoords": "ROOT",
};

const widthOf = (text: string, { perLetter }: { readonly perLetter: number }): number =>
  Math.ceil(text.length * perLetter);

/** What is written under a state's name. */
export const notesOf = ({ tags, invokes }: Pick<ChartState, "tags" | "invokes">): readonly string[] => [
  ...tags.map((tag) => `#${tag}`),
  ...(invokes.length === 0 ? [] : [`runs ${invokes.join(", ")}`]),
];

function nodeOf(state: ChartState): ElkNode {
  const notes = notesOf(state);
  const width = Math.max(widthOf(state.key, TITLE), ...notes.map((note) => widthOf(note, NOTE))) + 2 * PADDING;
  const head = TITLE.line + notes.length * NOTE.line + PADDING;
  if (state.children.length === 0) {
    return {
      id: state.id,
      width: Math.max(SMALLEST.width, width),
      height: Math.max(SMALLEST.height, head + 4),
    };
  }
  return {
    id: state.id,
    children: state.children.map(nodeOf),
    layoutOptions: {
      ...OPTIONS,
      "elk.padding": `[top=${String(head + 12)},left=16,bottom=16,right=16]`,
      "elk.nodeSize.constraints": "MINIMUM_SIZE",
      "elk.nodeSize.minimum": `(${String(width)},0)`,
    },
  };
}

/** Arrows between the same two states are one line, with a line of text for each. */
function mergeEnds(arrows: readonly ChartArrow[]): readonly (readonly ChartArrow[])[] {
  const merged = new Map<string, ChartArrow[]>();
  for (const arrow of arrows) {
    const ends = `${arrow.from} ${arrow.to}`;
    merged.set(ends, [...(merged.get(ends) ?? []), arrow]);
  }
  return [...merged.values()];
}

const linesOf = (arrows: readonly ChartArrow[]): string[] => [
  ...new Set(arrows.map(({ label }) => label).filter((label) => label !== "")),
];

function edgeOf(arrows: readonly ChartArrow[], index: number): ElkExtendedEdge {
  const [{ from, to } = { from: "", to: "" }] = arrows;
  const lines = linesOf(arrows);
  const label: ElkLabel = {
    text: lines.join("\n"),
    width: Math.max(...lines.map((line) => widthOf(line, NOTE))) + 6,
    height: lines.length * NOTE.line,
  };
  return { id: `e${String(index)}`, sources: [from], targets: [to], labels: lines.length === 0 ? [] : [label] };
}

const whole = (value: number | undefined): number => Math.round(value ?? 0);

interface Placed {
  readonly boxes: ReadonlyMap<string, ElkNode>;
  readonly arrows: readonly LaidOutArrow[];
  readonly width: number;
  readonly height: number;
}

/** One state with all that is in it, with its corner at 0, 0. */
async function place(state: ChartState, arrows: readonly ChartArrow[]): Promise<Placed> {
  const merged = mergeEnds(arrows);
  const graph = { id: "", layoutOptions: OPTIONS, children: [nodeOf(state)], edges: merged.map(edgeOf) };
  const laidOut = await new ELK().layout(graph);
  const boxes = new Map<string, ElkNode>();
  const collect = (node: ElkNode): void => {
    boxes.set(node.id, node);
    node.children?.forEach(collect);
  };
  collect(laidOut);
  const [own] = laidOut.children ?? [];
  const [left, top] = [own?.x ?? 0, own?.y ?? 0];
  for (const box of boxes.values()) Object.assign(box, { x: (box.x ?? 0) - left, y: (box.y ?? 0) - top });
  const lines = laidOut.edges.map((edge, index): LaidOutArrow => {
    const [section] = edge.sections ?? [];
    const [label] = edge.labels ?? [];
    const of = merged[index] ?? [];
    const points = section === undefined ? [] : [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
    return {
      ids: of.map(({ id }) => id),
      from: of[0]?.from ?? "",
      to: of[0]?.to ?? "",
      points: points.map(({ x, y }) => [whole(x - left), whole(y - top)] as const),
      lines: linesOf(of),
      label: [whole((label?.x ?? 0) - left), whole((label?.y ?? 0) - top), whole(label?.width)],
    };
  });
  return { boxes, arrows: lines, width: own?.width ?? 0, height: own?.height ?? 0 };
}

/** Puts what is placed in rows of at most a width, and everything into a box. */
function inRows(root: ChartState, placed: readonly Placed[], most: number): Placed {
  const gap = 20;
  const head = TITLE.line + notesOf(root).length * NOTE.line + gap;
  const boxes = new Map<string, ElkNode>();
  const arrows: LaidOutArrow[] = [];
  let [x, y, rowHeight, width] = [gap, head, 0, 0];
  for (const each of placed) {
    if (x > gap && x + each.width > most) [x, y, rowHeight] = [gap, y + rowHeight + gap, 0];
    const [left, top] = [whole(x), whole(y)];
    for (const [id, box] of each.boxes) boxes.set(id, { ...box, x: (box.x ?? 0) + left, y: (box.y ?? 0) + top });
    for (const arrow of each.arrows) {
      const [labelX, labelY, labelWidth] = arrow.label;
      arrows.push({
        ...arrow,
        points: arrow.points.map(([atX, atY]) => [atX + left, atY + top] as const),
        label: [labelX + left, labelY + top, labelWidth],
      });
    }
    x += each.width + gap;
    rowHeight = Math.max(rowHeight, each.height);
    width = Math.max(width, x);
  }
  const height = y + rowHeight + gap;
  boxes.set(root.id, { id: root.id, x: 0, y: 0, width, height });
  return { boxes, arrows, width, height };
}

/** How far from the shape of a screen. */
const badnessOf = ({ width, height }: Placed): number => Math.max(width / 1.5, height);

/** Regions that no arrow connects are placed apart from each other, in the rows that make the best use of a screen. */
async function placeRegions(root: ChartState, arrows: readonly ChartArrow[]): Promise<Placed> {
  const within = ({ id }: ChartState, state: string): boolean => state === id || contains(id, state);
  const regionOf = ({ from, to }: ChartArrow): ChartState | undefined =>
    root.children.find((child) => within(child, from) && within(child, to));
  if (!root.parallel || arrows.some((arrow) => regionOf(arrow) === undefined)) return place(root, arrows);
  const placed: Placed[] = [];
  for (const region of root.children) {
    placed.push(
      await place(
        region,
        arrows.filter((arrow) => regionOf(arrow) === region),
      ),
    );
  }
  const widths = placed.map((_, index) => placed.slice(0, index + 1).reduce((sum, { width }) => sum + width + 40, 0));
  const candidates = [...widths, ...placed.map(({ width }) => width + 40)].map((most) => inRows(root, placed, most));
  return candidates.reduce((best, each) => (badnessOf(each) < badnessOf(best) ? each : best));
}

/** Lays a chart out in layers, with lines that run straight and at right angles. The same chart has the same layout always. */
export async function layOut(chart: Chart, title: string): Promise<ChartLayout> {
  const { boxes, arrows, width, height } = await placeRegions(chart.root, chart.arrows);
  const all = allStates(chart.root);
  const states = all.map((state): LaidOutState => {
    const box = boxes.get(state.id);
    const parent = all.find(({ children }) => children.includes(state));
    return {
      id: state.id,
      key: state.key,
      kind: state.final ? "final" : state.parallel ? "parallel" : state.children.length > 0 ? "compound" : "atomic",
      depth: all.filter(({ id }) => contains(id, state.id)).length,
      initial: parent?.initial === state.id,
      notes: notesOf(state),
      description: state.description ?? "",
      box: [whole(box?.x), whole(box?.y), whole(box?.width), whole(box?.height)],
    };
  });
  return { id: chart.root.id, title, width: whole(width), height: whole(height), states, arrows };
}
