import { describe, expect, it } from "vitest";
import type { PlaybackReport } from "../../../src/contracts/speaker.js";
import { MeasuredSpeaker } from "../../../src/inspect/recording/measured-speaker.js";
import { ScriptedSpeaker } from "../../../src/testing/index.js";

async function opened() {
  const speaker = new ScriptedSpeaker();
  const measured = new MeasuredSpeaker(speaker);
  const heard: string[] = [];
  await measured.open(({ type }) => void heard.push(type), new AbortController().signal);
  const write = (itemId: string, ms: number): void => measured.write(new Int16Array(ms * 24), itemId);
  const report = (
    type: PlaybackReport["type"] & ("began" | "progress" | "drained"),
    itemId: string,
    played: number,
    of: number,
  ): void =>
    speaker.report({
      type,
      item: { itemId, playedSamples: played * 24, receivedSamples: of * 24, sampleRate: 24_000 },
    });
  return { speaker, measured, heard, write, report };
}

describe("a measured speaker", () => {
  it("counts what was played, what waits, and where it ran dry", async () => {
    const { measured, heard, write, report } = await opened();
    expect(measured.statistics).toEqual({});
    write("one", 300);
    report("began", "one", 0, 300);
    report("progress", "one", 100, 300);
    expect(measured.statistics).toEqual({ playedMs: 100, waitingMs: 200, underruns: 0 });
    report("drained", "one", 300, 300);
    write("one", 50);
    report("began", "one", 300, 350);
    report("drained", "one", 350, 350);
    write("two", 10);
    report("began", "two", 0, 10);
    expect(measured.statistics).toEqual({ playedMs: 350, waitingMs: 10, underruns: 1 });
    expect(heard).toEqual(["began", "progress", "drained", "began", "drained", "began"]);
  });

  it("forgets what waits when it is silenced, and everything when it is opened again", async () => {
    const { measured, speaker, write, report } = await opened();
    write("one", 300);
    report("began", "one", 60, 300);
    await measured.interrupt();
    expect(measured.statistics).toEqual({ playedMs: 60, waitingMs: 0, underruns: 0 });
    expect(speaker.queue).toEqual([]);
    measured.close();
    await measured.open(() => undefined, new AbortController().signal);
    expect(measured.statistics).toEqual({});
  });

  it("has no numbers of a track, which the browser plays", async () => {
    const { measured, heard, report } = await opened();
    report("began", "", 0, 0);
    expect(measured.statistics).toEqual({});
    expect(heard).toEqual(["began"]);
  });
});
