import type { Effect } from "../contracts/dialogue.js";
import type { RtviMachineError } from "../errors.js";
import type { JsonRecord } from "../util/records.js";

/** Collects the effects of one call, in order. */
export class EffectSink {
  #effects: Effect[] = [];

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
