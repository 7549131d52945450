import { msToBytes } from "../audio/pcm.js";
import type { Timers } from "../timers.js";

/** A bit of an answer: words, and the sound that is sent with them. */
export interface AnswerPiece {
  readonly words: string;
  /** PCM16 at 24 kHz; empty in an answer without sound. */
  readonly pcm: Buffer;
}

/**
 * An answer in pieces of `chunkMs`, words in step with the sound. Without sound there is a piece for each word. There is
 * always at least one piece.
 */
export function* inPieces(words: string, pcm: Buffer | undefined, chunkMs: number): Generator<AnswerPiece, void> {
  const all = words.match(/\S+\s*/g) ?? [];
  const step = msToBytes(chunkMs);
  const steps = Math.max(1, pcm ? Math.ceil(pcm.length / step) : all.length);
  let said = 0;
  for (let index = 0; index < steps; index += 1) {
    const until = Math.ceil((all.length * (index + 1)) / steps);
    const sound = pcm?.subarray(index * step, (index + 1) * step) ?? Buffer.alloc(0);
    yield { words: all.slice(said, until).join(""), pcm: sound };
    said = until;
  }
}

/**
 * Runs work that yields how many ms to wait before it goes on. `done` gets its result; the returned function stops it
 * between two steps, and then `done` is never called.
 */
export function paced<T>(work: Generator<number, T>, timers: Timers, done: (result: T) => void): () => void {
  let callOff: (() => void) | undefined;
  let stopped = false;
  const next = (): void => {
    const step = work.next();
    if (stopped) return;
    if (step.done === true) done(step.value);
    else callOff = timers.after(step.value, next);
  };
  next();
  return () => {
    stopped = true;
    callOff?.();
  };
}
