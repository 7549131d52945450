import { decodeG711 } from "../../../../src/codec/g711.js";
import { ANSWER_ULAW, GREETING_ULAW } from "./voice-data.js";

/** A recording with its words. */
export interface Clip {
  readonly words: string;
  /** Mono PCM16 at 24 kHz. */
  readonly pcm: Buffer;
}

/** Decodes once, on first use: importing the service costs nothing. */
function clip(words: string, ulaw: string): () => Clip {
  let decoded: Clip | undefined;
  return () => (decoded ??= { words, pcm: Buffer.from(decodeG711(Buffer.from(ulaw, "base64"), "ulaw").buffer) });
}

/** What the service says when a session starts. */
export const greetingClip = clip("Hello. Say something and I will say it back.", GREETING_ULAW);

/** The one voice that every answer to a text has: there is no speech synthesis here. */
export const answerClip = clip("Here is my answer.", ANSWER_ULAW);
