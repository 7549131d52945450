import {
  matchesState,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  type StateValue,
} from "xstate";
import { getAdjacencyMap, getShortestPaths } from "xstate/graph";
import type { TransportContext } from "../../../machines/index.js";
import type { ChartUnderTest } from "./charts.js";
import type { Letter } from "./turn-letters.js";

/** More steps than any of the charts has; reaching it means that something counts without a bound. */
const LIMIT = 20_000;

export interface Edge {
  readonly from: AnyMachineSnapshot;
  readonly letter: Letter;
  readonly to: AnyMachineSnapshot;
}

/** Every state of a chart that can be rested in, with its context, and every edge between them. */
export interface Walk {
  readonly states: readonly AnyMachineSnapshot[];
  readonly edges: readonly Edge[];
}

interface Node {
  readonly state: AnyMachineSnapshot;
  readonly transitions: Readonly<
    Record<string, { readonly event: AnyEventObject; readonly state: AnyMachineSnapshot }>
  >;
}

/** "idle.error" for `{ idle: "error" }`. */
function pathOf(value: StateValue): string {
  if (typeof value === "string") return value;
  return Object.entries(value)
    .map(([key, child]) => (child === undefined ? key : `${key}.${pathOf(child)}`))
    .join(" & ");
}

/** Where a chart is, as a path: "idle.error". */
export function placeOf(snapshot: AnyMachineSnapshot): string {
  return pathOf(snapshot.value as StateValue);
}

export function isIn(snapshot: AnyMachineSnapshot, value: StateValue): boolean {
  return matchesState(value, snapshot.value as StateValue);
}

export function allNodes(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((child) => allNodes(child))];
}

export const nodesOf = (chart: ChartUnderTest): AnyStateNode[] => allNodes(chart.machine.root);

/** The letters that a state handles. Throws for one without a sample: the alphabet documents the chart. */
export function lettersOf(chart: ChartUnderTest, snapshot: AnyMachineSnapshot): Letter[] {
  if (snapshot.status !== "active") return [];
  const handled = new Set(nodesOfSnapshot(snapshot).flatMap((node) => [...node.transitions.keys()]));
  return [...handled].flatMap((type) => {
    const letters = chart.alphabet[type];
    if (letters === undefined) throw new Error(`${chart.id}: the alphabet has no sample of "${type}"`);
    return letters;
  });
}

function nodesOfSnapshot(snapshot: AnyMachineSnapshot): AnyStateNode[] {
  return snapshot._nodes;
}

/** The chart with its messages to other actors silenced: a walk has nobody to send them to. */
export function silenced(chart: ChartUnderTest): AnyStateMachine {
  const names = Object.keys(chart.machine.implementations.actions);
  const silent = names.filter((name) =>
    /^(ask|start[MS]|release|mute|unmute|choose|interrupt|unblock|close|confirmC|giveUp|end|probe|say|reportOpened|reportLost|reportChanging|reportAcquired|reportFailed|reportCrash|reportBlocked|reportUnblocked|reportInterrupted|stream)/.test(
      name,
    ),
  );
  return chart.machine.provide({ actions: Object.fromEntries(silent.map((name) => [name, () => undefined])) });
}

/** What tells the states of a chart apart. */
export function keysOf(chart: ChartUnderTest): (snapshot: AnyMachineSnapshot) => string {
  const endless = Object.fromEntries((chart.endless ?? []).map((key) => [key, undefined]));
  return (snapshot) => {
    const value = snapshot.value as StateValue;
    const context = chart.summary?.(value, snapshot.context as TransportContext) ?? (snapshot.context as object);
    return JSON.stringify([value, { ...context, ...endless }]);
  };
}

function traversal(chart: ChartUnderTest) {
  return {
    input: chart.input,
    limit: LIMIT,
    serializeState: keysOf(chart),
    ...(chart.isEdge !== undefined && { stopWhen: chart.isEdge }),
    events: (snapshot: AnyMachineSnapshot) => lettersOf(chart, snapshot).map(({ event }) => event),
  };
}

/** Walks the whole chart, guards and context included. */
export function walk(chart: ChartUnderTest): Walk {
  const notes = new Map<AnyEventObject, Letter>(
    Object.values(chart.alphabet).flatMap((letters) => letters.map((letter) => [letter.event, letter] as const)),
  );
  const map = getAdjacencyMap(silenced(chart), traversal(chart));
  const nodes: readonly Node[] = Object.values(map);
  return {
    states: nodes.map(({ state }) => state),
    edges: nodes.flatMap(({ state, transitions }) =>
      Object.values(transitions).map(({ event, state: to }) => ({
        from: state,
        letter: notes.get(event) ?? { event },
        to,
      })),
    ),
  };
}

export interface Path {
  readonly steps: readonly AnyEventObject[];
  /** Where each step leads. */
  readonly places: readonly string[];
}

/** One shortest way to each state, whatever its context. */
export function shortestPaths(chart: ChartUnderTest): Path[] {
  const paths = getShortestPaths(silenced(chart), traversal(chart)).map(({ steps }) => {
    const taken: readonly { readonly state: AnyMachineSnapshot; readonly event: AnyEventObject }[] = steps;
    return { steps: taken.slice(1).map(({ event }) => event), places: taken.map(({ state }) => placeOf(state)) };
  });
  const shortest = new Map<string, Path>();
  for (const path of paths.sort((a, b) => a.steps.length - b.steps.length)) {
    const end = path.places.at(-1) ?? "";
    if (!shortest.has(end)) shortest.set(end, { ...path, places: path.places.slice(1) });
  }
  return [...shortest.values()];
}
