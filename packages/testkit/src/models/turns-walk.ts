import { initialTransition, transition, type AnyMachineSnapshot, type AnyStateMachine, type StateValue } from "xstate";
import { turnsMachine } from "../../../../machines/index.js";
import type { TurnEdge } from "../../../../src/contracts/turns.js";

import { LULL, TURN_LETTERS, type Letter } from "../../../../src/testing/model/turn-letters.js";

/** As a chart of any events: a walk meets XState's own as well. */
const machine: AnyStateMachine = turnsMachine;

type Transition = ReturnType<AnyStateMachine["getTransitionData"]>[number];

/** What a letter leads to in one configuration. */
export interface TurnStep {
  readonly from: AnyMachineSnapshot;
  readonly letter: Letter;
  readonly to: AnyMachineSnapshot;
  /** The transitions that are taken, in order. */
  readonly taken: readonly Transition[];
  readonly edges: readonly TurnEdge["type"][];
}

export interface TurnsWalk {
  readonly states: readonly AnyMachineSnapshot[];
  readonly steps: readonly TurnStep[];
  /** A shortest way from the start to the place of a snapshot. */
  pathTo(snapshot: AnyMachineSnapshot): readonly Letter[];
}

/** The letters that a snapshot can meet: a lull only ends where one runs. */
export function lettersFor(snapshot: AnyMachineSnapshot): readonly Letter[] {
  if (snapshot.status !== "active") return [];
  if (!snapshot.matches({ user: "inferred" })) return TURN_LETTERS;
  return [...TURN_LETTERS, { event: { type: LULL } }];
}

/** The leaves of a state value: `user.silent`, `reply.made.nothing`, … */
export function leavesOf(value: StateValue, prefix = ""): string[] {
  if (typeof value === "string") return [`${prefix}${value}`];
  return Object.entries(value).flatMap(([key, child]) =>
    child === undefined ? [] : leavesOf(child, `${prefix}${key}.`),
  );
}

/** The place of a snapshot; why the bot was flushed decides nothing and is left out. */
export function placeOfTurns({ value }: AnyMachineSnapshot): string {
  return leavesOf(value as StateValue)
    .sort()
    .join(" ");
}

/** What the chart does with a letter, without a running actor. */
export function stepOf(from: AnyMachineSnapshot, letter: Letter): TurnStep {
  const taken = machine.getTransitionData(from, letter.event);
  const [to, actions] = transition(machine, from, letter.event);
  const edges = actions.flatMap((action) => emittedBy(action));
  return { from, letter, to, taken, edges };
}

function emittedBy(action: { readonly type: string; readonly params?: unknown }): TurnEdge["type"][] {
  const { params } = action;
  if (action.type !== "xstate.emit" || typeof params !== "object" || params === null || !("event" in params)) return [];
  return [(params.event as TurnEdge).type];
}

/** Walks every configuration of the chart, and every letter in each. */
export function walkTurns(): TurnsWalk {
  const [start] = initialTransition(machine, { lull: undefined });
  const found = new Map<string, { snapshot: AnyMachineSnapshot; by: TurnStep | undefined }>();
  found.set(placeOfTurns(start), { snapshot: start, by: undefined });
  const steps: TurnStep[] = [];
  // A map hands out what is added to it while it is walked.
  for (const { snapshot } of found.values()) {
    for (const letter of lettersFor(snapshot)) {
      const step = stepOf(snapshot, letter);
      steps.push(step);
      const place = placeOfTurns(step.to);
      if (!found.has(place)) found.set(place, { snapshot: step.to, by: step });
    }
  }
  return {
    states: [...found.values()].map(({ snapshot }) => snapshot),
    steps,
    pathTo: (snapshot) => {
      const path: Letter[] = [];
      for (let by = found.get(placeOfTurns(snapshot))?.by; by; by = found.get(placeOfTurns(by.from))?.by) {
        path.unshift(by.letter);
      }
      return path;
    },
  };
}
