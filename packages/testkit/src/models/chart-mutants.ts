import { not, type AnyActorLogic, type AnyStateMachine, type AnyStateNode, type AnyTransitionDefinition } from "xstate";
import { transportMachine, turnsMachine } from "../../../../machines/index.js";
import { edgeOf, nodesOf } from "./edge-watch.js";

/** What is broken: a guard says the opposite, a cleanup does not happen, or a transition goes elsewhere. */
export type MutantKind = "guard" | "cleanup" | "target";

/** A chart with one thing in it broken. */
export interface ChartMutant {
  /** Unique among the mutants of all charts. */
  readonly id: string;
  readonly kind: MutantKind;
  readonly chart: AnyStateMachine;
  /** The edges, states or guards (`guard:…`) of the sound chart without which the mutant does as the chart does. */
  readonly touches: readonly string[];
  /** The broken chart, with these implementations. */
  readonly make: AnyStateMachine["provide"];
}

type Implementations = Parameters<AnyStateMachine["provide"]>[0];
type Json = Record<string, unknown>;
type Guard = ((args: unknown, params: unknown) => boolean) & { readonly check?: unknown };

/** Orders that give something back, or end what would go on. */
const RELEASES = /^(release|close|end|shut|drop|forget|cancel|untime|giveUp|flush)[A-Z]/;

/** The chart anew, with what a change of its source would be. */
function remade(chart: AnyStateMachine, change: (config: Json) => void = () => undefined): AnyStateMachine {
  const config = copied(chart.config) as Json;
  change(config);
  const Machine = chart.constructor as new (config: Json, implementations: unknown) => AnyStateMachine;
  return new Machine(config, chart.implementations);
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copied(each)]));
}

/** The part of a config that a state is. */
const stateIn = (config: Json, { path }: AnyStateNode): Json =>
  path.reduce((at, key) => (at.states as Record<string, Json>)[key] ?? {}, config);

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const nameOf = (value: unknown): string =>
  typeof value === "string" ? value : String((value as { readonly type?: unknown }).type);

/** Where the config has a transition, as an object that may be changed. */
function transitionIn(config: Json, taken: AnyTransitionDefinition): Json {
  const source = taken.source as AnyStateNode;
  const state = stateIn(config, source);
  const type = String(taken.eventType);
  const place = (type === "" ? (source.always ?? []) : (source.transitions.get(type) ?? [])).indexOf(taken);
  const [holder, key] = placeIn(state, source, type);
  const list = listOf(holder[key]).map((each) => (typeof each === "string" ? { target: each } : each));
  holder[key] = list;
  return list[place] as Json;
}

function placeIn(state: Json, source: AnyStateNode, type: string): [Json, string] {
  if (type === "") return [state, "always"];
  const [, kind, name = ""] = /^xstate\.(after|done\.actor|error\.actor)\.(.+)$/.exec(type) ?? [];
  if (kind === undefined) return [state.on as Json, type];
  if (kind === "after") return [state.after as Json, name.slice(0, name.indexOf(`.${source.id}`))];
  const invoke = listOf(state.invoke).find((each) => (each as Json).id === name) as Json;
  return [invoke, kind === "done.actor" ? "onDone" : "onError"];
}

function guardsOf(chart: AnyStateMachine): ChartMutant[] {
  const guards = chart.implementations.guards as Readonly<Record<string, Guard>>;
  return Object.entries(guards).map(([name, guard]) => ({
    id: `${chart.id}: guard ${name} says the opposite`,
    kind: "guard",
    chart,
    touches: [`guard:${chart.id}.${name}`],
    make: (implementations) =>
      remade(chart)
        .provide({
          guards: {
            [name]:
              guard.check === undefined
                ? (args: unknown, params: unknown) => !guard(args, params)
                : not(guard as never),
          },
        } as Implementations)
        .provide(implementations),
  }));
}

/** Each target, and its neighbour instead. */
function targetsOf(chart: AnyStateMachine): ChartMutant[] {
  const all = nodesOf(chart.root).flatMap((node) => [...node.transitions.values(), node.always ?? []].flat());
  return all.flatMap((taken): ChartMutant[] => {
    const [target] = (taken.target ?? []) as readonly AnyStateNode[];
    if (target?.parent === undefined) return [];
    const siblings: AnyStateNode[] = Object.values(target.parent.states);
    const other = siblings[(siblings.indexOf(target) + 1) % siblings.length];
    if (other === undefined || other === target || target.parent.type === "parallel") return [];
    const edge = edgeOf(taken);
    const make: ChartMutant["make"] = (implementations) =>
      remade(chart, (config) => {
        transitionIn(config, taken).target = `#${other.id}`;
      }).provide(implementations);
    return [{ id: `${edge} to ${other.key} in place of ${target.key}`, kind: "target", chart, touches: [edge], make }];
  });
}

/** Each exit action, each order to give something back, and each actor that lives on when its state is left. */
function cleanupsOf(chart: AnyStateMachine): ChartMutant[] {
  const nodes = nodesOf(chart.root);
  const without = (
    id: string,
    touched: string,
    place: (config: Json) => [Json, string],
    name: string,
  ): ChartMutant => ({
    id: `${id} without ${name}`,
    kind: "cleanup",
    chart,
    touches: [touched],
    make: (implementations) =>
      remade(chart, (config) => {
        const [holder, key] = place(config);
        const list = listOf(holder[key]);
        holder[key] = list.toSpliced(
          list.findIndex((each) => nameOf(each) === name),
          1,
        );
      }).provide(implementations),
  });
  const atStates = nodes.flatMap((node) =>
    (["entry", "exit"] as const).flatMap((when) =>
      node[when]
        .map(nameOf)
        // A delayed transition takes back its timer by itself.
        .filter((name) => !name.startsWith("xstate.") && (when === "exit" || RELEASES.test(name)))
        .map((name) => without(`${node.id} ${when}`, node.id, (config) => [stateIn(config, node), when], name)),
    ),
  );
  const onTheWay = nodes.flatMap((node) =>
    [...node.transitions.values(), node.always ?? []].flat().flatMap((taken) => {
      const names = taken.actions.map(nameOf).filter((name: string) => RELEASES.test(name));
      const edge = edgeOf(taken);
      return names.map((name: string) =>
        without(edge, edge, (config) => [transitionIn(config, taken), "actions"], name),
      );
    }),
  );
  const actors = nodes
    .filter(({ path }) => path.length > 0)
    .flatMap((node) =>
      node.invoke.map(({ id, src }): ChartMutant => ({
        id: `${node.id} without the end of ${id}`,
        kind: "cleanup",
        chart,
        touches: [node.id],
        make: (implementations) => {
          const name = nameOf(src);
          const known = chart.implementations.actors as Readonly<Record<string, AnyActorLogic>>;
          const actors = {
            ...known,
            ...(implementations.actors as Readonly<Record<string, AnyActorLogic>> | undefined),
          };
          const logic = actors[name];
          return remade(chart).provide({
            ...implementations,
            actors: { ...actors, ...(logic !== undefined && { [name]: undying(logic) }) },
          } as Implementations);
        },
      })),
    );
  return [...atStates, ...onTheWay, ...actors];
}

/** An actor's logic that does not hear that it is stopped. */
function undying(logic: AnyActorLogic): AnyActorLogic {
  const transition = (...[state, event, scope]: Parameters<AnyActorLogic["transition"]>): unknown =>
    (event as { readonly type: string }).type === "xstate.stop"
      ? (state as unknown)
      : logic.transition(state, event, scope);
  return Object.assign(Object.create(logic as object) as AnyActorLogic, { transition });
}

/** Everything in a chart that may be broken, broken one thing at a time. */
export const mutantsOf = (chart: AnyStateMachine): readonly ChartMutant[] => [
  ...guardsOf(chart),
  ...cleanupsOf(chart),
  ...targetsOf(chart),
];

/** While it runs, transports are made of this in place of the chart. */
export async function inPlaceOf<T>(
  chart: AnyStateMachine,
  make: ChartMutant["make"],
  run: () => Promise<T>,
): Promise<T> {
  // Turns are the one chart to which nothing is provided.
  const isTurns = chart === (turnsMachine as AnyStateMachine);
  const held: AnyStateMachine = isTurns ? transportMachine : chart;
  const provide = held.provide.bind(held);
  held.provide = isTurns
    ? (implementations) =>
        provide({ ...implementations, actors: { ...implementations.actors, turns: make({}) } } as Implementations)
    : make;
  try {
    return await run();
  } finally {
    Reflect.deleteProperty(held, "provide");
  }
}
