import { Graphviz } from "@hpcc-js/wasm-graphviz";
import { allStates, type Chart, type ChartArrow, type ChartState, contains, mergeArrows } from "./chart.js";

const INK = "#1f2430";
const FAINT = "#5b6472";
const PAPER = "#ffffff";
const BOXES = ["#f4f6fb", "#e9edf7", "#dfe5f3"] as const;
const FONT = "Helvetica,Arial,sans-serif";

/** A page that inlines a drawing lights a state by giving its group the class `active`. */
const STYLE = `
.rtvi-chart .state > text, .rtvi-chart .graph > text { font-weight: 600; }
.rtvi-chart .state > text ~ text, .rtvi-chart .graph > text ~ text { font-weight: 400; font-size: 10px; fill: ${FAINT}; }
.rtvi-chart .edge > text { paint-order: stroke; stroke: ${PAPER}; stroke-width: 3px; stroke-linejoin: round; }
.rtvi-chart .node.state.active > path { fill: #ffd75e; stroke: #a86b00; stroke-width: 2px; }
.rtvi-chart .cluster.state.active > path { stroke: #a86b00; stroke-width: 2px; }
`;

type Attributes = Readonly<Record<string, string>>;

const quote = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

const assignments = (values: Attributes): readonly string[] =>
  Object.entries(values).map(([key, value]) => `${key}=${quote(value)}`);

const attributes = (values: Attributes): string => `[${assignments(values).join(" ")}]`;

const GRAPH = { compound: "true", rankdir: "TB", bgcolor: PAPER, labelloc: "t", ranksep: "0.5", nodesep: "0.45" };
const TEXT = { fontname: FONT, fontsize: "12", fontcolor: INK };
const NODE = {
  shape: "box",
  style: "rounded,filled",
  fillcolor: PAPER,
  color: INK,
  margin: "0.14,0.08",
  height: "0.4",
};
const EDGE = { ...TEXT, fontsize: "10", color: FAINT, arrowsize: "0.7" };

/** What is written under a state's name. */
type Notes = (state: ChartState) => readonly string[];

const notesWith =
  (tagPrefix: string): Notes =>
  (state) => [
    ...state.tags.map((tag) => `${tagPrefix}${tag}`),
    ...(state.invokes.length === 0 ? [] : [`runs ${state.invokes.join(", ")}`]),
  ];

const isCompound = (state: ChartState): boolean => state.children.length > 0;
const startOf = (id: string): string => `${id}:start`;
const portOf = (id: string): string => `${id}:any`;
const boxOf = (id: string): string => `cluster ${id}`;

function stateLines(
  state: ChartState,
  notes: Notes,
  ported: ReadonlySet<string>,
  depth = 0,
  isRegion = false,
): readonly string[] {
  const group = { id: state.id, class: "state", label: [state.key, ...notes(state)].join("\n") };
  if (!isCompound(state)) {
    return [`${quote(state.id)} ${attributes({ ...group, ...(state.final ? { peripheries: "2" } : {}) })};`];
  }
  const start = { shape: "point", width: "0.1", label: "", fillcolor: INK };
  const port = { label: "any state", style: "rounded,dashed", fontcolor: FAINT };
  const inside = [
    ...(state.initial === undefined ? [] : [`${quote(startOf(state.id))} ${attributes(start)};`]),
    ...(ported.has(state.id) ? [`${quote(portOf(state.id))} ${attributes(port)};`] : []),
    ...state.children.flatMap((child) => stateLines(child, notes, ported, depth + 1, state.parallel)),
  ];
  if (depth === 0) return inside;
  const style = isRegion ? "rounded,filled,dashed" : "rounded,filled";
  const box = { ...group, style, fillcolor: BOXES[depth - 1] ?? PAPER, color: FAINT };
  return [`subgraph ${quote(boxOf(state.id))} {`, ...assignments(box), ...inside, "}"];
}

/** Where an arrow goes in the order in which the machine lists the states: -1 up, 1 down, 0 inside one child. */
function directionIn(scope: ChartState, { from, to }: ChartArrow): number {
  const holding = (id: string): number =>
    scope.children.findIndex((child) => child.id === id || contains(child.id, id));
  return Math.sign(holding(to) - holding(from));
}

/** The chart in Graphviz's language. Arrows that a parent shares with its children leave from its port, `any state`. */
function toDot({ root, arrows }: Chart, title: string, notes: Notes): string {
  const states = allStates(root);
  const compounds = new Set(states.filter(isCompound).map((state) => state.id));
  const ported = new Set(arrows.map((arrow) => arrow.from).filter((id) => compounds.has(id)));

  const arrowLine = (arrow: ChartArrow): string => {
    const { from, to, label } = arrow;
    const tail = compounds.has(from) ? portOf(from) : from;
    const head = compounds.has(to) ? startOf(to) : to;
    // Clipped at a box's border, an arrow loses the place of its label unless it comes from above.
    const fromAbove = states.some((scope) => directionIn(scope, arrow) > 0);
    const clipped = compounds.has(to) && fromAbove;
    // Arrows up between the outermost states must not turn the drawing upside down.
    const upward = directionIn(root, arrow) < 0;
    return `${quote(tail)} -> ${quote(head)} ${attributes({
      label,
      ...(clipped ? { lhead: boxOf(to) } : {}),
      ...(upward ? { constraint: "false" } : {}),
    })};`;
  };

  const starts = states.flatMap(({ id, initial }) =>
    initial === undefined ? [] : [arrowLine({ from: startOf(id), to: initial, label: "" })],
  );
  // Graphviz guesses the width of text; the spaces keep labels off the lines.
  const padded = arrows.map((arrow) => ({ ...arrow, label: `  ${arrow.label}  ` }));
  return [
    "digraph {",
    `graph ${attributes({ ...GRAPH, ...TEXT, pad: "0.2", label: [title, ...notes(root)].join("\n") })};`,
    `node ${attributes({ ...NODE, ...TEXT })};`,
    `edge ${attributes(EDGE)};`,
    ...stateLines(root, notes, ported),
    ...starts,
    ...mergeArrows(padded, "\n").map(arrowLine),
    "}",
  ].join("\n");
}

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/**
 * Draws a chart as SVG. Each state's group has the state's id as its `id` and the class `state`; regions that are active at
 * once have dashed borders.
 * @param tagPrefix is written before each tag of a state.
 */
export async function toSvg(chart: Chart, title: string, tagPrefix: string): Promise<string> {
  const graphviz = await Graphviz.load();
  const svg = graphviz.dot(toDot(chart, title, notesWith(tagPrefix)), "svg");
  return svg
    .slice(svg.indexOf("<svg"))
    .replace(/<!--[^]*?-->\n?/g, "")
    .replace(/<title>[^]*?<\/title>\n?/g, "")
    .replace(/ id="(?:graph|node|edge)\d+"/g, "")
    .replace("<svg ", `<svg class="rtvi-chart" role="img" aria-label="${escapeXml(title)}" `)
    .replace(/(<svg[^>]*>)/, `$1\n<style>${STYLE}</style>`);
}
