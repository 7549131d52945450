/** Inside the service all sound is mono, 16-bit little-endian PCM at this rate, in Hz. */
export const SAMPLE_RATE = 24_000;

/** Bytes of one sample. */
export const SAMPLE_BYTES = 2;

/** Milliseconds of sound in this many bytes; not rounded. */
export function bytesToMs(bytes: number): number {
  return (bytes / SAMPLE_BYTES / SAMPLE_RATE) * 1000;
}

/** Whole samples, as bytes, in this many milliseconds. */
export function msToBytes(ms: number): number {
  return Math.round((ms / 1000) * SAMPLE_RATE) * SAMPLE_BYTES;
}

/** Loudness in dB below full scale (root mean square): 0 is a full-scale square wave, silence is -Infinity. */
export function loudness(pcm: Buffer): number {
  const samples = Math.floor(pcm.length / SAMPLE_BYTES);
  if (samples === 0) return -Infinity;
  let sum = 0;
  for (let offset = 0; offset < samples * SAMPLE_BYTES; offset += SAMPLE_BYTES) {
    const value = pcm.readInt16LE(offset) / 32_768;
    sum += value * value;
  }
  return 10 * Math.log10(sum / samples);
}

/** The sound without the quiet at its end, keeping `keepMs` of it so that the last word may fade. */
export function trimQuietEnd(pcm: Buffer, quieterThanDb: number, keepMs: number): Buffer {
  const frame = msToBytes(20);
  let end = pcm.length;
  while (end >= frame && loudness(pcm.subarray(end - frame, end)) < quieterThanDb) end -= frame;
  return pcm.subarray(0, Math.min(pcm.length, end + msToBytes(keepMs)));
}
