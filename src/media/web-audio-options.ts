import type { Logger } from "../log.js";
import { amount, either, FLAG, FUNCTION, methods, RECORD, type Rule, whole, WORDS } from "../util/check-options.js";
import type { WorkletUrl } from "./worklet-loader.js";

/** The part of the `AudioContext` constructor that is used. */
export type AudioContextConstructor = new (options?: AudioContextOptions) => AudioContext;

/** Options of `WebAudioMediaManager`. */
export interface WebAudioOptions {
  /** Rate of the microphone chunks in Hz, a whole number from 8000 to 96000. Default: the service's own; OpenAI takes no other than 24000. */
  readonly inputSampleRate?: number;
  /** Rate of the bot's audio in Hz, a whole number from 8000 to 96000. Default 24000; OpenAI sends nothing else. */
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

const RATE = whole("Hz", 8000, 96_000);

/** Where the worklet files are. */
export const WORKLET_URL: Rule = either(WORDS, RECORD, FUNCTION);

/** The options of `WebAudioMediaManager`. */
export const WEB_AUDIO_OPTIONS = {
  inputSampleRate: RATE,
  outputSampleRate: RATE,
  chunkMs: amount("ms", 2, 1000),
  levelMs: amount("ms", 20, 10_000),
  fadeMs: amount("ms", 0, 1000),
  echoCancellation: FLAG,
  noiseSuppression: FLAG,
  autoGainControl: FLAG,
  workletUrl: WORKLET_URL,
  mediaDevices: RECORD,
  AudioContext: FUNCTION,
  logger: methods("debug", "info", "warn", "error"),
} satisfies Record<keyof WebAudioOptions, Rule>;
