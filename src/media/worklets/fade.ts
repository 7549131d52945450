/** Fades `samples` to silence in place, along half a cosine: no corner at either end, so no click. */
export function fadeOut(samples: Float32Array): Float32Array {
  for (let index = 0; index < samples.length; index += 1) {
    const gain = (1 + Math.cos((Math.PI * (index + 1)) / samples.length)) / 2;
    samples[index] = (samples[index] ?? 0) * gain;
  }
  return samples;
}

/** What is left of a cut signal: it is mixed into what is played until it is used up. */
export class FadingTail {
  #samples = new Float32Array(0);
  #read = 0;

  /** Adds a faded signal that starts now; what is left of an earlier one goes on beneath it. */
  start(samples: Float32Array): void {
    const left = this.#samples.subarray(this.#read);
    const [longer, shorter] = samples.length >= left.length ? [samples, left] : [left, samples];
    this.#samples = Float32Array.from(longer, (sample, index) => sample + (shorter[index] ?? 0));
    this.#read = 0;
  }

  mixInto(output: Float32Array): void {
    const part = this.#samples.subarray(this.#read, this.#read + output.length);
    for (let index = 0; index < part.length; index += 1) output[index] = (output[index] ?? 0) + (part[index] ?? 0);
    this.#read += part.length;
  }
}
