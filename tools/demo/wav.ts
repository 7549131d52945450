import { readFile, writeFile } from "node:fs/promises";

/** Mono sound: samples of -1 to 1. */
export interface Sound {
  readonly samples: Float32Array;
  /** Hz. */
  readonly rate: number;
}

const HEADER_BYTES = 44;

/**
 * Reads a mono 16-bit PCM file.
 * @throws Error when the file is anything else.
 */
export async function readWav(path: string): Promise<Sound> {
  const file = await readFile(path);
  const refuse = (what: string): never => {
    throw new Error(`${path}: ${what}`);
  };
  if (file.toString("latin1", 0, 4) !== "RIFF" || file.toString("latin1", 8, 12) !== "WAVE") refuse("not a WAV file");
  let rate = 0;
  for (let at = 12; at + 8 <= file.length;) {
    const name = file.toString("latin1", at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, at + 8 + size);
    if (name === "fmt ") {
      if (body.readUInt16LE(2) !== 1 || body.readUInt16LE(14) !== 16) refuse("not mono 16-bit PCM");
      rate = body.readUInt32LE(4);
    }
    if (name === "data" && rate > 0) return { samples: fromPcm16(body), rate };
    at += 8 + size + (size % 2);
  }
  return refuse("no sound in it");
}

/** Writes a mono 16-bit PCM file. */
export async function writeWav(path: string, sound: Sound): Promise<void> {
  const file = Buffer.alloc(HEADER_BYTES + sound.samples.length * 2);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(file.length - 8, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sound.rate, 24);
  file.writeUInt32LE(sound.rate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36, "latin1");
  file.writeUInt32LE(sound.samples.length * 2, 40);
  sound.samples.forEach((sample, index) => {
    file.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 32767), HEADER_BYTES + index * 2);
  });
  await writeFile(path, file);
}

/** 16-bit little-endian PCM as samples of -1 to 1. */
export function fromPcm16(bytes: Buffer): Float32Array {
  return Float32Array.from({ length: bytes.length >> 1 }, (_, index) => bytes.readInt16LE(index * 2) / 32768);
}
