import { cut, resample, rms, seconds } from "./sound.js";
import type { Sound } from "./wav.js";

/** How well a pattern was found in a sound. */
export interface Match {
  /** Normalised cross-correlation at the best place: 1 for the same waveform at any volume, about 0 for another. */
  readonly correlation: number;
  /** Where the pattern begins in the sound, in seconds. */
  readonly at: number;
}

/**
 * Slides `pattern` over `sound` and gives the best place: sum(x·p) / sqrt(sum(x²)·sum(p²)) over the pattern's length.
 * The sound is padded, so that a pattern whose edge was clipped still matches, less well.
 */
export function findIn(sound: Sound, pattern: Sound): Match {
  const wanted = resample(pattern, sound.rate).samples;
  const length = wanted.length;
  const padded = new Float32Array(sound.samples.length + 2 * length);
  padded.set(sound.samples, length);
  const products = slideProducts(padded, wanted);

  let energy = 0;
  for (const sample of wanted) energy += sample * sample;
  let windowEnergy = 0;
  for (let index = 0; index < length; index += 1) windowEnergy += (padded[index] ?? 0) ** 2;

  let best: Match = { correlation: 0, at: 0 };
  for (let lag = 0; lag + length <= padded.length; lag += 1) {
    // A window with next to no sound would divide by noise.
    const norm = Math.sqrt(energy * Math.max(windowEnergy, energy * 1e-3));
    const correlation = norm === 0 ? 0 : (products[lag] ?? 0) / norm;
    if (correlation > best.correlation) best = { correlation, at: (lag - length) / sound.rate };
    windowEnergy += (padded[lag + length] ?? 0) ** 2 - (padded[lag] ?? 0) ** 2;
  }
  return best;
}

/** Long enough to be unlike every other piece of speech. */
const PIECE_SECONDS = 0.25;
/** How far a piece may lie from where the whole says. */
const SHIFT_SECONDS = 0.15;

/**
 * Like `findIn`, piece by piece: each quarter of a second of the pattern at its own best lag near the whole's, averaged
 * by energy. A busy machine loses a few ms of the fake microphone now and then: everything after such a gap is the same
 * sound, but the lag of the whole fits one side of it only.
 */
export function findPiecewiseIn(sound: Sound, pattern: Sound): Match {
  const whole = findIn(sound, pattern);
  let sum = 0;
  let energy = 0;
  for (let from = 0; from + PIECE_SECONDS <= seconds(pattern); from += PIECE_SECONDS) {
    const piece = cut(pattern, { from, to: from + PIECE_SECONDS });
    const at = whole.at + from;
    const near = cut(sound, { from: at - SHIFT_SECONDS, to: at + PIECE_SECONDS + SHIFT_SECONDS });
    const weight = rms(piece.samples) ** 2;
    sum += weight * findIn(near, piece).correlation;
    energy += weight;
  }
  return { correlation: energy === 0 ? 0 : sum / energy, at: whole.at };
}

/** sum over i of x[lag + i] · p[i], for every lag, by way of the Fourier transform. */
function slideProducts(x: Float32Array, p: Float32Array): Float64Array {
  const size = 2 ** Math.ceil(Math.log2(x.length + p.length));
  const xr = new Float64Array(size);
  const xi = new Float64Array(size);
  xr.set(x);
  // One transform for both: they are real, so p may ride in the imaginary part.
  xi.set(p);
  transform(xr, xi, false);
  const outR = new Float64Array(size);
  const outI = new Float64Array(size);
  for (let k = 0; k < size; k += 1) {
    const mirror = (size - k) % size;
    const [ar, ai, br, bi] = [xr[k] ?? 0, xi[k] ?? 0, xr[mirror] ?? 0, xi[mirror] ?? 0];
    const [fxr, fxi] = [(ar + br) / 2, (ai - bi) / 2];
    const [fpr, fpi] = [(ai + bi) / 2, (br - ar) / 2];
    outR[k] = fxr * fpr + fxi * fpi;
    outI[k] = fxi * fpr - fxr * fpi;
  }
  transform(outR, outI, true);
  return outR;
}

/** In-place radix-2 transform; lengths are powers of two. */
function transform(re: Float64Array, im: Float64Array, inverse: boolean): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i += 1) {
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] ?? 0, re[i] ?? 0];
      [im[i], im[j]] = [im[j] ?? 0, im[i] ?? 0];
    }
  }
  const table = turns(size, inverse);
  for (let span = 1; span < size; span <<= 1) {
    const step = size / (span * 2);
    for (let start = 0; start < size; start += span * 2) {
      for (let k = 0; k < span; k += 1) {
        const here = start + k;
        const other = here + span;
        const wr = table[2 * k * step] ?? 0;
        const wi = table[2 * k * step + 1] ?? 0;
        const or = re[other] ?? 0;
        const oi = im[other] ?? 0;
        const sr = re[here] ?? 0;
        const si = im[here] ?? 0;
        const tr = or * wr - oi * wi;
        const ti = or * wi + oi * wr;
        re[other] = sr - tr;
        im[other] = si - ti;
        re[here] = sr + tr;
        im[here] = si + ti;
      }
    }
  }
  if (!inverse) return;
  for (let index = 0; index < size; index += 1) re[index] = (re[index] ?? 0) / size;
}

/** Cosine and sine of the first half turn, in pairs. */
function turns(size: number, inverse: boolean): Float64Array {
  const table = new Float64Array(size);
  const angle = ((inverse ? 2 : -2) * Math.PI) / size;
  for (let k = 0; k < size / 2; k += 1) {
    table[2 * k] = Math.cos(angle * k);
    table[2 * k + 1] = Math.sin(angle * k);
  }
  return table;
}
