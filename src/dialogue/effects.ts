import type { RtviMachineError } from "../errors.js";
import type { JsonRecord } from "../util/records.js";

/** An RTVI message from "server" to client. */
export interface RtviOut {
  readonly type: string;
  readonly data?: unknown;
  readonly id?: string;
}

/** What the translation wants done, as data: no socket, no media and no callback is reached from inside it. */
export type Effect =
  | { readonly type: "deliver"; readonly message: RtviOut }
  /** A message of the service's own protocol, sent as JSON. */
  | { readonly type: "send"; readonly event: JsonRecord }
  /** `pcm`: 16-bit little-endian mono at the rate that the player takes. */
  | { readonly type: "play"; readonly itemId: string; readonly pcm: ArrayBuffer }
  /** Silence the bot now, then hand what was really played to the conversation's `cut`. */
  | { readonly type: "interrupt" }
  /** The service may be spoken to. */
  | { readonly type: "ready" }
  /** Something failed and the session goes on. */
  | { readonly type: "report"; readonly error: RtviMachineError }
  /** The session is over. */
  | { readonly type: "fault"; readonly error: RtviMachineError }
  /** End the session on purpose. */
  | { readonly type: "hang-up" }
  /** `once`: say it once per transport. */
  | { readonly type: "log"; readonly level: "debug" | "warn"; readonly message: string; readonly once?: boolean };

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
