import { samplesIn } from "../../../../src/codec/pcm16.js";
import { PcmResampler } from "../../../../src/media/pcm-resampler.js";
import { SAMPLE_BYTES } from "./pcm.js";

/**
 * Rates are taken for the nearest multiple of this, in Hz. Every rate that devices and codecs have is one; the filter for any
 * other would have a branch for each of up to 24,000 phases.
 */
const STEP_HZ = 25;

function nearest(rate: number): number {
  return Math.max(STEP_HZ, Math.round(rate / STEP_HZ) * STEP_HZ);
}

/**
 * Changes the rate of a stream of mono PCM16, band-limited: aliases and images are 70 dB down. Pieces may have any length in
 * whole samples; what comes out is the same however the stream is cut. It comes late by half the filter, some 5 ms at most.
 */
export class Resampler {
  readonly #resampler: PcmResampler;

  /** Both rates in Hz. */
  constructor(fromHz: number, toHz: number) {
    this.#resampler = new PcmResampler(nearest(fromHz), nearest(toHz));
  }

  push(pcm: Buffer): Buffer {
    const { inputRate, outputRate } = this.#resampler;
    if (inputRate === outputRate || pcm.length === 0) return pcm;
    return bytesOf(this.#resampler.process(samplesIn(pcm)));
  }
}

/** A sound on its own at another rate, in Hz: as long as before, and not late. */
export function resampled(pcm: Buffer, fromHz: number, toHz: number): Buffer {
  const resampler = new PcmResampler(nearest(fromHz), nearest(toHz));
  const { inputRate, outputRate, delay } = resampler;
  if (inputRate === outputRate || pcm.length === 0) return pcm;
  const samples = samplesIn(pcm);
  const padded = new Int16Array(samples.length + Math.ceil(delay));
  padded.set(samples);
  const late = Math.round((delay * outputRate) / inputRate);
  const length = Math.round((samples.length * outputRate) / inputRate);
  const made = resampler.process(padded).subarray(late, late + length);
  return Buffer.concat([bytesOf(made)], length * SAMPLE_BYTES);
}

function bytesOf({ buffer, byteOffset, byteLength }: Int16Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
