import { everyFieldWrong } from "../../util/damaged.js";
import type { Frame, LiarProtocol } from "../liars/liar-protocol.js";

/** What no protocol here means anything by. */
export function nonsense(): readonly Frame[] {
  return [
    "not json",
    "{",
    "null",
    "42",
    "[]",
    '"text"',
    '{"type":"__proto__"}',
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    "\u0000\uFFFF",
    Buffer.from([0x00, 0xff, 0x10, 0x80]),
    Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
  ];
}

/** The message with each of its fields, at any depth, replaced by each of what it is not; and with it left out. */
export function wrongTypes(protocol: LiarProtocol, frame: Frame): readonly Frame[] {
  const value = protocol.decode(frame);
  return value === undefined ? [] : [...everyFieldWrong(value)].map((variant) => protocol.encode(variant));
}

/** Bytes that break the WebSocket below the protocol (RFC 6455, 5.2 and 8.1). */
export const brokenFrames: readonly { readonly name: string; readonly injected: string; readonly bytes: Buffer }[] = [
  { name: "reserved-opcode", injected: "a WebSocket frame with a reserved opcode", bytes: Buffer.from([0x83, 0x00]) },
  {
    name: "masked-frame",
    injected: "a masked frame, which no server may send",
    bytes: Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x41]),
  },
  { name: "broken-utf8", injected: "a text frame that is not UTF-8", bytes: Buffer.from([0x81, 0x02, 0xc3, 0x28]) },
  {
    name: "huge-frame-header",
    injected: "a frame that claims 2^62 bytes",
    bytes: Buffer.from([0x82, 0x7f, 0x40, 0, 0, 0, 0, 0, 0, 0]),
  },
];
