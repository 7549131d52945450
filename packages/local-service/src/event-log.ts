/** What is logged of an event: its type and its ids, never what was said. */
export interface EventFacts {
  readonly type: string;
  readonly itemId?: string;
  readonly responseId?: string;
  /** Error code, or the status of a response that is done. */
  readonly code?: string;
  /** `audio_end_ms` or `audio_start_ms`. */
  readonly ms?: number;
}

/** One event that crossed the wire. */
export interface LoggedEvent extends EventFacts {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly session: string;
  /** `in`: from the client. */
  readonly direction: "in" | "out";
}

const KEPT = 5000;

/** The latest events of all sessions. Sessions do not list incoming sound: it would push everything else out. */
export class EventLog {
  readonly #events: LoggedEvent[] = [];

  get events(): readonly LoggedEvent[] {
    return this.#events;
  }

  add(session: string, direction: "in" | "out", facts: EventFacts): void {
    this.#events.push({ at: Date.now(), session, direction, ...facts });
    if (this.#events.length > KEPT) this.#events.splice(0, this.#events.length - KEPT);
  }
}
