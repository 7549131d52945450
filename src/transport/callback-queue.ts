/** Runs one callback of the app; must not throw. */
export type Callback = () => void;

/**
 * Everything that comes from outside (a call of the app, a message, a report of the player, a timer) enters here, and every
 * callback of the app leaves from here: after the outermost entry has returned, one after the other, in the order in which they
 * were posted. So no callback runs in the middle of a chart's step, and one that calls back finds a session at rest.
 */
export class CallbackQueue {
  #entered = 0;
  #phase: "resting" | "draining" = "resting";
  readonly #waiting: Callback[] = [];
  readonly #returned: () => void;

  /** @param returned called after each callback: what the app did in it is over. */
  constructor(returned: () => void = () => undefined) {
    this.#returned = returned;
  }

  /** Runs something from outside; callbacks wait until the outermost such run is over. Passes on what it returns or throws. */
  readonly enter = <Result>(run: () => Result): Result => {
    this.#entered += 1;
    try {
      return run();
    } finally {
      this.#entered -= 1;
      this.#drain();
    }
  };

  /** Has a callback run as soon as nothing is entered any more. */
  post(callback: Callback): void {
    this.#waiting.push(callback);
    this.#drain();
  }

  #drain(): void {
    if (this.#entered > 0 || this.#phase === "draining") return;
    this.#phase = "draining";
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        try {
          next();
        } finally {
          this.#returned();
        }
      }
    } finally {
      this.#phase = "resting";
    }
  }
}
