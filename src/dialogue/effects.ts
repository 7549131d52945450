import type { Effect } from "../contracts/dialogue.js";
import type { TurnFact, Turns, TurnTag } from "../contracts/turns.js";
import type { RtviMachineError } from "../errors.js";
import type { JsonRecord } from "../util/records.js";

/** Collects the effects of one call, in order. Facts about turn-taking go to the chart at once, and its edges among the effects. */
export class EffectSink {
  #effects: Effect[] = [];
  readonly #turns: Turns;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** Tells the turns chart what has happened. Returns whether the app is to hear of it. */
  tell(fact: TurnFact): boolean {
    const edges = this.#turns.tell(fact);
    for (const { type } of edges) this.deliver(type);
    return edges.length > 0;
  }

  /** Whether the turns are in a state with this tag. */
  is(tag: TurnTag): boolean {
    return this.#turns.is(tag);
  }

  add(effect: Effect): void {
    this.#effects.push(effect);
  }

  deliver(type: string, data?: unknown, id?: string): void {
    const message = { type, ...(data !== undefined && { data }), ...(id !== undefined && { id }) };
    this.add({ type: "deliver", message });
  }

  send(event: JsonRecord): void {
    this.add({ type: "send", event });
  }

  report(error: RtviMachineError): void {
    this.add({ type: "report", error });
  }

  debug(message: string): void {
    this.add({ type: "log", level: "debug", message });
  }

  warn(message: string): void {
    this.add({ type: "log", level: "warn", message, once: true });
  }

  /** Hands over what has been collected. */
  take(): Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
