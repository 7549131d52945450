import fc from "fast-check";
import { describe, it } from "vitest";
import { turnsMachine } from "../../machines/index.js";
import { believeTurns, toldTurns } from "../../packages/testkit/src/models/told-turns.js";

/** One seed, so that a failure is the same everywhere. To look elsewhere: RTVI_MACHINE_SEED=7 RTVI_MACHINE_RUNS=50000. */
const seed = Number(process.env.RTVI_MACHINE_SEED ?? 20_260_901);
const numRuns = Number(process.env.RTVI_MACHINE_RUNS ?? 10_000);

describe("turns: any order of facts", () => {
  it("keeps edges balanced and in order, announces a bot once for each time it was asked, and expects what is due", () => {
    fc.assert(
      fc.property(toldTurns, (told) => {
        believeTurns(turnsMachine, told);
      }),
      { numRuns, seed },
    );
  }, 600_000);
});
