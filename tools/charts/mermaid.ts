import { allStates, type Chart, type ChartArrow, type ChartState, contains, mergeArrows } from "./chart.js";

const LINE = "<br/>";
const PORT = "any";
const PORT_LABEL = "any state";

/** The child of `scope` that is, or holds, `id`. */
const childHolding = (scope: ChartState, id: string): ChartState | undefined =>
  scope.children.find((child) => child.id === id || contains(child.id, id));

const scopeOf = (root: ChartState, { from, to }: ChartArrow): ChartState =>
  // The innermost state that holds both ends; an arrow from a parent into itself belongs to the parent.
  [...allStates(root)]
    .reverse()
    .find((state) => (state.id === from || contains(state.id, from)) && contains(state.id, to)) ?? root;

/**
 * Draws a chart as a Mermaid state diagram. Mermaid lays out badly what crosses the border of a composite state, so such
 * an arrow is drawn between the composites and its label names the ends. `any state` means any in the same box.
 */
export function toMermaid({ root, arrows }: Chart): string {
  const states = allStates(root);
  const keys = states.map((state) => state.key);
  const names = new Map(
    states.map((state) => {
      const unique = keys.filter((key) => key === state.key).length === 1;
      return [state.id, unique ? state.key : state.id.slice(root.id.length + 1).replaceAll(".", "_")] as const;
    }),
  );
  const name = (id: string): string => names.get(id) ?? id;
  const keyOf = (id: string): string => states.find((state) => state.id === id)?.key ?? id;

  const lift = (scope: ChartState, arrow: ChartArrow): ChartArrow => {
    const from = childHolding(scope, arrow.from);
    const to = childHolding(scope, arrow.to);
    if (to === undefined) throw new Error(`${arrow.to} is not in ${scope.id}`);
    const lines = [
      ...(to.id === arrow.to ? [] : [`to ${keyOf(arrow.to)}:`]),
      from === undefined || from.id === arrow.from ? arrow.label : `${arrow.label} in ${keyOf(arrow.from)}`,
    ];
    return {
      id: arrow.id,
      from: from === undefined ? `${name(scope.id)}_${PORT}` : name(from.id),
      to: name(to.id),
      label: lines.join(LINE),
    };
  };

  /** One arrow per pair of drawn ends and target; the target's line is said once. */
  const arrowsIn = (scope: ChartState): readonly string[] => {
    const own = arrows.filter((arrow) => scopeOf(root, arrow) === scope);
    const targets = [...new Set(own.map((arrow) => arrow.to))];
    return targets.flatMap((target) => {
      const lifted = own.filter((arrow) => arrow.to === target).map((arrow) => lift(scope, arrow));
      const merged = mergeArrows(lifted, LINE);
      return merged.map(({ from, to, label }) => `${from} --> ${to}: ${[...new Set(label.split(LINE))].join(LINE)}`);
    });
  };

  const label = (state: ChartState): string => {
    const otherTags = state.tags.filter((tag) => tag !== state.key);
    return [state.key, ...otherTags.map((tag) => `(shows as ${tag})`)].join(" ");
  };

  const draw = (state: ChartState, indent: string): readonly string[] => {
    const id = name(state.id);
    const text = label(state);
    const declaration = text === id ? `state ${id}` : `state "${text}" as ${id}`;
    if (state.children.length === 0) return [`${indent}${declaration.replace(/^state (?!")/, "")}`];
    return [`${indent}${declaration} {`, ...body(state, `${indent}  `), `${indent}}`];
  };

  const body = (scope: ChartState, indent: string): readonly string[] => {
    const lines = arrowsIn(scope);
    const port = `${name(scope.id)}_${PORT}`;
    return [
      ...(scope.initial === undefined ? [] : [`${indent}[*] --> ${name(scope.initial)}`]),
      ...scope.children.flatMap((child) => draw(child, indent)),
      ...(lines.some((line) => line.startsWith(`${port} `)) ? [`${indent}state "${PORT_LABEL}" as ${port}`] : []),
      ...lines.map((line) => indent + line),
    ];
  };

  return ["stateDiagram-v2", ...body(root, "  ")].join("\n");
}
