import { timeOf, timersOf, type Timers } from "../policy/time.js";

/** What a flow watch needs; times in ms. */
export interface FlowWatchParts {
  readonly clock: Timers | undefined;
  /** How long no chunk may pass. */
  readonly pause: number;
  /** No chunk has passed for that long; once for each time that the flow stops. */
  readonly stopped: () => void;
}

/**
 * Notices that a flow of chunks has stopped, whatever the reason: a mute, a microphone that is gone, an audio context that is
 * closed. A chunk costs a look at the clock, and no timer is set again for it.
 */
export class FlowWatch {
  readonly #parts: FlowWatchParts;
  readonly #now: () => number;
  readonly #timers: Timers;
  #phase: "still" | "flowing" = "still";
  #passedAt = 0;
  #timer: unknown;

  constructor(parts: FlowWatchParts) {
    this.#parts = parts;
    this.#now = timeOf(parts.clock);
    this.#timers = timersOf(parts.clock);
  }

  /** A chunk has passed. */
  passed(): void {
    this.#passedAt = this.#now();
    if (this.#phase === "flowing") return;
    this.#phase = "flowing";
    this.#lookAfter(this.#parts.pause);
  }

  /** The flow ends on purpose: that is not reported. Idempotent; a later chunk begins anew. */
  end(): void {
    this.#timers.clearTimeout(this.#timer);
    this.#phase = "still";
  }

  #lookAfter(ms: number): void {
    this.#timer = this.#timers.setTimeout(() => {
      const left = this.#parts.pause - (this.#now() - this.#passedAt);
      if (left > 0) {
        this.#lookAfter(left);
        return;
      }
      this.#phase = "still";
      this.#parts.stopped();
    }, ms);
  }
}
