/** Bytes of one 16-bit sample. */
export const BYTES_PER_SAMPLE = 2;

const SCALE = 32768;
const MAX = 32767;
const MIN = -32768;

/**
 * Quantises float samples (-1..1, clamped) to 16-bit integers in a buffer that the caller owns and reuses.
 * NaN becomes silence.
 * @param input float samples
 * @param output receives `input.length` samples from `offset` on
 * @param offset in samples
 */
export function floatToPcm16(input: Float32Array, output: Int16Array, offset = 0): void {
  for (let index = 0; index < input.length; index += 1) {
    // floor(x + 0.5) is Math.round(x) here, and several times faster in V8.
    const scaled = (input[index] ?? 0) * SCALE;
    output[offset + index] = scaled >= MAX ? MAX : scaled <= MIN ? MIN : Math.floor(scaled + 0.5);
  }
}

/**
 * Widens 16-bit samples to floats in [-1, 1). Exact: `floatToPcm16` gives the same integers back.
 * @param offset where the first sample goes in `output`, in samples
 */
export function pcm16ToFloat(input: Int16Array, output: Float32Array, offset = 0): void {
  for (let index = 0; index < input.length; index += 1) output[offset + index] = (input[index] ?? 0) / SCALE;
}

/** Milliseconds to the nearest whole number of samples at `sampleRate` Hz. */
export function msToSamples(ms: number, sampleRate: number): number {
  return Math.round((ms * sampleRate) / 1000);
}

/** Samples at `sampleRate` Hz to milliseconds; not rounded. */
export function samplesToMs(samples: number, sampleRate: number): number {
  return (samples * 1000) / sampleRate;
}

/** Mono 16-bit samples to bytes. */
export function samplesToBytes(samples: number): number {
  return samples * BYTES_PER_SAMPLE;
}

/** Bytes to whole mono 16-bit samples; a byte too many does not count. */
export function bytesToSamples(bytes: number): number {
  return Math.floor(bytes / BYTES_PER_SAMPLE);
}

/** The whole samples of little-endian `bytes`: a view where they are aligned to samples in memory, else a copy. */
export function samplesIn(bytes: Uint8Array): Int16Array {
  // Not `slice()`: that of Node's Buffer, which is a Uint8Array too, copies nothing.
  const aligned = bytes.byteOffset % BYTES_PER_SAMPLE === 0 ? bytes : new Uint8Array(bytes);
  return new Int16Array(aligned.buffer, aligned.byteOffset, bytesToSamples(aligned.length));
}

/** The mean of `channels` interleaved channels, rounded; samples of an incomplete last frame are dropped. */
export function mixToMono(pcm: Int16Array, channels: number): Int16Array {
  if (channels === 1) return pcm;
  const mono = new Int16Array(Math.floor(pcm.length / channels));
  for (let frame = 0; frame < mono.length; frame += 1) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1) sum += pcm[frame * channels + channel] ?? 0;
    mono[frame] = Math.round(sum / channels);
  }
  return mono;
}
