import { describe, expect, it } from "vitest";
import { bytesToMs, msToBytes } from "../../../packages/local-service/src/audio/pcm.js";
import type { CallCodec } from "../../../packages/local-service/src/webrtc/codec.js";
import { RtpEars } from "../../../packages/local-service/src/webrtc/rtp-ears.js";

const TICKS = 960;

/** Its payload is one byte: what the samples of 20 ms are. */
const codec: CallCodec = {
  name: "opus",
  clockRate: 48_000,
  channels: 2,
  encode: (pcm) => pcm,
  decode: ([value = 0]) => {
    if (value === 99) throw new Error("broken");
    return Buffer.alloc(msToBytes(20), value);
  },
  close: () => undefined,
};

function listening() {
  const heard: string[] = [];
  const ears = new RtpEars(codec, (pcm) => void heard.push(`${pcm[0]}:${bytesToMs(pcm.length)}`));
  ears.begin(0);
  /** The packet number n of a stream, that says n. */
  const say = (n: number, { from = 0, at = n, now = 0 } = {}): void => {
    const timestamp = (at * TICKS + from * 77) >>> 0;
    ears.packet({ sequenceNumber: (from + n) & 0xffff, timestamp, payload: Buffer.from([n]) }, now);
  };
  let clock = 0;
  const tickUntil = (end: number): void => {
    while (clock < end) ears.tick((clock += 20));
  };
  return { ears, heard, say, tickUntil };
}

describe("RtpEars", () => {
  it.each([0, 65_534])("puts packets in order, once each, beginning at %i", (from) => {
    const { heard, say } = listening();
    for (const n of [1, 3, 2, 2, 5, 4, 1, 6]) say(n, { from });
    expect(heard).toEqual(["1:20", "2:20", "3:20", "4:20", "5:20", "6:20"]);
  });

  it("gives up a packet after some others, and is silent for it", () => {
    const { heard, say } = listening();
    for (const n of [1, 2, 4, 5, 6]) say(n);
    expect(heard).toEqual(["1:20", "2:20"]);
    say(7);
    expect(heard.slice(2)).toEqual(["0:20", "4:20", "5:20", "6:20", "7:20"]);
    say(3);
    expect(heard).toHaveLength(7);
  });

  it("is silent for what was not sent, as the clock or the timestamps tell, but not twice", () => {
    const { heard, say, tickUntil } = listening();
    say(1);
    say(2, { at: 7 });
    expect(heard).toEqual(["1:20", "0:100", "2:20"]);
    heard.length = 0;
    tickUntil(200);
    expect(heard).toEqual([]);
    tickUntil(260);
    expect(heard).toEqual(["0:20", "0:20", "0:20"]);
    say(3, { at: 12, now: 280 });
    expect(heard.slice(3)).toEqual(["0:20", "3:20"]);
    heard.length = 0;
    say(4, { at: 100_000 });
    expect(heard).toEqual(["0:1000", "4:20"]);
  });

  it("is silent for what cannot be decoded and for padding, and begins anew with the stream", () => {
    const { ears, heard, say } = listening();
    say(98);
    say(99);
    ears.packet({ sequenceNumber: 100, timestamp: 0, payload: Buffer.alloc(0) }, 0);
    say(101, { at: 100 });
    expect(heard).toEqual(["98:20", "0:20", "101:20"]);
    heard.length = 0;
    say(103, { at: 102 });
    say(5, { from: 20_000 });
    expect(heard).toEqual(["0:20", "103:20", "5:20"]);
  });

  it("plays what waits once nothing more comes", () => {
    const { heard, say, tickUntil } = listening();
    say(1);
    say(3);
    tickUntil(220);
    expect(heard).toEqual(["1:20", "0:20", "3:20", "0:20"]);
  });

  it("takes its own standing still for nobody's silence", () => {
    const { ears, heard, say } = listening();
    say(1);
    for (let late = 0; late < 25; late += 1) ears.tick(500);
    for (let n = 2; n <= 26; n += 1) say(n, { now: 500 });
    expect(heard).toEqual(Array.from({ length: 26 }, (_, index) => `${index + 1}:20`));
  });

  it("goes on being silent where it was silent before it stood still", () => {
    const { ears, heard, say, tickUntil } = listening();
    say(1);
    tickUntil(300);
    heard.length = 0;
    for (let late = 0; late < 10; late += 1) ears.tick(500);
    expect(heard).toHaveLength(10);
  });
});
