import type { AnyEventObject } from "xstate";
import type { TurnFact } from "../../contracts/turns.js";

/** One letter of a chart's alphabet; `note` tells apart letters of the same type. */
export interface Letter {
  readonly note?: string;
  readonly event: AnyEventObject;
}

/** The event of XState that ends a lull. */
export const LULL = "xstate.after.lull.turns.user.inferred";

const fact = (event: TurnFact, note?: string): Letter => ({ event, ...(note !== undefined && { note }) });

/** Every fact, in each of the ways in which the chart tells it apart, and the lull. */
export const TURN_LETTERS: readonly Letter[] = [
  fact({ type: "user.started" }),
  fact({ type: "user.started", inferred: true }, "inferred"),
  fact({ type: "user.stopped", replyDue: true }, "reply due"),
  fact({ type: "user.stopped", replyDue: false }, "no reply due"),
  fact({ type: "user.concluded" }),
  fact({ type: "reply.requested" }),
  fact({ type: "reply.began" }),
  fact({ type: "reply.cancelled" }),
  fact({ type: "reply.ended", another: false }, "the last"),
  fact({ type: "reply.ended", another: true }, "another follows"),
  fact({ type: "voice.queued" }),
  fact({ type: "voice.began" }),
  fact({ type: "voice.drained" }),
  fact({ type: "voice.flushed", by: "user" }),
  fact({ type: "voice.counted" }),
  fact({ type: "tools.called" }),
  fact({ type: "tools.settled" }),
  fact({ type: "call.began", call: 1 }),
  fact({ type: "call.ended", call: 1 }),
  // The chart tells it itself, of a timer that is its own.
  { event: { type: "call.overdue", call: 1 } },
  fact({ type: "bot.ready" }),
  fact({ type: "bot.asked" }),
  fact({ type: "connection.lost" }),
  fact({ type: "connection.ready", continuity: "fresh" }, "fresh"),
  fact({ type: "connection.ready", continuity: "resumed" }, "resumed"),
  fact({ type: "connection.ready", continuity: "replayed" }, "replayed"),
  fact({ type: "session.ended" }),
];
