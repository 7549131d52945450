import { SAMPLE_BYTES, SAMPLE_RATE } from "../audio/pcm.js";
import { Resampler, resampled } from "../audio/resample.js";
import { invalidArgument } from "./refusal.js";

/** What `audio/pcm` without a rate has, in Hz. */
const USUAL_RATE = 16_000;
const LOWEST_RATE = 8000;
const HIGHEST_RATE = 192_000;

/** The rate in `audio/pcm;rate=<Hz>`. */
function rateOf(mimeType: string, path: string): number {
  const [type = "", ...parameters] = mimeType.toLowerCase().split(";");
  if (type.trim() !== "audio/pcm")
    throw invalidArgument(`Invalid value at '${path}': unsupported MIME type '${mimeType}'.`);
  const given = parameters.map((parameter) => /^\s*rate\s*=\s*(\d+)\s*$/.exec(parameter)?.[1]).find(Boolean);
  const rate = given === undefined ? USUAL_RATE : Number(given);
  if (rate >= LOWEST_RATE && rate <= HIGHEST_RATE) return rate;
  throw invalidArgument(`Invalid value at '${path}': unsupported sample rate in '${mimeType}'.`);
}

function wholeSamples(data: Buffer, path: string): Buffer {
  if (data.length % SAMPLE_BYTES === 0) return data;
  throw invalidArgument(`Invalid value at '${path}': expected whole 16-bit samples, got ${String(data.length)} bytes.`);
}

/**
 * One sound on its own, as PCM16 at 24 kHz.
 * @throws Refusal when it is not raw PCM.
 */
export function pcmOf(data: Buffer, mimeType: string, path: string): Buffer {
  return resampled(wholeSamples(data, path), rateOf(mimeType, path), SAMPLE_RATE);
}

/** A stream of sound in pieces that name their rate; it may change on the way. */
export class SoundStream {
  #rate = 0;
  #resampler = new Resampler(SAMPLE_RATE, SAMPLE_RATE);

  /** The next piece, as PCM16 at 24 kHz. @throws Refusal when it is not raw PCM. */
  push(data: Buffer, mimeType: string, path: string): Buffer {
    const rate = rateOf(mimeType, path);
    if (rate !== this.#rate) {
      this.#rate = rate;
      this.#resampler = new Resampler(rate, SAMPLE_RATE);
    }
    return this.#resampler.push(wholeSamples(data, path));
  }
}
