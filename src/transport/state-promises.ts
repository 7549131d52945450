import type { TransportState } from "@pipecat-ai/client-js";

/** What a promise makes of an announced state: done, failed with an error, or undefined to wait on. */
export type Verdict = "done" | Error | undefined;

/** Decides on an announced state. */
export type Judge = (state: TransportState, error: Error | undefined) => Verdict;

/** Promises that settle with announced states; every one of them settles at the latest when the session ends. */
export class StatePromises {
  readonly #waiting = new Set<(state: TransportState, error: Error | undefined) => void>();

  /** How many promises wait for an announcement. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Waits for the next announcement on which `judge` decides. */
  next(judge: Judge): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      this.#wait(judge, resolve, reject);
    });
    // A caller that raced it against something else must not cause an unhandled rejection.
    promise.catch(() => undefined);
    return promise;
  }

  /**
   * Settles as `work` does, or by the announcement before on which `judge` decides. Unlike a race against `next()`, it
   * leaves nothing waiting once `work` has settled.
   */
  bound(work: Promise<void>, judge: Judge): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const forget = this.#wait(judge, resolve, reject);
      // Of foreign code, which may return no promise in spite of its type.
      const settled = Promise.resolve(work);
      settled.then(resolve, reject);
      settled.then(forget, forget);
    });
  }

  #wait(judge: Judge, resolve: () => void, reject: (error: Error) => void): () => void {
    const waiter = (state: TransportState, error: Error | undefined): void => {
      const verdict = judge(state, error);
      if (verdict === undefined) return;
      this.#waiting.delete(waiter);
      if (verdict === "done") resolve();
      else reject(verdict);
    };
    this.#waiting.add(waiter);
    return () => {
      this.#waiting.delete(waiter);
    };
  }

  /** A state was announced. */
  announce(state: TransportState, error: Error | undefined): void {
    for (const waiter of [...this.#waiting]) waiter(state, error);
  }
}
