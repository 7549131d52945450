import { describe, expect, it } from "vitest";
import { SampleQueue } from "../../../../src/media/worklets/sample-queue.js";

const samples = (...values: number[]): Int16Array => Int16Array.from(values, (value) => value * 32768);

describe("SampleQueue", () => {
  it("reads across blocks, in order, and says when it runs dry", () => {
    const queue = new SampleQueue();
    queue.push(samples(0.1, 0.2, 0.3), "a");
    queue.push(samples(0.4), "a");
    queue.push(samples(0.5, 0.6), "b");
    const output = new Float32Array(4);
    expect(queue.read(output)).toBe(4);
    expect([...output].map((value) => value.toFixed(1))).toEqual(["0.1", "0.2", "0.3", "0.4"]);
    expect(queue.read(output)).toBe(2);
    expect(queue.empty).toBe(true);
    expect(queue.read(output)).toBe(0);
  });

  it("counts per item what came and what went", () => {
    const queue = new SampleQueue();
    queue.push(new Int16Array(3), "a");
    queue.push(new Int16Array(5), "b");
    const seen: string[] = [];
    queue.read(new Float32Array(4), ({ itemId, played, received }) => seen.push(`${itemId} ${played}/${received}`));
    expect(seen).toEqual(["a 3/3", "b 1/5"]);
    expect(queue.items().map(({ itemId }) => itemId)).toEqual(["b"]);
  });

  it("goes on counting an item of which more comes after it ran dry", () => {
    const queue = new SampleQueue();
    queue.push(new Int16Array(3), "a");
    queue.read(new Float32Array(8));
    queue.push(new Int16Array(4), "a");
    expect(queue.items()).toMatchObject([{ itemId: "a", received: 7, played: 3 }]);
  });

  it("remembers no id after clear", () => {
    const queue = new SampleQueue();
    queue.push(new Int16Array(3), "a");
    queue.clear();
    expect(queue.empty).toBe(true);
    queue.push(new Int16Array(2), "a");
    expect(queue.items()).toMatchObject([{ itemId: "a", received: 2, played: 0 }]);
  });

  it("takes an empty block for nothing", () => {
    const queue = new SampleQueue();
    queue.push(new Int16Array(0), "a");
    expect(queue.empty).toBe(true);
  });

  it("takes blocks in constant time, however many wait", () => {
    const queue = new SampleQueue();
    const time = (count: number): number => {
      const began = performance.now();
      for (let index = 0; index < count; index += 1) queue.push(new Int16Array(16), "a");
      return performance.now() - began;
    };
    time(10_000);
    const early = time(50_000);
    const late = time(50_000);
    expect(late).toBeLessThan(early * 5 + 50);
    expect(queue.read(new Float32Array(128))).toBe(128);
  });
});
