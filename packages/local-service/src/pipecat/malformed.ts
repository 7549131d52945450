import { RTVI_LABEL } from "./message-writer.js";
import { FrameWriter } from "./wire-frames.js";

/** Frames that no client should die of: broken protobuf, broken JSON in sound frames, wrong labels, and prototype keys. */
export function malformedFrames(): readonly (string | Buffer)[] {
  const frames = new FrameWriter();
  const text = (json: string): Buffer => Buffer.from(frames.message(json));
  const rtvi = (fields: object): Buffer => text(JSON.stringify({ label: RTVI_LABEL, ...fields }));
  return [
    "text, where only binary is known",
    JSON.stringify({ label: RTVI_LABEL, type: "bot-ready", data: { version: "2.1.0" } }),
    Buffer.alloc(0),
    Buffer.from([0x22, 0xff, 0x01]),
    Buffer.from([0x12, 0x03, 0x1a, 0x7f, 0x00]),
    Buffer.from("32020801", "hex"),
    // Sound of an odd number of bytes, without a rate, and of no length at all.
    Buffer.from("12051a03010203", "hex"),
    Buffer.from("120b1a020100208080808010", "hex"),
    Buffer.from("12021a00", "hex"),
    text("not json"),
    text(""),
    text("null"),
    text("42"),
    text("[]"),
    text(JSON.stringify({ type: "bot-started-speaking" })),
    text(JSON.stringify({ label: "other", type: "bot-started-speaking" })),
    rtvi({}),
    rtvi({ type: 5 }),
    rtvi({ type: "__proto__" }),
    rtvi({ type: "no-such-message", data: "x".repeat(200_000) }),
    text(`{"label":"${RTVI_LABEL}","type":"user-transcription","__proto__":{"polluted":true},"data":null}`),
    rtvi({ type: "user-transcription", data: { text: 7, final: "yes" } }),
    rtvi({ type: "bot-output", data: { text: null } }),
    rtvi({ type: "metrics", data: { ttfb: "fast" } }),
    rtvi({ type: "llm-function-call-in-progress" }),
    rtvi({ type: "server-response", id: "no-such-request", data: [] }),
    rtvi({ type: "error" }),
    text(`{"label":"${RTVI_LABEL}","type":"server-message","data":${"[".repeat(5000)}${"]".repeat(5000)}}`),
  ];
}
