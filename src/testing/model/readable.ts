import type { AnyEventObject } from "xstate";
import type { ChartUnderTest } from "./charts.js";
import type { Letter } from "./turn-letters.js";
import { keysOf, placeOf, walk, type Walk } from "./graph.js";

/** From one state to another; both are the same where the event is handled and leads nowhere else. */
export interface ModelEdge {
  readonly from: string;
  /** The event, and in brackets what tells it apart from others of its type: `connection.closed (final)`. */
  readonly event: string;
  readonly to: string;
}

/** A way through a chart. */
export interface ModelPath {
  /** Where it leads. */
  readonly state: string;
  /** The events on the way, as an edge has them. */
  readonly events: readonly string[];
  /** The same, as the chart takes them: in order, each as `transition(machine, snapshot, event)` of XState wants it. */
  readonly steps: readonly AnyEventObject[];
}

const walks = new Map<ChartUnderTest, Walk>();

function walkOf(chart: ChartUnderTest): Walk {
  const known = walks.get(chart);
  if (known !== undefined) return known;
  const walked = walk(chart);
  walks.set(chart, walked);
  return walked;
}

const nameOf = ({ event, note }: Letter): string => `${event.type}${note === undefined ? "" : ` (${note})`}`;

export const statesOf = (chart: ChartUnderTest): readonly string[] => [
  ...new Set(walkOf(chart).states.map((state) => placeOf(state))),
];

export function edgesOf(chart: ChartUnderTest): readonly ModelEdge[] {
  const edges = walkOf(chart).edges.map(({ from, letter, to }) => ({
    from: placeOf(from),
    event: nameOf(letter),
    to: placeOf(to),
  }));
  return [...new Map(edges.map((edge) => [`${edge.from}|${edge.event}|${edge.to}`, edge])).values()];
}

/** Up to so many ways to each state, shortest first, none of which comes twice to a state with the same context. */
export function pathsTo(chart: ChartUnderTest, most: number): readonly ModelPath[] {
  const { states, edges } = walkOf(chart);
  const [start] = states;
  if (start === undefined) return [];
  // The ends of edges are snapshots of their own: they are told apart by what they hold.
  const keyOf = keysOf(chart);
  const out = new Map<string, { readonly letter: Letter; readonly to: string; readonly place: string }[]>();
  for (const { from, letter, to } of edges) {
    const known = out.get(keyOf(from)) ?? [];
    known.push({ letter, to: keyOf(to), place: placeOf(to) });
    out.set(keyOf(from), known);
  }
  const found = new Map<string, ModelPath[]>();
  const visits = new Map<string, number>();
  let ways = [
    { at: keyOf(start), state: placeOf(start), letters: [] as readonly Letter[], been: new Set([keyOf(start)]) },
  ];
  while (ways.length > 0) {
    const next: typeof ways = [];
    for (const { at, state, letters, been } of ways) {
      const visit = (visits.get(at) ?? 0) + 1;
      if (visit > most) continue;
      visits.set(at, visit);
      const known = found.get(state) ?? [];
      if (known.length < most) {
        const path = { state, events: letters.map(nameOf), steps: letters.map(({ event }) => event) };
        found.set(state, [...known, path]);
      }
      for (const { letter, to, place } of out.get(at) ?? []) {
        if (!been.has(to))
          next.push({ at: to, state: place, letters: [...letters, letter], been: new Set([...been, to]) });
      }
    }
    ways = next;
  }
  return [...found.values()].flat();
}
