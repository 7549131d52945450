import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drain, World } from "../support/world.js";
import { steps } from "../support/world-commands.js";

/** One seed, so that a failure is the same everywhere; change it to look elsewhere. */
const SEED = 20_260_901;

describe("the assembled system", () => {
  it("keeps its promises whatever happens, in any order", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (commands, enableMic) => {
        const world = new World(enableMic);
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
        await world.release();
        world.checkSettled();
      }),
      { numRuns: 3_000, seed: SEED },
    );
  });

  it("connects again after anything", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (commands) => {
        const world = new World();
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
        await world.release();
        const { transport } = world;
        Object.assign(transport.script, { dial: "open", ready: "at once", goodbye: "answer" });
        transport.media.microphone.script = "grant";
        transport.enableMic(true);
        world.network.turn(true);

        // A start that was cancelled refuses the one connect() that belongs to it.
        await world.transport.connect().catch(() => world.transport.connect());
        await transport.sendReadyMessage();
        await drain();
        expect(transport.state).toBe("ready");
        expect(transport.media.microphone.held).toBe(1);
        const before = transport.audioBytes;
        world.say();
        expect(transport.audioBytes).toBeGreaterThan(before);
        world.checkInvariants();
        await world.release();
        world.checkSettled();
      }),
      { numRuns: 1_000, seed: SEED },
    );
  });
});
