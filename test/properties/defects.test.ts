import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { InternalError } from "../../src/errors.js";
import { Downlink } from "../../src/pipes/downlink.js";
import { Uplink } from "../../src/pipes/uplink.js";
import { AGES, drain, World } from "../../packages/testkit/src/worlds/world.js";

/** A defect of our own: an action of a chart throws, once, when it is armed. */
function inject(target: object, method: string): void {
  vi.spyOn(target as Record<string, () => void>, method).mockImplementationOnce(() => {
    throw new Error("a defect");
  });
}

interface Defect {
  readonly where: string;
  /** Breaks something in a session that is ready, or about to begin. */
  readonly strike: (world: World) => void;
}

const DEFECTS: readonly Defect[] = [
  {
    where: "as a session begins",
    strike: (world) => {
      world.disconnect();
      inject(Uplink.prototype, "arm");
      world.connect();
    },
  },
  {
    where: "as the service is ready",
    strike: (world) => {
      world.transport.service.dropped(true);
      inject(Uplink.prototype, "open");
      world.clock.advance(1_000);
    },
  },
  {
    where: "as the link is lost",
    strike: (world) => {
      inject(Uplink.prototype, "arm");
      world.transport.service.dropped(true);
    },
  },
  {
    where: "in the speaker's chart, whose owner dies with it",
    strike: (world) => {
      inject(Downlink.prototype, "flush");
      world.transport.actor.send({ type: "bot.interrupted" });
    },
  },
];

describe("a defect in our own code", () => {
  beforeEach(() => {
    // XState's warnings, in development, of events for actors that the defect has killed.
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  async function ready(): Promise<World> {
    const world = new World();
    world.isCrashing = true;
    world.connect();
    await drain();
    expect(world.transport.state).toBe("ready");
    return world;
  }

  it.each(DEFECTS)("$where ends the session in error, and nothing more", async ({ strike }) => {
    const world = await ready();
    const { transport } = world;
    const first = transport.actor;
    strike(world);
    await drain();

    expect(world.announced).toContain("error");
    expect(world.errors.at(-1)?.data).toMatchObject({ fatal: true, code: "internal-error" });
    // The client answered the fatal message with disconnect().
    expect(transport.state).toBe("disconnected");
    expect(world.promises.filter(({ outcome }) => outcome === "pending")).toEqual([]);
    world.checkNothingHeld();
    expect(world.presence.slice(-2), "the bot has gone").toEqual(["left", "disconnected"]);
    expect(world.clock.pending).toBe(0);
    expect([world.network.listeners, world.devices.listeners]).toEqual([0, 0]);

    const dials = transport.service.attempts;
    world.clock.advance(AGES);
    await drain();
    expect(transport.service.attempts, "what is left of the old session must not dial").toBe(dials);

    world.connect();
    await drain();
    expect(transport.state).toBe("ready");
    expect(transport.actor).not.toBe(first);
    expect(transport.media.microphone.held).toBe(1);
    await world.release();
    world.checkSettled();
  });

  it("on the way out still lets disconnect() resolve, with everything released", async () => {
    const world = await ready();
    inject(Uplink.prototype, "shut");
    await world.release();
    expect(world.announced.slice(-3)).toEqual(["disconnecting", "error", "disconnected"]);
    expect(world.promises.at(-1)).toEqual({ name: "disconnect", outcome: "resolved" });
    world.checkNothingHeld();
    expect(world.clock.pending).toBe(0);
  });

  it("rejects connect() with an InternalError whose cause is the defect", async () => {
    const world = new World();
    inject(Uplink.prototype, "arm");
    world.connect();
    await drain();
    const { outcome } = world.promises.find(({ name }) => name === "connect")!;
    expect(outcome).toBeInstanceOf(InternalError);
    expect((outcome as InternalError).cause).toEqual(new Error("a defect"));
  });

  it("answers initDevices() that waits", async () => {
    const world = await ready();
    world.transport.media.microphone.script = "hang";
    world.transport.media.microphone.lose();
    world.initDevices();
    await drain();
    expect(world.promises.at(-1)).toEqual({ name: "initDevices", outcome: "pending" });
    inject(Uplink.prototype, "arm");
    world.transport.service.dropped(true);
    await drain();
    expect(world.promises.find(({ name }) => name === "initDevices")).toMatchObject({ outcome: "resolved" });
  });
});
