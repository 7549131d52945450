import type { ActorRefFrom } from "xstate";
import type { turnsMachine } from "../../machines/turns.machine.js";
import type { TurnEdge, Turns } from "../contracts/turns.js";

/** The running turns chart of a session. */
export type TurnsActor = ActorRefFrom<typeof turnsMachine>;

/**
 * The turns of a session, over its running chart.
 * @param unprompted Receives the edges that come of no `tell`: the end of an inferred turn by a lull, and whatever a fact
 * leads to that came while the chart was at work. It runs inside the chart's step, so it must not call the app.
 */
export function turnsOf(actor: TurnsActor, unprompted: (edge: TurnEdge) => void): Turns {
  let collected: TurnEdge[] | undefined;
  actor.on("*", (edge) => {
    if (collected === undefined) unprompted(edge);
    else collected.push(edge);
  });
  const isRunning = (): boolean => actor.getSnapshot().status === "active";

  return {
    tell: (fact) => {
      if (!isRunning()) return [];
      if (collected !== undefined) {
        // The chart is in a step: it takes this fact right after it, and the outer call returns the edges of both.
        actor.send(fact);
        return [];
      }
      const edges: TurnEdge[] = [];
      collected = edges;
      try {
        actor.send(fact);
      } finally {
        collected = undefined;
      }
      return edges;
    },
    is: (tag) => isRunning() && actor.getSnapshot().hasTag(tag),
  };
}
