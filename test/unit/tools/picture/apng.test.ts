import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import { animatedPng } from "../../../../tools/picture/apng.js";

type Colour = readonly [red: number, green: number, blue: number];

const RED: Colour = [252, 0, 0];
const BLUE: Colour = [0, 0, 252];

/** A picture of so many pixels in a row, one colour each. */
function row(...colours: readonly Colour[]): Buffer {
  const png = new PNG({ width: colours.length, height: 1 });
  colours.forEach((colour, at) => png.data.set([...colour, 255], at * 4));
  return PNG.sync.write(png);
}

function chunksOf(file: Buffer): readonly { readonly type: string; readonly data: Buffer }[] {
  const found = [];
  for (let at = 8; at < file.length;) {
    const size = file.readUInt32BE(at);
    found.push({ type: file.toString("latin1", at + 4, at + 8), data: file.subarray(at + 8, at + 8 + size) });
    at += size + 12;
  }
  return found;
}

const typesOf = (file: Buffer): string =>
  chunksOf(file)
    .map(({ type }) => type)
    .join(" ");

describe("the moving picture", () => {
  it("begins with a whole frame that any reader of PNG shows", () => {
    const file = animatedPng([
      { png: row(RED, BLUE), ms: 100 },
      { png: row(BLUE, BLUE), ms: 100 },
    ]);
    expect(typesOf(file)).toBe("IHDR acTL fcTL IDAT fcTL fdAT IEND");
    expect([...PNG.sync.read(file).data]).toEqual([...RED, 255, ...BLUE, 255]);
  });

  it("holds of a later frame only what changed", () => {
    const file = animatedPng([
      { png: row(RED, BLUE), ms: 100 },
      { png: row(BLUE, BLUE), ms: 100 },
    ]);
    const chunks = chunksOf(file);
    // As a picture of its own: the same header, with the later frame's data.
    const later = chunks.find(({ type }) => type === "fdAT")?.data.subarray(4) ?? Buffer.alloc(0);
    const whole = chunks.find(({ type }) => type === "IDAT")?.data ?? Buffer.alloc(0);
    const alone = Buffer.concat([file.subarray(0, file.indexOf(whole) - 8), frame("IDAT", later), file.subarray(-12)]);
    expect([...PNG.sync.read(alone, { checkCRC: false }).data]).toEqual([...BLUE, 255, 0, 0, 0, 0]);
  });

  it("shows a frame longer where nothing changes", () => {
    const file = animatedPng([
      { png: row(RED), ms: 100 },
      { png: row(RED), ms: 150 },
    ]);
    const [control] = chunksOf(file).filter(({ type }) => type === "fcTL");
    expect(typesOf(file)).toBe("IHDR acTL fcTL IDAT IEND");
    expect(control?.data.readUInt16BE(20)).toBe(250);
  });

  it("is refused where the frames differ in size, or there are none", () => {
    const frames = [row(RED), row(RED, BLUE)].map((png) => ({ png, ms: 100 }));
    expect(() => animatedPng(frames)).toThrow("differ in size");
    expect(() => animatedPng([])).toThrow("needs a frame");
  });
});

function frame(type: string, data: Buffer): Buffer {
  const framed = Buffer.alloc(data.length + 12);
  framed.writeUInt32BE(data.length, 0);
  framed.write(type, 4, "latin1");
  data.copy(framed, 8);
  return framed;
}
