import { MessageTooLargeError } from "@pipecat-ai/client-js";

/** Why a text cannot be sent where a message may have so many bytes; undefined where it can. */
export function excessOf(text: string, most: number): MessageTooLargeError | undefined {
  // No character has more than three.
  if (text.length * 3 <= most || new TextEncoder().encode(text).length <= most) return undefined;
  return new MessageTooLargeError(`The message is larger than ${most} bytes.`);
}
