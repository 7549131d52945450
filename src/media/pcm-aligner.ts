import { BYTES_PER_SAMPLE, bytesToSamples } from "../codec/pcm16.js";
import type { Logger } from "../log.js";

function prepend(byte: number, data: ArrayBuffer): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.byteLength + 1);
  bytes[0] = byte;
  bytes.set(new Uint8Array(data), 1);
  return bytes;
}

/**
 * Makes whole samples of byte chunks. Half a sample at the end of a chunk is held back for the next chunk of the same
 * item: played as it is, or dropped, everything after it would be noise.
 */
export class PcmAligner {
  readonly #logger: Logger;
  #held: { readonly itemId: string; readonly byte: number } | undefined;
  #warned = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A view of `data` where that is possible, else a copy. */
  align(data: ArrayBuffer | Int16Array, itemId: string): Int16Array {
    if (data instanceof Int16Array) return data;
    const held = this.#held?.itemId === itemId ? this.#held.byte : undefined;
    this.#held = undefined;
    const bytes = held === undefined ? new Uint8Array(data) : prepend(held, data);
    const samples = bytesToSamples(bytes.length);
    const rest = bytes[samples * BYTES_PER_SAMPLE];
    if (rest !== undefined) this.#hold(itemId, rest);
    return new Int16Array(bytes.buffer, 0, samples);
  }

  reset(): void {
    this.#held = undefined;
  }

  #hold(itemId: string, byte: number): void {
    this.#held = { itemId, byte };
    if (this.#warned) return;
    this.#warned = true;
    this.#logger.warn("The bot's audio came in a chunk of odd length; half a sample waits for the next chunk.");
  }
}
