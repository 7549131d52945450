import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition, InspectionEvent } from "xstate";
import {
  connectionMachine,
  microphoneMachine,
  speakerMachine,
  transportMachine,
  turnsMachine,
} from "../../../../machines/index.js";

/** The charts, in the order in which they are told of. */
export const CHARTS: readonly AnyStateMachine[] = [
  transportMachine,
  connectionMachine,
  turnsMachine,
  microphoneMachine,
  speakerMachine,
];

export const nodesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values<AnyStateNode>(node.states).flatMap((child) => nodesOf(child)),
];

/** As `npm run charts` and recordings name it: the state that has it, its event, its place among those of that event. */
function nameOf({ source, eventType }: AnyTransitionDefinition, place: number): string {
  return `${(source as AnyStateNode).id}|${eventType}|${place}`;
}

/** The name of a transition that was taken. */
export function edgeOf(taken: AnyTransitionDefinition): string {
  const source = taken.source as AnyStateNode;
  const eventType = String(taken.eventType);
  const list = (eventType === "" ? source.always : source.transitions.get(eventType)) ?? [];
  return nameOf(taken, list.indexOf(taken));
}

const listsOf = (node: AnyStateNode): readonly (readonly AnyTransitionDefinition[])[] => [
  ...node.transitions.values(),
  ...(node.always === undefined ? [] : [node.always]),
];

/** Every transition that is written in a chart: an edge of the chart, and not of the product of its regions. */
export const edgesOf = ({ root }: AnyStateMachine): readonly string[] =>
  nodesOf(root).flatMap((node) => listsOf(node).flatMap((list) => list.map(nameOf)));

/** Every state of a chart, but its root. */
export const statesOf = ({ root }: AnyStateMachine): readonly string[] =>
  nodesOf(root)
    .slice(1)
    .map(({ id }) => id);

/** Which edges and states of the charts real actors have been through. */
export class EdgeWatch {
  readonly edges = new Set<string>();
  readonly states = new Set<string>();

  readonly inspect = (event: InspectionEvent): void => {
    if (event.type !== "@xstate.microstep") return;
    for (const taken of event._transitions) this.edges.add(edgeOf(taken));
    const nodes = (event.snapshot as { readonly _nodes?: readonly AnyStateNode[] })._nodes ?? [];
    for (const { id } of nodes) this.states.add(id);
  };
}
