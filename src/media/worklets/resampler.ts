/** Attenuation of the Kaiser window in dB; the pass band ends at 7/8 of the narrower Nyquist frequency. */
const ATTENUATION_DB = 75;
const TRANSITION = 1 / 8;

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** One branch of the polyphase filter, oldest tap first, with unit gain at DC. */
function designBranch(taps: number, fraction: number, cutoff: number, beta: number): Float32Array {
  const half = taps / 2;
  const branch = new Float64Array(taps);
  let sum = 0;
  for (let index = 0; index < taps; index += 1) {
    const t = fraction - half + (taps - 1 - index);
    const x = 2 * cutoff * t;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    const window = besselI0(beta * Math.sqrt(Math.max(0, 1 - (t / half) ** 2))) / besselI0(beta);
    branch[index] = sinc * window;
    sum += sinc * window;
  }
  return Float32Array.from(branch, (value) => value / sum);
}

/**
 * Band-limited conversion between two sample rates that keeps its state from call to call: a polyphase FIR filter with a
 * Kaiser-windowed sinc (Oppenheim & Schafer, *Discrete-Time Signal Processing*, §7.5.3). Aliases and images are 70 dB down.
 */
export class Resampler {
  /** Filter delay in input samples. */
  readonly delay: number;
  readonly #up: number;
  readonly #down: number;
  readonly #taps: number;
  readonly #branches: readonly Float32Array[];
  /** The last `taps` samples, twice in a row, so that a window of them is always contiguous. */
  readonly #history: Float32Array;
  #newest = 0;
  /** Time of the next output after the newest input, in units of 1/up input samples. */
  #phase: number;

  /** Both rates in Hz, whole numbers. */
  constructor(inputRate: number, outputRate: number) {
    const divisor = greatestCommonDivisor(inputRate, outputRate);
    this.#up = outputRate / divisor;
    this.#down = inputRate / divisor;
    const nyquist = Math.min(inputRate, outputRate) / 2 / inputRate;
    const taps = Math.ceil((ATTENUATION_DB - 7.95) / (14.36 * nyquist * TRANSITION));
    this.#taps = taps + (taps % 2);
    this.delay = this.#taps / 2;
    const beta = 0.1102 * (ATTENUATION_DB - 8.7);
    const cutoff = nyquist * (1 - TRANSITION / 2);
    this.#branches = Array.from({ length: this.#up }, (_, phase) =>
      designBranch(this.#taps, phase / this.#up, cutoff, beta),
    );
    this.#history = new Float32Array(2 * this.#taps);
    this.#phase = this.#up;
  }

  /** Forgets the signal so far. */
  reset(): void {
    this.#history.fill(0);
    this.#phase = this.#up;
  }

  /** Input samples that `process` must be given to fill `outputs` samples. */
  inputsFor(outputs: number): number {
    return Math.floor((this.#phase + (outputs - 1) * this.#down) / this.#up);
  }

  /** The most samples that `inputs` more samples can give. */
  outputsFor(inputs: number): number {
    return Math.floor((inputs * this.#up) / this.#down) + 1;
  }

  /**
   * Converts all of `input`, or as much as fills `output`.
   * @returns samples written to `output`
   */
  process(input: Float32Array, output: Float32Array): number {
    let read = 0;
    let written = 0;
    for (;;) {
      while (this.#phase >= this.#up) {
        if (read === input.length) return written;
        this.#push(input[read] ?? 0);
        read += 1;
        this.#phase -= this.#up;
      }
      if (written === output.length) return written;
      output[written] = this.#filter();
      written += 1;
      this.#phase += this.#down;
    }
  }

  #push(sample: number): void {
    this.#newest = (this.#newest + 1) % this.#taps;
    this.#history[this.#newest] = sample;
    this.#history[this.#newest + this.#taps] = sample;
  }

  #filter(): number {
    const branch = this.#branches[this.#phase];
    if (branch === undefined) return 0;
    const oldest = this.#newest + 1;
    let sum = 0;
    for (let tap = 0; tap < this.#taps; tap += 1) sum += (branch[tap] ?? 0) * (this.#history[oldest + tap] ?? 0);
    return sum;
  }
}
