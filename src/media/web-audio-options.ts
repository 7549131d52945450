import { InvalidOptionsError } from "../errors.js";
import type { Logger } from "../log.js";
import type { WorkletUrl } from "./worklet-loader.js";

/** The part of the `AudioContext` constructor that is used. */
export type AudioContextConstructor = new (options?: AudioContextOptions) => AudioContext;

/** Options of `WebAudioMediaManager`. */
export interface WebAudioOptions {
  /** Rate of the microphone chunks in Hz, a whole number from 8000 to 96000. Default 24000. */
  readonly inputSampleRate?: number;
  /** Rate of the bot's audio in Hz, a whole number from 8000 to 96000. Default 24000. */
  readonly outputSampleRate?: number;
  /**
   * Length of a microphone chunk in ms, from 2 to 1000. Default 20. It is the larger part of the uplink's latency (a word
   * waits half a chunk on average), and each chunk costs the main thread a wake-up.
   */
  readonly chunkMs?: number;
  /**
   * How often levels are told while there is something to hear, in ms, from 20 to 10000. Default 100. Each wakes the main thread; of
   * silence it hears once.
   */
  readonly levelMs?: number;
  /** Fade when the bot is interrupted, in ms, from 0 to 1000. Default 10. */
  readonly fadeMs?: number;
  /** Default true. Without it, a bot on loudspeakers hears and interrupts itself. */
  readonly echoCancellation?: boolean;
  /** Default true. */
  readonly noiseSuppression?: boolean;
  /** Default true. */
  readonly autoGainControl?: boolean;
  /**
   * Where `rtvi-machine/worklets/capture.js` and `playback.js` are served, for pages whose Content Security Policy forbids
   * `blob:` scripts: the URL of their folder, a record `{ capture, playback }`, or a function of the name.
   * Default: the worklets load from Blob URLs.
   */
  readonly workletUrl?: WorkletUrl;
  /** Default: `navigator.mediaDevices`, looked up at each use. */
  readonly mediaDevices?: MediaDevices;
  /** Default: the global `AudioContext`, looked up at each use. */
  readonly AudioContext?: AudioContextConstructor;
  /** Default: warnings and errors to the console. */
  readonly logger?: Logger;
}

function checkNumber(key: keyof WebAudioOptions, value: number, least: number, most: number, unit: string): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw new InvalidOptionsError(
    `audio.${key} must be a number from ${String(least)} to ${String(most)} (${unit}), not ${String(value)}.`,
  );
}

function checkRate(key: "inputSampleRate" | "outputSampleRate", value = 24_000): number {
  if (Number.isInteger(value)) return checkNumber(key, value, 8000, 96_000, "Hz");
  throw new InvalidOptionsError(`audio.${key} must be a whole number of Hz, not ${String(value)}.`);
}

/**
 * The numbers of `options`, checked, with their defaults.
 * @throws InvalidOptionsError naming the key that is wrong.
 */
export function checkNumbers(options: WebAudioOptions): {
  readonly inputSampleRate: number;
  readonly outputSampleRate: number;
  readonly chunkMs: number;
  readonly fadeMs: number;
  readonly levelMs: number;
} {
  return {
    inputSampleRate: checkRate("inputSampleRate", options.inputSampleRate),
    outputSampleRate: checkRate("outputSampleRate", options.outputSampleRate),
    chunkMs: checkNumber("chunkMs", options.chunkMs ?? 20, 2, 1000, "ms"),
    fadeMs: checkNumber("fadeMs", options.fadeMs ?? 10, 0, 1000, "ms"),
    levelMs: checkNumber("levelMs", options.levelMs ?? 100, 20, 10_000, "ms"),
  };
}
