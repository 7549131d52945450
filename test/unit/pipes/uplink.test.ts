import { describe, expect, it } from "vitest";
import { Uplink } from "../../../src/pipes/uplink.js";

/** A chunk of `bytes` bytes that begins with `mark`. */
const chunk = (mark: number, bytes = 4): ArrayBuffer => {
  const pcm = new Uint8Array(bytes);
  pcm[0] = mark;
  return pcm.buffer;
};

function uplink(preRollBytes: number) {
  const marks: number[] = [];
  const pipe = new Uplink((pcm) => marks.push(new Uint8Array(pcm)[0] ?? -1), { preRollBytes });
  return { pipe, marks };
}

describe("Uplink", () => {
  it("does not call the sink inside the chart's step that opens it", () => {
    const { pipe, marks } = uplink(100);
    pipe.arm();
    pipe.write(chunk(1));
    pipe.open();
    expect(marks).toEqual([]);
  });

  it("drops what is said outside a session", async () => {
    const { pipe, marks } = uplink(100);
    pipe.write(chunk(1));
    pipe.arm();
    pipe.open();
    await Promise.resolve();
    expect(marks).toEqual([]);
  });

  it("hands over the pre-roll in order, then everything", async () => {
    const { pipe, marks } = uplink(100);
    pipe.arm();
    pipe.write(chunk(1));
    pipe.write(chunk(2));
    pipe.open();
    pipe.write(chunk(3));
    await Promise.resolve();
    expect(marks).toEqual([1, 2, 3]);
  });

  it("keeps no more than the pre-roll, and drops the oldest", async () => {
    const { pipe, marks } = uplink(8);
    pipe.arm();
    for (const mark of [1, 2, 3, 4]) pipe.write(chunk(mark));
    pipe.open();
    await Promise.resolve();
    expect(marks).toEqual([3, 4]);
  });

  it("keeps nothing of a chunk that is larger than the whole pre-roll", async () => {
    const { pipe, marks } = uplink(8);
    pipe.arm();
    pipe.write(chunk(1, 16));
    pipe.write(chunk(2));
    pipe.open();
    await Promise.resolve();
    expect(marks).toEqual([2]);
  });

  it("lets no audio cross into the next session", async () => {
    const { pipe, marks } = uplink(100);
    pipe.arm();
    pipe.write(chunk(1));
    pipe.shut();
    pipe.arm();
    pipe.open();
    await Promise.resolve();
    expect(marks).toEqual([]);
  });

  it("keeps the newest again when it is armed after having been open", async () => {
    const { pipe, marks } = uplink(100);
    pipe.arm();
    pipe.open();
    pipe.arm();
    pipe.write(chunk(7));
    expect(marks).toEqual([]);
    pipe.open();
    await Promise.resolve();
    expect(marks).toEqual([7]);
  });

  it("delivers each chunk once, however often it is opened", async () => {
    const { pipe, marks } = uplink(100);
    pipe.arm();
    pipe.write(chunk(1));
    pipe.open();
    pipe.open();
    await Promise.resolve();
    pipe.open();
    await Promise.resolve();
    expect(marks).toEqual([1]);
  });

  it("keeps what it could not deliver because it was armed again before", async () => {
    const { pipe, marks } = uplink(100);
    pipe.arm();
    pipe.write(chunk(1));
    pipe.open();
    pipe.arm();
    await Promise.resolve();
    expect(marks).toEqual([]);
    pipe.open();
    await Promise.resolve();
    expect(marks).toEqual([1]);
  });

  it("delivers nothing that was still to be delivered when it is shut", async () => {
    const { pipe, marks } = uplink(100);
    pipe.arm();
    pipe.write(chunk(1));
    pipe.open();
    pipe.shut();
    await Promise.resolve();
    expect(marks).toEqual([]);
  });
});
