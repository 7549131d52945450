import type { Sound } from "./wav.js";

/** Root mean square; 0 for no samples. */
export function rms(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

/** How long a sound is. */
export function seconds({ samples, rate }: Sound): number {
  return samples.length / rate;
}

/** The same sound at another rate, by linear interpolation: good enough to compare speech. */
export function resample(sound: Sound, rate: number): Sound {
  if (sound.rate === rate) return sound;
  const step = sound.rate / rate;
  const samples = Float32Array.from({ length: Math.floor((sound.samples.length - 1) / step) + 1 }, (_, index) => {
    const at = index * step;
    const low = Math.floor(at);
    const here = sound.samples[low] ?? 0;
    return here + ((sound.samples[low + 1] ?? here) - here) * (at - low);
  });
  return { samples, rate };
}

/** A stretch of sound, in seconds. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Blocks that sound levels are judged in: 10 ms. */
const BLOCK_SECONDS = 0.01;

/**
 * Where a recording is not silent; pauses shorter than `pause` belong to the utterance.
 * @param threshold RMS of a block that counts as sound
 * @param pause seconds
 */
export function utterances(sound: Sound, threshold = 0.01, pause = 0.5): Stretch[] {
  const block = Math.round(BLOCK_SECONDS * sound.rate);
  const found: { from: number; to: number }[] = [];
  for (let at = 0; at < sound.samples.length; at += block) {
    if (rms(sound.samples.subarray(at, at + block)) < threshold) continue;
    const last = found.at(-1);
    const from = at / sound.rate;
    const to = from + BLOCK_SECONDS;
    if (last && from - last.to < pause) last.to = to;
    else found.push({ from, to });
  }
  return found;
}

/** The samples of a stretch. */
export function cut(sound: Sound, stretch: Stretch): Sound {
  const from = Math.max(0, Math.round(stretch.from * sound.rate));
  return { samples: sound.samples.slice(from, Math.max(from, Math.round(stretch.to * sound.rate))), rate: sound.rate };
}
