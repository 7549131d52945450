import { ConnectionLostError } from "../errors.js";
import type { Expects } from "../contracts/dialogue.js";
import { LONGEST_WAIT, timeOf, timersOf, type Timers } from "../policy/time.js";

/** What a liveness check needs of its surroundings; times in ms. */
export interface LivenessCheckParts {
  readonly clock: Timers | undefined;
  /** How long nothing may be heard; 0 and `Infinity` wait for ever. */
  readonly silence: number;
  /** How long a sign of life may take; `Infinity` asks for none. */
  readonly probe: number;
  /** Asks the service for a sign of life; false where that cannot be done. */
  readonly ask: () => boolean;
  /** How long the connection has taken nothing of what waits to be sent, in ms; 0 while it keeps up. */
  readonly stalledFor: () => number;
  /** The service is not there any more. At most once. */
  readonly silent: (error: ConnectionLostError) => void;
}

/**
 * Tells a service that has nothing to say from one that is gone: a TCP connection can be dead for many minutes before
 * anybody is told. Silence is answered with a question, and nobody who answers that is gone, unless an answer is due that
 * does not come within a second silence. Where nothing can be asked, silence counts only while something is due,
 * or when nothing that is sent, such as the user's voice, leaves any more.
 *
 * `received` is called for every message: it costs a look at the clock, and no timer is set again.
 */
export class LivenessCheck {
  readonly #parts: LivenessCheckParts;
  readonly #now: () => number;
  readonly #timers: Timers;
  #phase: "off" | "quiet" | "watching" | "asking" | "over" = "off";
  #expects: Expects = "nothing";
  /** Since when nothing was heard, or what is due has been due. */
  #since = 0;
  /** "used": it was asked for what is due since it last said something by itself, and may not be silent a second time. */
  #patience: "whole" | "used" = "whole";
  #timer: unknown;

  constructor(parts: LivenessCheckParts) {
    this.#parts = parts;
    this.#now = timeOf(parts.clock);
    this.#timers = timersOf(parts.clock);
  }

  /** The connection is open. */
  begin(): void {
    if (this.#phase !== "off") return;
    this.#phase = "quiet";
    this.#since = this.#now();
    this.#watch();
  }

  /** Something came from the service. */
  received(): void {
    this.#since = this.#now();
    if (this.#phase === "asking") {
      this.#rest();
      this.#watch();
    } else this.#patience = "whole";
  }

  /** What the service owes. */
  expects(expects: Expects): void {
    if (expects === this.#expects) return;
    this.#expects = expects;
    this.#since = this.#now();
    if (this.#phase === "watching") this.#rest();
    if (this.#phase !== "asking") this.#patience = "whole";
    this.#watch();
  }

  /** There is a reason to doubt that the service is there: asks at once, if it can be asked. */
  doubt(): void {
    if ((this.#phase === "quiet" || this.#phase === "watching") && !this.#ask()) this.#watch();
  }

  /** The connection is gone, or about to go. Idempotent. */
  end(): void {
    this.#rest();
    this.#phase = "over";
  }

  /** Sets the timer, unless it is set. */
  #watch(): void {
    const { silence } = this.#parts;
    if (this.#phase !== "quiet") return;
    if (!(silence > 0 && silence < Infinity)) return;
    this.#phase = "watching";
    this.#after(silence - (this.#now() - this.#since), () => {
      this.#phase = "quiet";
      this.#look();
    });
  }

  #look(): void {
    const silentFor = this.#now() - this.#since;
    if (silentFor < this.#parts.silence) this.#watch();
    else if (this.#patience === "used" && this.#expects === "reply") {
      this.#give("The service does not answer: it is there, but what it owes did not come.");
    } else if (this.#ask()) {
      this.#patience = this.#expects === "nothing" ? "whole" : "used";
    } else if (this.#expects === "nothing") {
      this.#lookForStall(silentFor);
    } else this.#give(`The service fell silent: nothing came for ${Math.round(silentFor)} ms.`);
  }

  /** Silence alone says nothing here, and the question can perhaps be put next time; but what takes nothing is gone. */
  #lookForStall(silentFor: number): void {
    const stalledFor = this.#parts.stalledFor();
    if (stalledFor >= this.#parts.silence) {
      this.#give(`The connection is dead: nothing came and nothing left for ${Math.round(stalledFor)} ms.`);
      return;
    }
    this.#since = this.#now() - Math.min(silentFor, stalledFor);
    this.#watch();
  }

  /** Whether the service could be asked. */
  #ask(): boolean {
    const { ask, probe } = this.#parts;
    this.#rest();
    if (probe === Infinity) return false;
    // Before the question: it may be answered on the spot.
    this.#phase = "asking";
    if (!ask()) {
      this.#phase = "quiet";
      return false;
    }
    if (!this.#isAsking()) return true;
    this.#after(probe, () => {
      this.#give(`The service fell silent: it gave no sign of life within ${probe} ms.`);
    });
    return true;
  }

  #isAsking(): boolean {
    return this.#phase === "asking";
  }

  #give(message: string): void {
    this.end();
    this.#parts.silent(new ConnectionLostError(message, { retryable: true }));
  }

  #rest(): void {
    if (this.#timer !== undefined) this.#timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#phase === "watching" || this.#phase === "asking") this.#phase = "quiet";
  }

  #after(ms: number, run: () => void): void {
    this.#timer = this.#timers.setTimeout(
      () => {
        this.#timer = undefined;
        run();
      },
      Math.min(Math.max(0, ms), LONGEST_WAIT),
    );
  }
}
