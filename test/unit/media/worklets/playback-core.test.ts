import { describe, expect, it } from "vitest";
import { PlaybackCore } from "../../../../src/media/worklets/playback-core.js";
import type { PlaybackMessage } from "../../../../src/media/worklets/protocol.js";

const RATE = 24_000;

function player(contextRate = RATE) {
  const messages: PlaybackMessage[] = [];
  const core = new PlaybackCore(contextRate, { inputRate: RATE, levelMs: 100 }, (message) => messages.push(message));
  const render = (blocks: number): Float32Array => {
    const output = new Float32Array(blocks * 128);
    for (let block = 0; block < blocks; block += 1) core.render(output.subarray(block * 128, (block + 1) * 128));
    return output;
  };
  const edges = (): string[] =>
    messages.flatMap((message) =>
      "item" in message
        ? [`${message.type} ${message.item.itemId} ${message.item.playedSamples}/${message.item.receivedSamples}`]
        : [],
    );
  return { core, render, messages, edges };
}

const ramp = (length: number, from = 1): Int16Array => Int16Array.from({ length }, (_, index) => index + from);
const integers = (output: Float32Array): number[] => [...output].map((sample) => Math.round(sample * 32768));

describe("PlaybackCore", () => {
  it("plays every sample, the tail included, and then silence", () => {
    const { core, render, edges } = player();
    core.write(ramp(300), "a");
    expect(integers(render(4))).toEqual([...ramp(300), ...new Int16Array(212)]);
    expect(edges()).toEqual(["began a 128/300", "drained a 300/300"]);
  });

  it("survives an underrun, and tells both edges of it", () => {
    const { core, render, edges } = player();
    core.write(ramp(128), "a");
    render(50);
    core.write(ramp(100), "a");
    expect(integers(render(1)).slice(0, 100)).toEqual([...ramp(100)]);
    expect(edges()).toEqual(["began a 128/128", "drained a 128/128", "began a 228/228", "drained a 228/228"]);
  });

  it("reports progress about ten times a second while audible, and nothing while silent", () => {
    const { core, render, edges, messages } = player();
    core.write(new Int16Array(RATE).fill(1000), "a");
    render(188);
    const progress = edges().filter((edge) => edge.startsWith("progress"));
    expect(progress.length).toBeGreaterThanOrEqual(8);
    expect(progress.length).toBeLessThanOrEqual(10);
    messages.length = 0;
    render(1000);
    // the level of the last window with sound, and one zero
    expect(messages.length).toBeLessThanOrEqual(2);
  });

  it("tells where one item ends and the next begins", () => {
    const { core, render, edges } = player();
    core.write(new Int16Array(200), "a");
    core.write(new Int16Array(100), "b");
    render(4);
    expect(edges()).toEqual(["began a 128/200", "progress a 200/200", "began b 56/100", "drained b 100/100"]);
  });

  it("fades from the next block on when interrupted, then is silent, and says what was cut", () => {
    const { core, render, messages } = player();
    core.write(new Int16Array(RATE).fill(16384), "a");
    core.write(new Int16Array(100), "b");
    render(10);
    core.interrupt(7, 10);
    expect(messages.at(-1)).toEqual({
      type: "cut",
      requestId: 7,
      items: [
        { itemId: "a", playedSamples: 1280 + 240, receivedSamples: RATE },
        { itemId: "b", playedSamples: 0, receivedSamples: 100 },
      ],
    });
    const after = render(20);
    expect(after[0]).toBeCloseTo(0.5, 2);
    expect(after[120]).toBeCloseTo(0.25, 1);
    expect(after.subarray(240).every((sample) => sample === 0)).toBe(true);
  });

  it("does not attenuate or drop what comes after an interruption, even with the same id", () => {
    const { core, render, edges, messages } = player();
    core.write(new Int16Array(RATE).fill(16384), "default");
    render(10);
    core.interrupt(1, 0);
    messages.length = 0;
    core.write(ramp(256, 5000), "default");
    expect(integers(render(2))).toEqual([...ramp(256, 5000)]);
    expect(edges()).toEqual(["began default 128/256", "drained default 256/256"]);
  });

  it("lets new audio begin beneath a fade", () => {
    const { core, render } = player();
    core.write(new Int16Array(RATE).fill(16384), "a");
    render(1);
    core.interrupt(1, 10);
    core.write(new Int16Array(512).fill(8192), "b");
    const output = render(4);
    expect(output[0]).toBeCloseTo(0.75, 2);
    expect(output.subarray(240).every((sample) => sample === 0.25)).toBe(true);
  });

  it("answers an interruption of silence with nothing", () => {
    const { core, messages } = player();
    core.interrupt(3, 10);
    expect(messages).toEqual([{ type: "cut", requestId: 3, items: [] }]);
  });

  it("fades over what is left when that is shorter than the fade", () => {
    const { core, render } = player();
    core.write(new Int16Array(100).fill(16384), "a");
    core.interrupt(1, 10);
    const output = render(2);
    expect(output[0]).toBeCloseTo(0.5, 2);
    expect(output[99]).toBe(0);
  });

  it("takes three minutes at once", () => {
    const { core, render, edges } = player();
    for (let block = 0; block < 9000; block += 1) core.write(new Int16Array(480).fill(1), "a");
    render((9000 * 480) / 128);
    expect(edges().at(-1)).toBe(`drained a ${9000 * 480}/${9000 * 480}`);
  });

  it("resamples to the context's rate, and drains only when the filter is empty", () => {
    const { core, render, messages, edges } = player(48_000);
    const sine = Int16Array.from({ length: 2400 }, (_, n) => 16384 * Math.sin((2 * Math.PI * 1000 * n) / RATE));
    core.write(sine, "a");
    let last = 0;
    let index = 0;
    while (!messages.some((message) => message.type === "drained")) {
      render(1).forEach((sample, frame) => {
        if (Math.abs(sample) > 1e-4) last = index * 128 + frame;
      });
      index += 1;
    }
    expect(edges().at(-1)).toBe("drained a 2400/2400");
    expect(last).toBeGreaterThan(4800);
    expect(render(4).every((sample) => Math.abs(sample) < 1e-4)).toBe(true);
  });
});
