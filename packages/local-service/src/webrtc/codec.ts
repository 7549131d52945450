import { SoundDecoder, SoundEncoder } from "../audio/formats.js";
import { msToBytes } from "../audio/pcm.js";

/** One RTP packet, in ms and in bytes of the service's PCM. */
export const FRAME_MS = 20;
export const FRAME_BYTES = msToBytes(FRAME_MS);

/** How one call's sound travels. Inside it is mono PCM16 at 24 kHz. */
export interface CallCodec {
  /** Its name in SDP, without `audio/`. */
  readonly name: "opus" | "PCMU";
  /** Hz: what RTP timestamps count. */
  readonly clockRate: number;
  /** As SDP says it. */
  readonly channels: number;
  /** One frame of 20 ms to the payload of one packet. */
  encode(pcm: Buffer): Buffer;
  /** The payload of one packet, of any length. @throws Error when it makes no sense. */
  decode(payload: Buffer): Buffer;
  /** Frees what it holds; legal more than once. */
  close(): void;
}

/** G.711 µ-law (RFC 3551): telephone quality, and in every browser. */
export function pcmuCodec(): CallCodec {
  const encoder = new SoundEncoder("audio/pcmu");
  const decoder = new SoundDecoder();
  return {
    name: "PCMU",
    clockRate: 8000,
    channels: 1,
    encode: (pcm) => encoder.push(pcm),
    decode: (payload) => decoder.push(payload, "audio/pcmu"),
    close: () => undefined,
  };
}
