import type { TransportState } from "@pipecat-ai/client-js";

/** What a waiter makes of an announced state: done, failed with an error, or undefined to wait on. */
export type Verdict = "done" | Error | undefined;

/** Promises that settle with announced states; every one of them settles at the latest when the session ends. */
export class StatePromises {
  readonly #waiting = new Set<(state: TransportState, error: Error | undefined) => void>();

  /** Waits for the next announcement on which `judge` decides. */
  next(judge: (state: TransportState, error: Error | undefined) => Verdict): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      const waiter = (state: TransportState, error: Error | undefined): void => {
        const verdict = judge(state, error);
        if (verdict === undefined) return;
        this.#waiting.delete(waiter);
        if (verdict === "done") resolve();
        else reject(verdict);
      };
      this.#waiting.add(waiter);
    });
    // A caller that raced it against something else must not cause an unhandled rejection.
    promise.catch(() => undefined);
    return promise;
  }

  /** A state was announced. */
  announce(state: TransportState, error: Error | undefined): void {
    for (const waiter of [...this.#waiting]) waiter(state, error);
  }
}
