import type { RTVIMessage } from "@pipecat-ai/client-js";
import { NotReadyError } from "../errors.js";

/** How much may wait during an outage. */
export interface WaitingLimits {
  readonly messages: number;
  /** UTF-16 code units of all of them as JSON. */
  readonly size: number;
}

const LIMITS: WaitingLimits = { messages: 100, size: 1024 * 1024 };

/**
 * Messages of the app that wait while a lost connection is reconnected, first in, first out. Bounded: what does not fit is
 * refused, never dropped in silence.
 */
export class WaitingMessages {
  readonly #waiting: { readonly message: RTVIMessage; readonly weight: number }[] = [];
  #size = 0;

  constructor(private readonly limits: WaitingLimits = LIMITS) {}

  /** @throws NotReadyError naming the limit when there is no room. */
  put(message: RTVIMessage): void {
    const { messages, size } = this.limits;
    const weight = JSON.stringify(message).length;
    if (this.#waiting.length >= messages || this.#size + weight > size) {
      throw new NotReadyError(
        `The connection is being reconnected, and no more than ${messages} messages or ${size} characters may wait for it.`,
      );
    }
    this.#waiting.push({ message, weight });
    this.#size += weight;
  }

  /** Has messages wait before all others, in their order. They were sent before, and never are too many. */
  putBack(messages: readonly RTVIMessage[]): void {
    this.#waiting.unshift(...messages.map((message) => ({ message, weight: 0 })));
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Takes the message out that has waited longest; undefined when none does. */
  next(): RTVIMessage | undefined {
    const first = this.#waiting.shift();
    this.#size -= first?.weight ?? 0;
    return first?.message;
  }
}
