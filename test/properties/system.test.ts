import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { World } from "../../packages/testkit/src/worlds/world.js";
import { steps } from "../../packages/testkit/src/models/world-commands.js";

/** One seed, so that a failure is the same everywhere. To look elsewhere: RTVI_MACHINE_SEED=7 RTVI_MACHINE_RUNS=50000. */
const seed = Number(process.env.RTVI_MACHINE_SEED ?? 20_260_901);
const runs = Number(process.env.RTVI_MACHINE_RUNS ?? 400);
/** Of one property, however many runs it is told to make. */
const timeout = 180_000 + runs * 20;

/** In development XState warns of an event for a child that ended in the same step: the race is what is tested. */
beforeAll(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterAll(() => {
  vi.restoreAllMocks();
});

describe("the assembled system", () => {
  it("keeps its promises whatever happens, in any order", { timeout }, async () => {
    const visited = new Set<string>();
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (commands, enableMic) => {
        const world = new World(enableMic);
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
        await world.release();
        world.checkSettled();
        for (const state of world.announced) visited.add(state);
      }),
      { numRuns: runs, seed },
    );
    expect(visited.size, "a property that never gets anywhere proves nothing").toBe(10);
  });

  it("connects again after anything", { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (commands) => {
        const world = new World();
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
        await world.release();
        await world.checkConnectsAgain();
        await world.release();
        world.checkSettled();
      }),
      { numRuns: runs / 4, seed },
    );
  });
});
