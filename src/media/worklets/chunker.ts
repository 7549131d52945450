import { floatToPcm16 } from "../../codec/pcm16.js";

/**
 * Cuts a stream of float samples into chunks of 16-bit PCM. Where a chunk is not a whole number of samples, chunk
 * lengths alternate so that their sum never drifts: chunk n ends at sample ⌊n · samplesPerChunk⌋.
 */
export class Chunker {
  readonly #samplesPerChunk: number;
  readonly #emit: (pcm: ArrayBuffer) => void;
  #ended = 0;
  #total = 0;
  #chunk = new Int16Array(0);
  #filled = 0;

  /** @param samplesPerChunk may be fractional */
  constructor(samplesPerChunk: number, emit: (pcm: ArrayBuffer) => void) {
    this.#samplesPerChunk = samplesPerChunk;
    this.#emit = emit;
    this.reset();
  }

  /** Forgets a chunk that is not full. */
  reset(): void {
    this.#ended = 0;
    this.#total = 0;
    this.#begin();
  }

  /** Takes samples; every chunk they complete is emitted, and its buffer is then the receiver's. */
  add(samples: Float32Array): void {
    let rest = samples;
    while (rest.length > 0) {
      const part = rest.subarray(0, this.#chunk.length - this.#filled);
      floatToPcm16(part, this.#chunk, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled === this.#chunk.length) {
        const full = this.#chunk;
        this.#begin();
        this.#emit(full.buffer);
      }
    }
  }

  #begin(): void {
    this.#ended += 1;
    const end = Math.max(this.#total + 1, Math.floor(this.#ended * this.#samplesPerChunk + 1e-6));
    this.#chunk = new Int16Array(end - this.#total);
    this.#total = end;
    this.#filled = 0;
  }
}
