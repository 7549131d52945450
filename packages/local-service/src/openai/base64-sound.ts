import type { AudioEncoding } from "../audio/formats.js";
import { stringOr } from "../json.js";
import { invalidValue } from "./protocol-error.js";

/** The most that one event may carry, as text. */
export const MAX_SOUND_CHARACTERS = 15 * 1024 * 1024;

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Sound out of an event.
 * @throws ProtocolMistake when it is not base64, over 15 MiB, or ends inside a sample.
 */
export function decodeSound(value: unknown, path: string, format: AudioEncoding): Buffer {
  const encoded = stringOr(value) ?? "";
  if (encoded.length > MAX_SOUND_CHARACTERS) {
    throw invalidValue(path, "Invalid audio: the event is larger than 15 MiB.");
  }
  if (encoded.length % 4 !== 0 || !BASE64.test(encoded)) {
    throw invalidValue(path, "Invalid audio: expected base64.");
  }
  const bytes = Buffer.from(encoded, "base64");
  if (format === "audio/pcm" && bytes.length % 2 !== 0) {
    throw invalidValue(path, "Invalid audio: expected whole 16-bit samples, but the number of bytes is odd.");
  }
  return bytes;
}
