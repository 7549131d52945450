import { decodeG711, encodeG711, type G711Law } from "../../../../src/codec/g711.js";
import { samplesIn } from "../../../../src/codec/pcm16.js";
import { SAMPLE_RATE } from "./pcm.js";
import { resampled, Resampler } from "./resample.js";

/** Sound on the wire: PCM16 at 24 kHz, or G.711 at 8 kHz. */
export type AudioEncoding = "audio/pcm" | "audio/pcmu" | "audio/pcma";

const LAWS: Readonly<Record<Exclude<AudioEncoding, "audio/pcm">, G711Law>> = {
  "audio/pcmu": "ulaw",
  "audio/pcma": "alaw",
};
/** Hz of a telephone line. */
const G711_RATE = 8000;

function decoded(bytes: Buffer, law: G711Law): Buffer {
  return Buffer.from(decodeG711(bytes, law).buffer);
}

function encoded(pcm: Buffer, law: G711Law): Buffer {
  return Buffer.from(encodeG711(samplesIn(pcm), law).buffer);
}

/** A whole sound on the wire to PCM16 at 24 kHz. */
export function toPcm(bytes: Buffer, format: AudioEncoding): Buffer {
  return format === "audio/pcm" ? bytes : resampled(decoded(bytes, LAWS[format]), G711_RATE, SAMPLE_RATE);
}

/** A stream of wire bytes in pieces, to PCM16 at 24 kHz. The format may change on the way. */
export class SoundDecoder {
  #format: AudioEncoding = "audio/pcm";
  #resampler = new Resampler(G711_RATE, SAMPLE_RATE);

  push(bytes: Buffer, format: AudioEncoding): Buffer {
    if (format !== this.#format) {
      this.#format = format;
      this.#resampler = new Resampler(G711_RATE, SAMPLE_RATE);
    }
    return format === "audio/pcm" ? bytes : this.#resampler.push(decoded(bytes, LAWS[format]));
  }
}

/** A stream of PCM16 at 24 kHz in pieces, to wire bytes. */
export class SoundEncoder {
  readonly #format: AudioEncoding;
  readonly #resampler = new Resampler(SAMPLE_RATE, G711_RATE);

  constructor(format: AudioEncoding) {
    this.#format = format;
  }

  push(pcm: Buffer): Buffer {
    return this.#format === "audio/pcm" ? pcm : encoded(this.#resampler.push(pcm), LAWS[this.#format]);
  }
}
