import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { playFault } from "../../../packages/testkit/src/faults/run/play-fault.js";
import { HoldingsWatch } from "../../../packages/testkit/src/browser/holdings.js";
import { PageStage } from "./page-stage.js";

/** Of the whole page: what each transport takes for itself is counted by its stage. */
let holdings: HoldingsWatch;
let restore: () => void;

beforeAll(() => {
  holdings = new HoldingsWatch((whenOver) => (restore = whenOver));
});

afterAll(async () => {
  await holdings.nothingLeft();
  restore();
});

// Six calls at once share a machine with the service that lies to them: now and then a close of its channel is not seen in time, and
// the session ends by its deadline instead. What is wrong with a transport is wrong twice.
describe("OpenAI WebRTC", { concurrent: true, timeout: 60_000, retry: 1 }, () => {
  it.each(inject("callFaults"))("$fault", async (row) => {
    const stage = await PageStage.set(row.fault);
    try {
      const report = await playFault(stage, row);
      expect(await stage.judge(report), JSON.stringify(report)).toEqual([]);
    } finally {
      await stage.close();
    }
  });
});
