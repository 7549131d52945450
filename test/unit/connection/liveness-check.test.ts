import { describe, expect, it } from "vitest";
import { LivenessCheck } from "../../../src/connection/liveness-check.js";
import { ManualClock } from "../../../src/testing/index.js";

const SILENCE = 1_000;
const PROBE = 300;

const keepsUp = (_clock: ManualClock): number => 0;

function rig({ asks = true, silence = SILENCE, probe = PROBE, answersAtOnce = false, stall = keepsUp } = {}) {
  const clock = new ManualClock();
  const seen = { asked: 0, said: [] as string[] };
  const dog: LivenessCheck = new LivenessCheck({
    clock,
    silence,
    probe,
    stalledFor: () => stall(clock),
    ask: () => {
      seen.asked += 1;
      if (answersAtOnce) dog.received();
      return asks;
    },
    silent: ({ message }) => seen.said.push(message),
  });
  dog.begin();
  return { clock, seen, dog };
}

describe("LivenessCheck", () => {
  it("does not mind silence while nothing is due, where it cannot ask", () => {
    const { clock, seen } = rig({ asks: false });
    clock.advance(100 * SILENCE);
    expect(seen).toEqual({ asked: 100, said: [] });
    expect(clock.pending).toBe(1);
  });

  it("asks nothing where a sign of life may take for ever, and minds silence while something is due", () => {
    const { clock, seen, dog } = rig({ probe: Infinity });
    dog.doubt();
    clock.advance(100 * SILENCE);
    expect(seen).toEqual({ asked: 0, said: [] });
    dog.expects("reply");
    clock.advance(SILENCE);
    expect(seen).toEqual({ asked: 0, said: [`The service fell silent: nothing came for ${SILENCE} ms.`] });
    expect(clock.pending).toBe(0);
  });

  it("minds silence also while nothing is due, where nothing leaves any more", () => {
    const { clock, seen } = rig({ asks: false, stall: ({ now }) => Math.max(0, now - 300) });
    clock.advance(SILENCE + 299);
    expect(seen.said).toEqual([]);
    clock.advance(1);
    expect(seen.said).toEqual(["The connection is dead: nothing came and nothing left for 1000 ms."]);
    expect(clock.pending).toBe(0);
  });

  it("does not mind that nothing leaves while something comes", () => {
    const { clock, seen, dog } = rig({ asks: false, stall: ({ now }) => now });
    for (let count = 0; count < 20; count += 1) {
      clock.advance(SILENCE / 2);
      dog.received();
    }
    expect(seen.said).toEqual([]);
  });

  it("asks after every silence while nothing is due, and minds only that nobody answers", () => {
    const { clock, seen, dog } = rig();
    for (let count = 1; count <= 5; count += 1) {
      clock.advance(SILENCE - 1);
      expect(seen.asked).toBe(count - 1);
      clock.advance(1);
      expect(seen.asked).toBe(count);
      dog.received();
      expect(clock.pending).toBe(1);
    }
    clock.advance(SILENCE);
    clock.advance(PROBE);
    expect(seen).toEqual({ asked: 6, said: ["The service fell silent: it gave no sign of life within 300 ms."] });
    expect(clock.pending).toBe(0);
    // Nobody is given up twice, whatever still comes.
    dog.received();
    dog.expects("reply");
    dog.doubt();
    expect(clock.pending).toBe(0);
    expect(seen).toMatchObject({ asked: 6, said: [expect.anything()] });
  });

  it("asks nobody who is heard, however little is due", () => {
    const { clock, seen, dog } = rig();
    for (let count = 0; count < 50; count += 1) {
      clock.advance(SILENCE / 2);
      dog.received();
    }
    expect(seen).toEqual({ asked: 0, said: [] });
    expect(clock.pending).toBe(1);
  });

  it("gives what becomes due its whole time, although it was asked just before", () => {
    const { clock, seen, dog } = rig();
    clock.advance(SILENCE);
    dog.expects("reply");
    dog.received();
    clock.advance(SILENCE);
    expect(seen).toEqual({ asked: 2, said: [] });
    dog.received();
    clock.advance(SILENCE);
    expect(seen).toEqual({ asked: 2, said: [expect.stringContaining("does not answer")] });
  });

  it("asks again as soon as it can, after times when it could not", () => {
    const clock = new ManualClock();
    const said: string[] = [];
    let asked = 0;
    const ask = () => (asked += 1) > 3;
    const dog = new LivenessCheck({
      clock,
      silence: SILENCE,
      probe: PROBE,
      ask,
      stalledFor: () => 0,
      silent: ({ message }) => said.push(message),
    });
    dog.begin();
    clock.advance(3 * SILENCE);
    expect([asked, clock.pending, said]).toEqual([3, 1, []]);
    clock.advance(SILENCE + PROBE);
    expect([asked, clock.pending, said.length]).toEqual([4, 0, 1]);
  });

  it("asks after a silence while something is due, and gives up when nobody answers", () => {
    const { clock, seen, dog } = rig();
    dog.expects("progress");
    clock.advance(SILENCE - 1);
    expect(seen.asked).toBe(0);
    clock.advance(1);
    expect(seen.asked).toBe(1);
    clock.advance(PROBE - 1);
    expect(seen.said).toEqual([]);
    clock.advance(1);
    expect(seen.said).toEqual(["The service fell silent: it gave no sign of life within 300 ms."]);
    clock.advance(100 * SILENCE);
    expect(seen.said).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("counts from the last thing it heard, with one timer however much that is", () => {
    const { clock, seen, dog } = rig();
    dog.expects("reply");
    for (let count = 0; count < 50; count += 1) {
      clock.advance(SILENCE / 2);
      dog.received();
      expect(clock.pending).toBe(1);
    }
    expect(seen.asked).toBe(0);
    clock.advance(SILENCE);
    expect(seen.asked).toBe(1);
  });

  it("gives up on an answer after a second silence, although the question was answered", () => {
    const { clock, seen, dog } = rig();
    dog.expects("reply");
    clock.advance(SILENCE);
    dog.received();
    clock.advance(SILENCE - 1);
    expect(seen.said).toEqual([]);
    clock.advance(1);
    expect(seen).toEqual({ asked: 1, said: [expect.stringContaining("does not answer")] });
  });

  it("asks again and again, and never gives up, while progress may take its time and questions are answered", () => {
    const { clock, seen, dog } = rig({ answersAtOnce: true });
    dog.expects("progress");
    clock.advance(10 * SILENCE);
    expect(seen).toEqual({ asked: 10, said: [] });
  });

  it("begins anew when the service says something by itself after it was asked", () => {
    const { clock, seen, dog } = rig();
    dog.expects("reply");
    clock.advance(SILENCE);
    dog.received();
    dog.received();
    clock.advance(SILENCE);
    expect(seen).toEqual({ asked: 2, said: [] });
  });

  it("begins anew with each thing that is due", () => {
    const { clock, seen, dog } = rig();
    dog.expects("reply");
    clock.advance(SILENCE);
    dog.received();
    dog.expects("nothing");
    dog.expects("reply");
    clock.advance(SILENCE);
    expect(seen).toEqual({ asked: 2, said: [] });
  });

  it("waits no longer for being told again what is due", () => {
    const { clock, seen, dog } = rig();
    dog.expects("reply");
    clock.advance(SILENCE - 1);
    dog.expects("reply");
    clock.advance(1);
    expect(seen.asked).toBe(1);
  });

  it("watches once it has begun, from then on, and begins once", () => {
    const clock = new ManualClock();
    let asked = 0;
    const ask = () => (asked += 1) > 0;
    const dog = new LivenessCheck({
      clock,
      silence: SILENCE,
      probe: PROBE,
      ask,
      stalledFor: () => 0,
      silent: () => undefined,
    });
    dog.expects("reply");
    dog.doubt();
    expect([clock.pending, asked]).toEqual([0, 0]);
    dog.begin();
    clock.advance(SILENCE - 1);
    dog.begin();
    clock.advance(1);
    expect([clock.pending, asked]).toEqual([1, 1]);
  });

  it("lets silence alone decide where the service cannot be asked", () => {
    const { clock, seen, dog } = rig({ asks: false });
    dog.expects("progress");
    clock.advance(SILENCE);
    expect(seen.said).toEqual(["The service fell silent: nothing came for 1000 ms."]);
  });

  it.each([0, Infinity])("is off with a silence of %d, but for what it is told to doubt", (silence) => {
    const { clock, seen, dog } = rig({ silence });
    dog.expects("reply");
    clock.advance(1e9);
    expect(seen.asked).toBe(0);
    dog.doubt();
    clock.advance(PROBE);
    expect(seen.said).toHaveLength(1);
  });

  it("waits for the answer to a doubt also when nothing is due any more, and goes on as before after it", () => {
    const { clock, seen, dog } = rig();
    dog.expects("reply");
    dog.doubt();
    dog.expects("nothing");
    dog.expects("reply");
    dog.received();
    clock.advance(SILENCE);
    expect(seen).toEqual({ asked: 2, said: [] });
  });

  it("still wants an answer to its doubt when what is due changes meanwhile", () => {
    const { clock, seen, dog } = rig();
    dog.expects("reply");
    dog.doubt();
    dog.expects("nothing");
    clock.advance(PROBE);
    expect(seen.said).toHaveLength(1);
  });

  it("has asked already for what becomes due while it asks", () => {
    const { clock, seen, dog } = rig();
    dog.expects("progress");
    clock.advance(SILENCE);
    dog.expects("reply");
    dog.received();
    clock.advance(SILENCE);
    expect(seen).toEqual({ asked: 1, said: [expect.stringContaining("does not answer")] });
  });

  it("is over when it is ended", () => {
    const { clock, seen, dog } = rig();
    dog.expects("reply");
    dog.end();
    dog.doubt();
    dog.expects("progress");
    dog.received();
    dog.begin();
    clock.advance(10 * SILENCE);
    expect(seen).toEqual({ asked: 0, said: [] });
    expect(clock.pending).toBe(0);
  });
});
