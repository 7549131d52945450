/** The two companding laws of ITU-T G.711, one byte per sample. */
export type G711Law = "ulaw" | "alaw";

const ULAW_BIAS = 0x84;
const ULAW_CLIP = 32_635;

function decodeUlaw(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = (((code & 0x0f) << 3) + ULAW_BIAS) << ((code & 0x70) >> 4);
  return code & 0x80 ? ULAW_BIAS - magnitude : magnitude - ULAW_BIAS;
}

function encodeUlaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), ULAW_CLIP) + ULAW_BIAS;
  const exponent = Math.max(0, 24 - Math.clz32(magnitude));
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

function decodeAlaw(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code & 0x70) >> 4;
  const mantissa = ((code & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return code & 0x80 ? magnitude : -magnitude;
}

function encodeAlaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = Math.min(sample >= 0 ? sample : -sample - 1, 32_767);
  const exponent = Math.max(0, 24 - Math.clz32(magnitude));
  const mantissa = exponent === 0 ? magnitude >> 4 : (magnitude >> (exponent + 3)) & 0x0f;
  return (sign | (exponent << 4) | (mantissa & 0x0f)) ^ 0x55;
}

const CODECS = {
  ulaw: { encode: encodeUlaw, decode: decodeUlaw },
  alaw: { encode: encodeAlaw, decode: decodeAlaw },
} as const;

/** One 16-bit sample for each byte; the rate stays as it was. */
export function decodeG711(bytes: Uint8Array, law: G711Law): Int16Array<ArrayBuffer> {
  const { decode } = CODECS[law];
  const pcm = new Int16Array(bytes.length);
  for (let index = 0; index < bytes.length; index += 1) pcm[index] = decode(bytes[index] ?? 0);
  return pcm;
}

/** One byte for each 16-bit sample; the rate stays as it was. */
export function encodeG711(pcm: Int16Array, law: G711Law): Uint8Array<ArrayBuffer> {
  const { encode } = CODECS[law];
  const bytes = new Uint8Array(pcm.length);
  for (let index = 0; index < pcm.length; index += 1) bytes[index] = encode(pcm[index] ?? 0);
  return bytes;
}
