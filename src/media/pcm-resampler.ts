import { floatToPcm16, pcm16ToFloat } from "../codec/pcm16.js";
import { Resampler } from "./worklets/resampler.js";

/** Band-limited conversion of 16-bit PCM between two sample rates that keeps its state from chunk to chunk. */
export class PcmResampler {
  readonly #resampler: Resampler | undefined;

  /**
   * @param inputRate Hz, a whole number
   * @param outputRate Hz, a whole number
   */
  constructor(
    readonly inputRate: number,
    readonly outputRate: number,
  ) {
    this.#resampler = inputRate === outputRate ? undefined : new Resampler(inputRate, outputRate);
  }

  /** How late the output is, in samples of the input. */
  get delay(): number {
    return this.#resampler?.delay ?? 0;
  }

  /** All that `pcm` makes at the output's rate; `pcm` itself where the rates are the same. */
  process<B extends ArrayBufferLike>(pcm: Int16Array<B>): Int16Array<B | ArrayBuffer> {
    if (this.#resampler === undefined) return pcm;
    const input = new Float32Array(pcm.length);
    pcm16ToFloat(pcm, input);
    const output = new Float32Array(this.#resampler.outputsFor(input.length));
    const written = this.#resampler.process(input, output);
    const resampled = new Int16Array(written);
    floatToPcm16(output.subarray(0, written), resampled);
    return resampled;
  }

  /** Forgets the signal so far. */
  reset(): void {
    this.#resampler?.reset();
  }
}
