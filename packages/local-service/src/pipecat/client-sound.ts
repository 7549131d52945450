import { SAMPLE_BYTES, SAMPLE_RATE } from "../audio/pcm.js";
import { Resampler } from "../audio/resample.js";

/** Rates that a microphone may have, in Hz. */
const RATES = { min: 8000, max: 192_000 };

/** How the sound in a frame is made. */
export interface SoundShape {
  /** Samples per second of each channel. */
  readonly rate: number;
  readonly channels: 1 | 2;
}

/** The shape, where it is one that can be heard here: 8 to 192 kHz, mono or stereo. */
export function readShape(rate: unknown, channels: unknown): SoundShape | undefined {
  if (typeof rate !== "number" || !Number.isInteger(rate) || rate < RATES.min || rate > RATES.max) return undefined;
  return channels === 1 || channels === 2 ? { rate, channels } : undefined;
}

/** The mean of both channels; half a frame at the end is dropped. */
function toMono(bytes: Buffer, channels: 1 | 2): Buffer {
  const frame = SAMPLE_BYTES * channels;
  const whole = bytes.subarray(0, bytes.length - (bytes.length % frame));
  if (channels === 1) return whole;
  const mono = Buffer.alloc(whole.length / channels);
  for (let offset = 0; offset < mono.length; offset += SAMPLE_BYTES) {
    const both = whole.readInt16LE(offset * 2) + whole.readInt16LE(offset * 2 + SAMPLE_BYTES);
    mono.writeInt16LE(Math.round(both / 2), offset);
  }
  return mono;
}

/** Brings a client's sound to mono at 24 kHz. Its shape may change from frame to frame. */
export class ClientSound {
  #rate = 0;
  #resampler = new Resampler(SAMPLE_RATE, SAMPLE_RATE);

  /** Interleaved PCM16 little-endian in; mono PCM16 at 24 kHz out. */
  push(bytes: Uint8Array, { rate, channels }: SoundShape): Buffer {
    if (rate !== this.#rate) {
      this.#rate = rate;
      this.#resampler = new Resampler(rate, SAMPLE_RATE);
    }
    return this.#resampler.push(toMono(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), channels));
  }
}
