import { loudness, msToBytes, bytesToMs } from "./pcm.js";

/** What the detector listens for. */
export interface VadSettings {
  /** 0 to 1 as in `turn_detection.threshold`; 0.5 is -38 dB below full scale, see {@link thresholdToDb}. */
  readonly threshold: number;
  /** Quiet that ends a turn. */
  readonly silenceMs: number;
  /** Sound kept from before the first loud frame. */
  readonly prefixMs: number;
}

/** Places count in milliseconds of all sound ever pushed. */
export type VadFact =
  | { readonly type: "started"; readonly startMs: number }
  | { readonly type: "stopped"; readonly endMs: number };

const FRAME_MS = 20;
/** Loud frames in a row that make speech: a click is shorter. */
const ONSET_FRAMES = 3;
/** Speech goes on until it is this much quieter than it had to be to begin, so that a soft syllable does not end it. */
const HYSTERESIS_DB = 6;

/** The loudness, in dB below full scale, from which a frame counts as speech: -60 dB at 0, -38 dB at 0.5, -16 dB at 1. */
export function thresholdToDb(threshold: number): number {
  return -60 + 44 * threshold;
}

/**
 * Finds speech by loudness. It counts time in samples, never by the clock, so sound may arrive faster than it was
 * spoken and the result is the same.
 */
export class EnergyVad {
  #settings: VadSettings;
  #rest = Buffer.alloc(0);
  #frames = 0;
  #loud = 0;
  #quiet = 0;
  #speaking = false;

  constructor(settings: VadSettings) {
    this.#settings = settings;
  }

  get speaking(): boolean {
    return this.#speaking;
  }

  /** New settings count from the next frame. */
  configure(settings: VadSettings): void {
    this.#settings = settings;
  }

  /** Forgets a turn that was begun; time goes on. */
  reset(): void {
    this.#speaking = false;
    this.#loud = 0;
    this.#quiet = 0;
  }

  /** Mono PCM16 at 24 kHz of any length, whole samples. */
  push(pcm: Buffer): VadFact[] {
    const sound = this.#rest.length > 0 ? Buffer.concat([this.#rest, pcm]) : pcm;
    const step = msToBytes(FRAME_MS);
    const facts: VadFact[] = [];
    let offset = 0;
    for (; offset + step <= sound.length; offset += step) {
      const fact = this.#frame(loudness(sound.subarray(offset, offset + step)));
      if (fact) facts.push(fact);
    }
    this.#rest = Buffer.from(sound.subarray(offset));
    return facts;
  }

  /** Sound pushed so far, in ms. */
  get elapsedMs(): number {
    return this.#frames * FRAME_MS + bytesToMs(this.#rest.length);
  }

  #frame(db: number): VadFact | undefined {
    this.#frames += 1;
    const limit = thresholdToDb(this.#settings.threshold) - (this.#speaking ? HYSTERESIS_DB : 0);
    if (db >= limit) {
      this.#quiet = 0;
      this.#loud += 1;
      if (this.#speaking || this.#loud < ONSET_FRAMES) return undefined;
      this.#speaking = true;
      const onset = (this.#frames - ONSET_FRAMES) * FRAME_MS;
      return { type: "started", startMs: Math.max(0, onset - this.#settings.prefixMs) };
    }
    this.#loud = 0;
    if (!this.#speaking) return undefined;
    this.#quiet += FRAME_MS;
    if (this.#quiet < this.#settings.silenceMs) return undefined;
    this.reset();
    return { type: "stopped", endMs: this.#frames * FRAME_MS };
  }
}
