import { SAMPLE_BYTES } from "./pcm.js";

/**
 * Changes the rate of a stream of mono PCM16, on straight lines between samples: good enough for a developer's ear.
 * Pieces may have any length in whole samples; what comes out is the same however the stream is cut.
 */
export class Resampler {
  readonly #fromHz: number;
  readonly #toHz: number;
  /** The sample before the next piece. */
  #last = 0;
  /** Samples pushed, and samples returned, since the stream began. */
  #in = 0;
  #out = 0;

  constructor(fromHz: number, toHz: number) {
    this.#fromHz = fromHz;
    this.#toHz = toHz;
  }

  push(pcm: Buffer): Buffer {
    if (this.#fromHz === this.#toHz || pcm.length === 0) return pcm;
    const count = Math.floor(pcm.length / SAMPLE_BYTES);
    const sample = (index: number): number =>
      index < this.#in ? this.#last : pcm.readInt16LE((index - this.#in) * SAMPLE_BYTES);
    const end = Math.floor(((this.#in + count - 1) * this.#toHz) / this.#fromHz) + 1;
    const made = Buffer.alloc(Math.max(0, end - this.#out) * SAMPLE_BYTES);
    for (let offset = 0; offset < made.length; offset += SAMPLE_BYTES, this.#out += 1) {
      const place = (this.#out * this.#fromHz) / this.#toHz;
      const before = Math.floor(place);
      const left = sample(before);
      const right = place === before ? left : sample(before + 1);
      made.writeInt16LE(Math.round(left + (right - left) * (place - before)), offset);
    }
    this.#last = sample(this.#in + count - 1);
    this.#in += count;
    return made;
  }
}
