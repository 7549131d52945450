import type { AnyStateMachine, AnyTransitionDefinition } from "xstate";

type StateNode = AnyStateMachine["root"];

/** A transition as XState 4 reads it. */
interface LegacyTransition {
  readonly target?: readonly string[];
  readonly cond?: string;
  readonly actions: readonly string[];
  readonly internal: boolean;
  readonly description?: string;
}

/** A state as XState 4 reads it: the config of `createMachine()`, of names and nothing else. */
export interface LegacyState {
  readonly id: string;
  readonly key: string;
  readonly type?: "parallel" | "final" | "history";
  readonly history?: "shallow" | "deep";
  readonly initial?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly invoke: readonly LegacyInvoke[];
  readonly on: Readonly<Record<string, readonly LegacyTransition[]>>;
  readonly after: Readonly<Record<string, readonly LegacyTransition[]>>;
  readonly always: readonly LegacyTransition[];
  readonly onDone?: readonly LegacyTransition[];
  readonly states: Readonly<Record<string, LegacyState>>;
}

interface LegacyInvoke {
  readonly id: string;
  readonly src: string;
  readonly onDone: readonly LegacyTransition[];
  readonly onError: readonly LegacyTransition[];
}

/** The whole machine: the root's state, and what XState 4 would warn about otherwise. */
export interface LegacyMachine extends LegacyState {
  readonly predictableActionArguments: true;
  readonly context: unknown;
}

/** The name of an action, a guard or an actor: its own, or its type where it is an object or one of XState's own. */
function nameOf(named: unknown): string {
  if (typeof named === "string") return named;
  const isNamed = (typeof named === "object" && named !== null) || typeof named === "function";
  if (isNamed && "type" in named && typeof named.type === "string") return named.type;
  return typeof named === "function" && named.name !== "" ? named.name : "(inline)";
}

const actionsOf = (actions: readonly unknown[]): string[] => actions.map(nameOf);

function transitionOf(definition: AnyTransitionDefinition): LegacyTransition {
  const { target, guard, actions, reenter, description } = definition;
  return {
    ...(target !== undefined && { target: target.map(({ id }) => `#${id}`) }),
    ...(guard !== undefined && { cond: nameOf(guard) }),
    actions: actionsOf(actions),
    internal: !reenter,
    ...(description !== undefined && { description }),
  };
}

/** XState 5 keeps the ends of actors and states, and timers, among the events. XState 4 has places of their own for them. */
const ACTOR_DONE = "xstate.done.actor.";
const ACTOR_ERROR = "xstate.error.actor.";
const STATE_DONE = "xstate.done.state.";
const AFTER = "xstate.after.";
const PLACED = [ACTOR_DONE, ACTOR_ERROR, STATE_DONE, AFTER];

function stateOf(node: StateNode): LegacyState {
  const found = (descriptor: string): LegacyTransition[] => (node.transitions.get(descriptor) ?? []).map(transitionOf);
  const after: Record<string, LegacyTransition[]> = {};
  for (const definition of node.after) (after[String(definition.delay)] ??= []).push(transitionOf(definition));
  const done = found(`${STATE_DONE}${node.id}`);
  const kind = node.type;
  return {
    id: node.id,
    key: node.key,
    ...((kind === "parallel" || kind === "final" || kind === "history") && { type: kind }),
    ...(node.history !== false && { history: node.history === "deep" ? "deep" : "shallow" }),
    ...(kind === "compound" && node.initial.target[0] !== undefined && { initial: node.initial.target[0].key }),
    ...(node.description !== undefined && { description: node.description }),
    tags: node.tags,
    entry: actionsOf(node.entry),
    exit: actionsOf(node.exit),
    invoke: node.invoke.map(({ id, src }) => ({
      id,
      src: typeof src === "string" ? src : id,
      onDone: found(`${ACTOR_DONE}${id}`),
      onError: found(`${ACTOR_ERROR}${id}`),
    })),
    on: Object.fromEntries(
      [...node.transitions]
        .filter(([descriptor]) => !PLACED.some((prefix) => descriptor.startsWith(prefix)))
        .map(([descriptor, definitions]) => [descriptor, definitions.map(transitionOf)]),
    ),
    after,
    always: (node.always ?? []).map(transitionOf),
    ...(done.length > 0 && { onDone: done }),
    states: Object.fromEntries(Object.values<StateNode>(node.states).map((child) => [child.key, stateOf(child)])),
  };
}

/**
 * A machine of XState 5 as the config of one of XState 4: the same states and transitions, with names in place of guards,
 * actions and actors. It is made from the state nodes, because the machine's `definition` holds inline functions, which become
 * `null` in JSON.
 */
export function legacyMachine(machine: AnyStateMachine, context: unknown): LegacyMachine {
  return { ...stateOf(machine.root), predictableActionArguments: true, context };
}

/** What stands for an actor that is no machine (a callback, a promise): a state for each status that it may have. */
export function statusMachine(id: string): LegacyMachine {
  const state = (key: string, type?: "final"): LegacyState => ({
    id: key === id ? id : `${id}.${key}`,
    key,
    ...(type !== undefined && { type }),
    tags: [],
    entry: [],
    exit: [],
    invoke: [],
    on: {},
    after: {},
    always: [],
    states: {},
  });
  const states = {
    active: state("active"),
    done: state("done", "final"),
    error: state("error", "final"),
    stopped: state("stopped", "final"),
  };
  return { ...state(id), initial: "active", states, predictableActionArguments: true, context: {} };
}
