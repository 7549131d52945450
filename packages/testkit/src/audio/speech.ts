import { greetingClip } from "../../../local-service/src/audio/voice.js";

/** Recorded speech for Node tests: mono PCM16 little-endian at 24 kHz, about two seconds. */
export function speech(): Buffer {
  return greetingClip().pcm;
}

/** Digital silence in the same format. */
export function silence(ms: number): Buffer {
  return Buffer.alloc(Math.round(ms * 24) * 2);
}

/** The sound in pieces, as a microphone would deliver it. The last may be shorter. */
export function chunks(pcm: Buffer, ms = 20): Buffer[] {
  const size = ms * 24 * 2;
  return Array.from({ length: Math.ceil(pcm.length / size) }, (_, index) =>
    pcm.subarray(index * size, (index + 1) * size),
  );
}

/** Normalised correlation at the best lag: 1 is the same sound, 0 an unrelated one. `lagMs` is how late `heard` is. */
export function bestCorrelation(said: Buffer, heard: Buffer, maxLagMs = 800): { value: number; lagMs: number } {
  const step = 8; // 3 kHz is plenty to tell speech from speech.
  const read = (pcm: Buffer, from = 0): number[] =>
    Array.from({ length: Math.max(0, Math.floor((pcm.length / 2 - from) / step)) }, (_, index) =>
      pcm.readInt16LE((from + index * step) * 2),
    );
  const a = read(said);
  const energy = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0);
  const atLag = (b: readonly number[]): number => {
    const part = b.slice(0, a.length);
    const dot = part.reduce((sum, value, index) => sum + value * (a[index] ?? 0), 0);
    return dot / Math.sqrt(energy(a) * energy(part) || 1);
  };
  let best = { value: 0, lag: 0 };
  const consider = (lag: number, b: readonly number[]): void => {
    const value = atLag(b);
    if (value > best.value) best = { value, lag };
  };
  const coarse = read(heard);
  for (let lag = 0; lag <= maxLagMs * 3; lag += 1) consider(lag * step, coarse.slice(lag));
  // A filter is late by a part of a step.
  const middle = best.lag;
  for (let lag = Math.max(0, middle - step + 1); lag < middle + step; lag += 1) consider(lag, read(heard, lag));
  return { value: best.value, lagMs: best.lag / 24 };
}
