import type { TurnFact } from "../../contracts/turns.js";

/** A Pipecat server tells the app of turns by itself: the chart follows, and no edge comes of it. */
const FACTS: ReadonlyMap<string, TurnFact> = new Map<string, TurnFact>([
  ["user-started-speaking", { type: "user.started", silently: true }],
  // The server replies or not: no reply is owed that could be missed.
  ["user-stopped-speaking", { type: "user.stopped", replyDue: false, silently: true }],
  ["bot-llm-started", { type: "reply.began", silently: true }],
  ["bot-llm-stopped", { type: "reply.ended", another: false, silently: true }],
  ["bot-started-speaking", { type: "voice.began", silently: true }],
  ["bot-stopped-speaking", { type: "voice.drained", silently: true }],
]);

/** What a message of the bot means for the turns; undefined for one that is none of them. */
export function turnFactOf(type: string): TurnFact | undefined {
  return FACTS.get(type);
}
