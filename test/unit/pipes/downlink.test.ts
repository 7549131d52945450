import { beforeEach, describe, expect, it, vi } from "vitest";
import { Downlink } from "../../../src/pipes/downlink.js";
import { drain } from "../../../packages/testkit/src/worlds/world.js";
import { ScriptedSpeaker } from "../../../src/testing/index.js";

describe("the downlink", () => {
  let speaker: ScriptedSpeaker;
  let downlink: Downlink;
  const open = (): Promise<void> => downlink.open(() => undefined, new AbortController().signal);

  beforeEach(() => {
    speaker = new ScriptedSpeaker();
    downlink = new Downlink(speaker);
  });

  it("takes audio from the moment it opens until it closes, and drops the rest", () => {
    downlink.write(new Int16Array(1), "early");
    void open();
    downlink.write(new Int16Array(2), "a");
    expect(speaker.queue).toEqual([{ itemId: "a", samples: 2 }]);
    downlink.close();
    downlink.write(new Int16Array(3), "late");
    expect(speaker.queue).toEqual([]);
  });

  it("tells of what it drops", async () => {
    const dropped = vi.fn();
    downlink = new Downlink(speaker, dropped);
    await open();
    downlink.write(new Int16Array(2), "a");
    downlink.close();
    downlink.write(new Int16Array(3), "b");
    const item = expect.objectContaining({ itemId: "b", playedSamples: 0, receivedSamples: 3 }) as unknown;
    expect(dropped).toHaveBeenCalledExactlyOnceWith({ type: "drained", item, lost: true });
  });

  it("tells once what a flush has cut", async () => {
    await open();
    downlink.write(new Int16Array(240), "a");
    const cut = downlink.flush();
    expect(speaker.queue, "it is silent at once").toEqual([]);
    expect(await downlink.flush()).toEqual([]);
    expect(await cut).toMatchObject([{ itemId: "a", receivedSamples: 240 }]);
    expect(await downlink.flush()).toEqual([]);
  });

  it("flushes the output once for all that was written", async () => {
    const interrupt = vi.spyOn(speaker, "interrupt");
    await open();
    downlink.write(new Int16Array(240), "a");
    for (let n = 0; n < 3; n += 1) void downlink.flush();
    expect(interrupt).toHaveBeenCalledTimes(1);
    downlink.write(new Int16Array(120), "b");
    expect(await downlink.flush()).toMatchObject([{ itemId: "b", receivedSamples: 120 }]);
    expect(interrupt).toHaveBeenCalledTimes(2);
  });

  it("answers flushes in their order, however long the output counts", async () => {
    const answers: string[] = [];
    let count: (items: never[]) => void = () => undefined;
    speaker.interrupt = () => new Promise((resolve) => (count = resolve));
    await open();
    downlink.write(new Int16Array(240), "a");
    for (const name of ["first", "second"]) void downlink.flush().then(() => answers.push(name));
    await drain();
    expect(answers).toEqual([]);
    count([]);
    await drain();
    expect(answers).toEqual(["first", "second"]);
  });

  it("does not tell the next session what was cut in this one", async () => {
    await open();
    downlink.write(new Int16Array(240), "a");
    void downlink.flush();
    downlink.close();
    expect(await downlink.flush()).toEqual([]);
    await open();
    expect(await downlink.flush()).toEqual([]);
  });

  it("survives an output that throws where it should reject", async () => {
    speaker.interrupt = () => {
      throw new Error("interrupt");
    };
    speaker.resume = () => {
      throw new Error("resume");
    };
    await open();
    const cut = downlink.flush();
    downlink.resume();
    expect(await cut).toEqual([]);
  });
});
