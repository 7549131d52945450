import type { EffectSink } from "./effects.js";

/**
 * Time to first byte as a person feels it: from the end of what the user said or typed to the first sample of the answer
 * that is played, or the first text of an answer without sound. In seconds, as Pipecat's metrics are.
 */
export class TurnClock {
  #since: number | undefined;

  /**
   * @param processor The service's name in the metrics.
   * @param now Monotonic time in ms.
   */
  constructor(
    private readonly sink: EffectSink,
    private readonly processor: string,
    private readonly now: () => number,
  ) {}

  /** The user's turn ended just now. */
  turnEnded(): void {
    this.#since = this.now();
  }

  /** The end of a turn that has no other sign, as in push to talk. */
  turnCommitted(): void {
    this.#since ??= this.now();
  }

  /** The user speaks again before the answer came. */
  turnBegan(): void {
    this.#since = undefined;
  }

  /** The answer has begun. */
  answered(): void {
    if (this.#since === undefined) return;
    const seconds = (this.now() - this.#since) / 1000;
    this.#since = undefined;
    this.sink.deliver("metrics", { ttfb: [{ processor: this.processor, value: seconds }] });
  }
}
