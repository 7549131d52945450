/** The sound of a WAV file: mono PCM16. Throws when it is anything else. */
export function readWav(file: Buffer): { readonly pcm: Buffer; readonly sampleRate: number } {
  let format: { readonly channels: number; readonly sampleRate: number; readonly bits: number } | undefined;
  for (let at = 12; at + 8 <= file.length;) {
    const name = file.toString("latin1", at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, at + 8 + size);
    if (name === "fmt ") {
      format = { channels: body.readUInt16LE(2), sampleRate: body.readUInt32LE(4), bits: body.readUInt16LE(14) };
    }
    if (name === "data" && format?.channels === 1 && format.bits === 16) {
      return { pcm: body.subarray(0, body.length - (body.length % 2)), sampleRate: format.sampleRate };
    }
    at += 8 + size + (size % 2);
  }
  throw new Error("Not a mono WAV file of 16 bits.");
}
