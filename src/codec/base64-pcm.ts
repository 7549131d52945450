import { decodeBase64 } from "./base64.js";
import { ProtocolError } from "../errors.js";

/**
 * 16-bit PCM out of base64.
 * @param service Whose audio it is, for the message.
 * @throws ProtocolError for text that is not base64, and for half a sample: played on, it would be noise.
 */
export function decodePcm(delta: string, service: string): ArrayBuffer {
  const bytes = decodeBase64(delta);
  if (bytes.byteLength % 2 !== 0) {
    throw new ProtocolError(
      `${service} sent ${bytes.byteLength} bytes of audio, which is not a whole number of samples.`,
    );
  }
  return bytes.buffer;
}
