import { objectOr, stringOr, type JsonObject } from "./json.js";

/** One event that crossed the wire: its type and its ids, never what was said. */
export interface LoggedEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly session: string;
  /** `in`: from the client. */
  readonly direction: "in" | "out";
  readonly type: string;
  readonly itemId?: string;
  readonly responseId?: string;
  /** Error code, or the status of a response that is done. */
  readonly code?: string;
  /** `audio_end_ms` or `audio_start_ms`. */
  readonly ms?: number;
}

const KEPT = 5000;

/** The latest events of all sessions. Incoming sound is not listed: it would push everything else out. */
export class EventLog {
  readonly #events: LoggedEvent[] = [];

  get events(): readonly LoggedEvent[] {
    return this.#events;
  }

  add(session: string, direction: "in" | "out", event: JsonObject): void {
    const type = stringOr(event.type) ?? "?";
    if (type === "input_audio_buffer.append") return;
    const response = objectOr(event.response);
    const itemId = stringOr(event.item_id) ?? stringOr(objectOr(event.item).id);
    const responseId = stringOr(event.response_id) ?? stringOr(response.id);
    const code = stringOr(objectOr(event.error).code) ?? stringOr(response.status);
    const ms = event.audio_end_ms ?? event.audio_start_ms;
    this.#events.push({
      at: Date.now(),
      session,
      direction,
      type,
      ...(itemId === undefined ? {} : { itemId }),
      ...(responseId === undefined ? {} : { responseId }),
      ...(code === undefined ? {} : { code }),
      ...(typeof ms === "number" ? { ms } : {}),
    });
    if (this.#events.length > KEPT) this.#events.splice(0, this.#events.length - KEPT);
  }
}
