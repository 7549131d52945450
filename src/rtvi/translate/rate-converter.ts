import { floatToPcm16, pcm16ToFloat } from "../../codec/pcm16.js";
import { Resampler } from "../../media/worklets/resampler.js";

/** Brings 16-bit PCM, piece by piece, from the rate that a service says to the rate that the player takes. */
export class RateConverter {
  #from: number | undefined;
  #resampler: Resampler | undefined;

  /** @param to What the player takes, in Hz. */
  constructor(private readonly to: number) {}

  /** @param from Rate of the piece, in Hz; when it changes, a new signal begins. */
  convert(pcm: ArrayBuffer, from: number): ArrayBuffer {
    if (from === this.to) return pcm;
    if (this.#resampler === undefined || this.#from !== from) this.#resampler = new Resampler(from, this.to);
    this.#from = from;
    const samples = new Int16Array(pcm);
    const input = new Float32Array(samples.length);
    pcm16ToFloat(samples, input);
    const output = new Float32Array(this.#resampler.outputsFor(samples.length));
    const converted = output.subarray(0, this.#resampler.process(input, output));
    const result = new Int16Array(converted.length);
    floatToPcm16(converted, result);
    return result.buffer;
  }
}
