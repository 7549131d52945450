import { PcmResampler } from "../../media/pcm-resampler.js";
import { speechIn } from "../../policy/speech-in.js";
import { SAMPLE_RATE } from "./names.js";

/** What a message has beside its sound, in bytes: more than it needs. */
const ENVELOPE = 512;
/** Base64 makes four bytes of three, and a sample has two. */
const UNIT = 6;

/** What the user said, in pieces of which each fits into one message. */
export interface MissedSpeech {
  /** 16-bit little-endian mono PCM at the service's rate. */
  readonly pieces: readonly ArrayBuffer[];
  /** The user had stopped by the end of it. */
  readonly whole: boolean;
}

/**
 * What was said while nobody could hear it; undefined where nothing was.
 * @param chunks 16-bit mono PCM, in order.
 * @param rate Of the chunks, in Hz.
 * @param most Bytes that a message may have.
 */
export function missedSpeech(chunks: readonly ArrayBuffer[], rate: number, most: number): MissedSpeech | undefined {
  const kept = chunks.map((chunk) => new Int16Array(chunk, 0, chunk.byteLength >> 1));
  const samples = new Int16Array(kept.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of kept) {
    samples.set(chunk, at);
    at += chunk.length;
  }
  const { heard, ended } = speechIn(samples, rate);
  if (!heard) return undefined;
  const pcm = new PcmResampler(rate, SAMPLE_RATE).process(samples).buffer;
  const size = Math.max(1, Math.floor(((most - ENVELOPE) * 3) / 4 / UNIT)) * UNIT;
  const pieces: ArrayBuffer[] = [];
  for (let from = 0; from < pcm.byteLength; from += size) pieces.push(pcm.slice(from, from + size));
  return { pieces, whole: ended };
}
