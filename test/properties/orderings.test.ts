import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drain, World } from "../../packages/testkit/src/worlds/world.js";

const seed = Number(process.env.RTVI_MACHINE_SEED ?? 20_260_901);
const runs = Number(process.env.RTVI_MACHINE_RUNS ?? 2_000) / 4;

/** Things that race in real life, each with its own time to happen. */
const EVENTS: Readonly<Record<string, (world: World) => void>> = {
  "connect()": (world) => {
    world.connect();
  },
  "connect() again": (world) => {
    world.connect();
  },
  "disconnect()": (world) => {
    world.disconnect();
  },
  "initDevices()": (world) => {
    world.initDevices();
  },
  "the dial opens": ({ transport }) => {
    transport.service.opened();
  },
  "the dial is refused": ({ transport }) => {
    transport.service.refused();
  },
  "the user allows": ({ transport }) => {
    transport.media.microphone.answer();
  },
  "the user denies": ({ transport }) => {
    transport.media.microphone.answer("permissions");
  },
  "the wire is lost": ({ transport }) => {
    transport.service.dropped(true);
  },
  "the deadline passes": ({ clock }) => {
    clock.advance(2_500);
  },
};

describe("any ordering of what races", () => {
  it("settles every promise and holds nothing", { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.subarray(Object.keys(EVENTS), { minLength: 2 }),
        fc.boolean(),
        async (scheduler, names, patient) => {
          const world = new World();
          world.transport.script.connect = "hang";
          world.transport.media.microphone.script = "hang";
          for (const name of names) {
            void scheduler.schedule(Promise.resolve(name), name).then((event) => {
              EVENTS[event]?.(world);
              world.checkInvariants();
            });
          }
          while (scheduler.count() > 0) {
            await scheduler.waitNext(1);
            if (patient) await drain();
            world.checkInvariants();
          }
          await world.release();
          world.checkSettled();
        },
      ),
      { numRuns: runs, seed },
    );
  });

  it("resolves connect() where nothing but time came between", async () => {
    const world = new World();
    world.transport.script.connect = "hang";
    world.connect();
    await drain();
    world.clock.advance(1_999);
    world.transport.service.opened();
    await drain();
    expect(world.promises).toEqual([{ name: "connect", outcome: "resolved" }]);
  });
});
