import { deflateSync, crc32 } from "node:zlib";
import { PNG } from "pngjs";

/** One picture of a moving one: a PNG file, and how long it is shown, in ms. */
export interface Frame {
  readonly png: Buffer;
  readonly ms: number;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const RGBA = 6;
const PIXEL = 4;
/** Frames are laid over what is there: what is transparent stays as it was. */
const KEEP = 0;
const OVER = 1;
/** Anti-aliased text has many near colours; rounded to steps of 4 they compress better, and nobody sees it. */
const COLOUR_STEP = 4;

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** Pixels with a byte before each row that says: not filtered. */
function packed(pixels: Buffer, width: number, height: number): Buffer {
  const row = width * PIXEL;
  const rows = Buffer.alloc(height * (row + 1));
  for (let y = 0; y < height; y += 1) pixels.copy(rows, y * (row + 1) + 1, y * row, (y + 1) * row);
  return deflateSync(rows, { level: 9 });
}

function rounded(pixels: Buffer): Buffer {
  return Buffer.from(pixels.map((value, at) => (at % PIXEL === 3 ? 255 : value - (value % COLOUR_STEP))));
}

/** Where the frame differs from the one before it; transparent elsewhere. Undefined where it does not. */
function difference(before: Buffer, now: Buffer): Buffer | undefined {
  const changed = Buffer.alloc(now.length);
  let isChanged = false;
  for (let at = 0; at < now.length; at += PIXEL) {
    if (before.readUInt32LE(at) === now.readUInt32LE(at)) continue;
    now.copy(changed, at, at, at + PIXEL);
    isChanged = true;
  }
  return isChanged ? changed : undefined;
}

/**
 * An animated PNG that plays for ever (APNG 1.0): the first frame whole, of each other one only what changed.
 * @throws Error when there is no frame, or they differ in size.
 */
export function animatedPng(frames: readonly Frame[]): Buffer {
  const pictures = frames.map(({ png, ms }) => ({ picture: PNG.sync.read(png), ms }));
  const [first] = pictures;
  if (!first) throw new Error("A moving picture needs a frame.");
  const { width, height } = first.picture;

  const shown: { pixels: Buffer; ms: number }[] = [];
  let before: Buffer | undefined;
  for (const { picture, ms } of pictures) {
    if (picture.width !== width || picture.height !== height) throw new Error("The frames differ in size.");
    const now = rounded(picture.data);
    const pixels = before === undefined ? now : difference(before, now);
    before = now;
    const last = shown.at(-1);
    if (pixels !== undefined) shown.push({ pixels, ms });
    else if (last) last.ms += ms;
  }

  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8);
  header.writeUInt8(RGBA, 9);
  const control = Buffer.alloc(8);
  control.writeUInt32BE(shown.length, 0);

  let sequence = 0;
  const chunks = shown.flatMap(({ pixels, ms }, index) => {
    const how = Buffer.alloc(26);
    how.writeUInt32BE(sequence++, 0);
    how.writeUInt32BE(width, 4);
    how.writeUInt32BE(height, 8);
    how.writeUInt16BE(Math.round(ms), 20);
    how.writeUInt16BE(1000, 22);
    how.writeUInt8(KEEP, 24);
    how.writeUInt8(index === 0 ? 0 : OVER, 25);
    const data = packed(pixels, width, height);
    if (index === 0) return [chunk("fcTL", how), chunk("IDAT", data)];
    const number = Buffer.alloc(4);
    number.writeUInt32BE(sequence++, 0);
    return [chunk("fcTL", how), chunk("fdAT", Buffer.concat([number, data]))];
  });
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("acTL", control),
    ...chunks,
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
