import type { RtviMachineError } from "../../errors.js";

/** A client event of the Realtime API: its `type`, and the fields that the API documents for it. */
export interface OpenAIClientEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** An RTVI message from "server" to client. */
export interface RtviOut {
  readonly type: string;
  readonly data?: unknown;
  readonly id?: string;
}

/** What the translation wants done, as data: no socket, no media and no callback is reached from inside it. */
export type Effect =
  | { readonly type: "deliver"; readonly message: RtviOut }
  | { readonly type: "send"; readonly event: OpenAIClientEvent }
  /** `pcm`: 16-bit little-endian mono at 24 kHz. */
  | { readonly type: "play"; readonly itemId: string; readonly pcm: ArrayBuffer }
  /** Silence the bot now, then hand what was really played to `Conversation.cut`. */
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

/** Why one of our client events was sent; its event id begins with it, so that an error about it can be recognised. */
export type Purpose = "session" | "create" | "cancel" | "truncate" | "clear";

/** Collects the effects of one call, in order. */
export class EffectSink {
  #effects: Effect[] = [];
  #count = 0;

  add(effect: Effect): void {
    this.#effects.push(effect);
  }

  deliver(type: string, data?: unknown, id?: string): void {
    const message = { type, ...(data !== undefined && { data }), ...(id !== undefined && { id }) };
    this.add({ type: "deliver", message });
  }

  send(event: OpenAIClientEvent): void {
    this.add({ type: "send", event });
  }

  /** Sends with an event id that `purposeOf` reads back from an error; returns the id. */
  sendFor(purpose: Purpose, event: OpenAIClientEvent): string {
    this.#count += 1;
    const id = `rtvi_${purpose}_${this.#count}`;
    this.send({ ...event, event_id: id });
    return id;
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

/** The purpose inside an event id that `sendFor` made; undefined for anybody else's. */
export function purposeOf(eventId: string | undefined): Purpose | undefined {
  const purpose = /^rtvi_(session|create|cancel|truncate|clear)_\d+$/.exec(eventId ?? "")?.[1];
  switch (purpose) {
    case "session":
    case "create":
    case "cancel":
    case "truncate":
    case "clear":
      return purpose;
    default:
      return undefined;
  }
}
