import type { AnyStateMachine, AnyTransitionDefinition } from "xstate";

type StateNode = AnyStateMachine["root"];

/** One state of a chart, as a drawing needs it. */
export interface ChartState {
  /** `transport.session.ready` */
  readonly id: string;
  readonly key: string;
  readonly description: string | undefined;
  readonly final: boolean;
  readonly tags: readonly string[];
  /** Sources of the actors that live as long as this state. */
  readonly invokes: readonly string[];
  /** Id of the initial child, where one of the children is active at a time. */
  readonly initial: string | undefined;
  /** Whether all of its children are active at once. */
  readonly parallel: boolean;
  readonly children: readonly ChartState[];
}

/** One arrow; transitions without a target change no state and are not drawn. */
export interface ChartArrow {
  /** Which transition of the machine it is: the state that has it, its event's descriptor, and its place among those of that event. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** `connection.opened [resumes]` */
  readonly label: string;
}

export interface Chart {
  readonly root: ChartState;
  readonly arrows: readonly ChartArrow[];
}

function childrenOf(node: StateNode): readonly StateNode[] {
  return Object.values<StateNode>(node.states);
}

function readState(node: StateNode): ChartState {
  return {
    id: node.id,
    key: node.key,
    description: node.description,
    final: node.type === "final",
    tags: node.tags,
    invokes: node.invoke.map((definition) => (typeof definition.src === "string" ? definition.src : definition.id)),
    initial: node.type === "parallel" ? undefined : node.initial.target[0]?.id,
    parallel: node.type === "parallel",
    children: childrenOf(node).map(readState),
  };
}

/** XState's own event names, in words. */
function eventName(descriptor: string, node: StateNode): string {
  const patterns: readonly [prefix: string, name: (rest: string) => string][] = [
    ["xstate.after.", (rest) => `after ${rest.replace(`.${node.id}`, "")}`],
    ["xstate.done.actor.", (rest) => `${rest} done`],
    ["xstate.error.actor.", (rest) => `${rest} crashed`],
    ["xstate.done.state.", (rest) => `${rest} done`],
  ];
  for (const [prefix, name] of patterns) {
    if (descriptor.startsWith(prefix)) return name(descriptor.slice(prefix.length));
  }
  return descriptor;
}

/** `closedOnPurpose` → `closed on purpose` */
const inWords = (camel: string): string => camel.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function guardName(guard: unknown): string | undefined {
  if (typeof guard === "string") return inWords(guard);
  if (typeof guard === "object" && guard !== null && "type" in guard && typeof guard.type === "string") {
    return inWords(guard.type);
  }
  return undefined;
}

function readArrows(node: StateNode): readonly ChartArrow[] {
  const lists: readonly (readonly [descriptor: string, transitions: readonly AnyTransitionDefinition[]])[] = [
    ...node.transitions,
    ["", node.always ?? []],
  ];
  return lists.flatMap(([descriptor, transitions]) =>
    transitions.flatMap((transition, index) => {
      const event = eventName(descriptor, node);
      const guard = guardName(transition.guard) ?? (index > 0 ? "else" : undefined);
      const label = [event, guard === undefined ? "" : `[${guard}]`].filter((part) => part !== "").join(" ");
      return (transition.target ?? []).map((target) => ({
        id: `${node.id}|${descriptor}|${index}`,
        from: node.id,
        to: target.id,
        label,
      }));
    }),
  );
}

/** Every state of a chart, parents first. */
export function allStates(root: ChartState): readonly ChartState[] {
  return [root, ...root.children.flatMap(allStates)];
}

/** Joins arrows between the same two states into one, with a line of text for each. */
export function mergeArrows(arrows: readonly ChartArrow[], separator: string): readonly ChartArrow[] {
  const merged = new Map<string, ChartArrow>();
  for (const arrow of arrows) {
    const key = `${arrow.from} ${arrow.to}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? arrow : { ...known, label: `${known.label}${separator}${arrow.label}` });
  }
  return [...merged.values()];
}

/** Whether `inner` lies inside `outer`. */
export const contains = (outer: string, inner: string): boolean => inner.startsWith(`${outer}.`);

/** Reads a chart from the machine itself. */
export function readChart(machine: AnyStateMachine): Chart {
  const all = (node: StateNode): readonly StateNode[] => [node, ...childrenOf(node).flatMap(all)];
  return { root: readState(machine.root), arrows: all(machine.root).flatMap(readArrows) };
}
