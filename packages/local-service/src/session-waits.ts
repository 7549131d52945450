import type { Timers } from "./timers.js";

/** The two things a session does of its own accord after a while: it greets, and it asks whether anybody is there. */
export class SessionWaits {
  readonly #timers: Timers;
  #greeting: (() => void) | undefined;
  #idle: (() => void) | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Whether the greeting is still to come. */
  get greetingDue(): boolean {
    return this.#greeting !== undefined;
  }

  /** Greets after so many ms; called again, it starts anew. */
  greetAfter(ms: number, greet: () => void): void {
    this.#greeting?.();
    this.#greeting = this.#timers.after(ms, () => {
      this.#greeting = undefined;
      greet();
    });
  }

  idleAfter(ms: number, nudge: () => void): void {
    this.#idle?.();
    this.#idle = this.#timers.after(ms, nudge);
  }

  /** Somebody said or asked for something: neither is wanted any more. */
  callOff(): void {
    this.#greeting?.();
    this.#greeting = undefined;
    this.#idle?.();
    this.#idle = undefined;
  }
}
