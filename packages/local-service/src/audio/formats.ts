import { decodeG711, encodeG711, type G711Law } from "../../../../src/codec/g711.js";
import { samplesIn } from "../../../../src/codec/pcm16.js";
import { SAMPLE_BYTES } from "./pcm.js";

/** Sound on the wire: PCM16 at 24 kHz, or G.711 at 8 kHz. */
export type WireFormat = "audio/pcm" | "audio/pcmu" | "audio/pcma";

const LAWS: Readonly<Record<Exclude<WireFormat, "audio/pcm">, G711Law>> = {
  "audio/pcmu": "ulaw",
  "audio/pcma": "alaw",
};
/** 24 kHz over 8 kHz. */
const RATIO = 3;

/** Three samples for each, on straight lines: good enough for a telephone line. */
function upsample(pcm: Buffer): Buffer {
  const out = Buffer.alloc(pcm.length * RATIO);
  let previous = pcm.length > 0 ? pcm.readInt16LE(0) : 0;
  for (let index = 0; index < pcm.length / SAMPLE_BYTES; index += 1) {
    const sample = pcm.readInt16LE(index * SAMPLE_BYTES);
    for (let step = 1; step <= RATIO; step += 1) {
      const value = Math.round(previous + ((sample - previous) * step) / RATIO);
      out.writeInt16LE(value, (index * RATIO + step - 1) * SAMPLE_BYTES);
    }
    previous = sample;
  }
  return out;
}

/** The mean of each three samples; one or two left over are dropped. */
function downsample(pcm: Buffer): Buffer {
  const count = Math.floor(pcm.length / SAMPLE_BYTES / RATIO);
  const out = Buffer.alloc(count * SAMPLE_BYTES);
  for (let index = 0; index < count; index += 1) {
    let sum = 0;
    for (let step = 0; step < RATIO; step += 1) sum += pcm.readInt16LE((index * RATIO + step) * SAMPLE_BYTES);
    out.writeInt16LE(Math.round(sum / RATIO), index * SAMPLE_BYTES);
  }
  return out;
}

/** Wire bytes to PCM16 at 24 kHz. */
export function fromWire(bytes: Buffer, format: WireFormat): Buffer {
  return format === "audio/pcm" ? bytes : upsample(Buffer.from(decodeG711(bytes, LAWS[format]).buffer));
}

/** PCM16 at 24 kHz to wire bytes. */
export function toWire(pcm: Buffer, format: WireFormat): Buffer {
  return format === "audio/pcm" ? pcm : Buffer.from(encodeG711(samplesIn(downsample(pcm)), LAWS[format]).buffer);
}
