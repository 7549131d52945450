import { createActor } from "xstate";
import { turnsMachine } from "../../../../machines/index.js";
import { turnsOf } from "../../../../src/actors/turns.js";
import type { TurnEdge, Turns } from "../../../../src/contracts/turns.js";
import type { Clock } from "../../../../src/options.js";

/**
 * The turns of a session, by a chart of their own.
 * @param unprompted Receives the edges that come of no fact.
 */
export function runningTurns(unprompted: (edge: TurnEdge) => void = () => undefined, clock?: Clock): Turns {
  const actor = createActor(turnsMachine, { input: { lull: undefined }, ...(clock !== undefined && { clock }) });
  const turns = turnsOf(actor, unprompted);
  actor.start();
  return turns;
}

/** The same, and the types of the facts that they are told. */
export function watchedTurns(): { readonly turns: Turns; readonly facts: string[] } {
  const turns = runningTurns();
  const facts: string[] = [];
  const tell: Turns["tell"] = (fact) => {
    facts.push(fact.type);
    return turns.tell(fact);
  };
  return { turns: { ...turns, tell }, facts };
}
