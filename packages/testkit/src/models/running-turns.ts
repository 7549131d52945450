import { createActor } from "xstate";
import { turnsMachine } from "../../../../machines/index.js";
import { turnsOf } from "../../../../src/actors/turns.js";
import type { Turns } from "../../../../src/contracts/turns.js";

/** The turns of a session, by a chart of their own. */
export function runningTurns(): Turns {
  const actor = createActor(turnsMachine, { input: { lull: undefined } });
  const turns = turnsOf(actor, () => undefined);
  actor.start();
  return turns;
}
