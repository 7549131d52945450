/** Fields of one protobuf message by their number: varints as numbers, everything with a length as bytes. */
export type Fields = ReadonlyMap<number, number | Buffer>;

/** Reads a message without knowing what it is: the connection format alone, so that no generated code vouches for another. */
export function protobufFields(bytes: Buffer): Fields {
  const fields = new Map<number, number | Buffer>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes.readUInt8(at);
      at += 1;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const value = varint();
    if ((tag & 7) === 0) {
      fields.set(tag >> 3, value);
      continue;
    }
    if ((tag & 7) !== 2 || at + value > bytes.length) throw new Error(`broken field: ${bytes.toString("hex")}`);
    fields.set(tag >> 3, bytes.subarray(at, at + value));
    at += value;
  }
  return fields;
}

/** A message with one field of bytes: how a frame wraps what it carries. */
export function protobufField(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const length: number[] = [];
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest % 128) | 0x80);
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
}
