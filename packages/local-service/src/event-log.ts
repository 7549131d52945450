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
/** Types and ids are the client's to choose; longer ones are cut. */
const LONGEST = 200;

/** The latest events of all sessions. Sessions do not list incoming sound: it would push everything else out. */
export class EventLog {
  readonly #events: LoggedEvent[] = [];

  get events(): readonly LoggedEvent[] {
    return this.#events;
  }

  add(session: string, direction: "in" | "out", facts: EventFacts): void {
    const { type, itemId, responseId, code, ms } = facts;
    this.#events.push({
      at: Date.now(),
      session,
      direction,
      type: type.slice(0, LONGEST),
      ...(itemId === undefined ? {} : { itemId: itemId.slice(0, LONGEST) }),
      ...(responseId === undefined ? {} : { responseId: responseId.slice(0, LONGEST) }),
      ...(code === undefined ? {} : { code: code.slice(0, LONGEST) }),
      ...(ms === undefined ? {} : { ms }),
    });
    if (this.#events.length > KEPT) this.#events.splice(0, this.#events.length - KEPT);
  }
}
