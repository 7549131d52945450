import { afterEach, describe, expect, it, vi } from "vitest";
import { ConnectionAbortedError, ConnectionLostError, InvalidOptionsError, ServiceError } from "../../../src/errors.js";
import type { TransportOptions } from "../../../src/options.js";
import { drain, PROBE, READY_TIMEOUT, SILENCE, World } from "../../../packages/testkit/src/worlds/world.js";

/** A session that is ready and has been for long enough to change its wire. */
async function ready(options: TransportOptions = {}): Promise<World> {
  const world = new World(true, options);
  world.connect();
  await drain();
  expect(world.transport.state).toBe("ready");
  world.clock.advance(2_000);
  world.log.length = 0;
  return world;
}

async function elapse(world: World, ms: number): Promise<void> {
  world.clock.advance(ms);
  await drain();
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a session that comes back", () => {
  it("shows its way, announces the new bot, and says what happened once", async () => {
    const world = await ready();
    world.transport.script.connect = "refuse";
    world.transport.service.lost(new ConnectionLostError("gone", { retryable: true, closeCode: 1006 }));
    await elapse(world, 60);
    world.transport.script.connect = "open";
    await elapse(world, 1_000);
    expect(world.log).toEqual(["onError", "connecting", "connected", "ready", "onRecovered", "bot-ready"]);
    expect(world.recoveries).toEqual([
      {
        attempts: 2,
        gapMs: 1_060,
        continuity: "fresh",
        planned: false,
        fault: { code: "connection-lost", message: "gone", closeCode: 1006 },
      },
    ]);
    await world.release();
    world.checkSettled();
  });

  it.each(["resumed", "replayed"] as const)("does not announce a bot that is still the same: %s", async (how) => {
    const world = await ready();
    world.transport.script.continuity = how;
    world.transport.service.dropped();
    await elapse(world, 100);
    expect(world.log).toEqual(["onError", "connecting", "connected", "ready", "onRecovered"]);
    expect(world.recoveries).toMatchObject([{ attempts: 1, continuity: how }]);
    expect(world.transport.requests.map(({ resuming }) => resuming)).toEqual([false, true]);
  });

  it("is measured from its own loss, and not from that of a session before", async () => {
    const gaps: unknown[] = [];
    const inspect: TransportOptions["inspect"] = (event) => {
      if (event.type === "@xstate.event" && event.event.type === "service.ready") gaps.push(event.event.gapMs);
    };
    const world = await ready({ inspect });
    world.transport.service.dropped();
    await elapse(world, 100);
    await world.release();
    world.connect();
    await drain();
    expect(world.transport.state).toBe("ready");
    expect(gaps).toEqual([0, 100, 0]);
  });

  it("has one bot for the app, who is not seen to leave in between", async () => {
    const world = await ready();
    world.transport.service.dropped();
    await elapse(world, 100);
    expect(world.transport.state).toBe("ready");
    expect(world.presence).toEqual(["joined", "connected"]);
    await world.release();
    expect(world.presence).toEqual(["joined", "connected", "left", "disconnected"]);
  });

  it("announces every new bot, however often an old one came back before", async () => {
    const world = await ready();
    const announced: boolean[] = [];
    for (const how of ["replayed", "resumed", "fresh", "fresh", "replayed", "fresh"] as const) {
      world.transport.script.continuity = how;
      world.log.length = 0;
      world.transport.service.dropped();
      for (let seconds = 0; seconds < 3; seconds += 1) await elapse(world, 1_000);
      announced.push(world.log.includes("bot-ready"));
    }
    expect(announced).toEqual([false, false, true, true, false, true]);
  });

  it("tells inspectors, too", async () => {
    const world = await ready();
    const facts: unknown[] = [];
    world.transport.actor.on("session.recovered", ({ recovery }) => facts.push(recovery));
    world.transport.service.dropped();
    await elapse(world, 100);
    expect(facts).toEqual(world.recoveries);
  });

  it("counts the whole gap, also over wires that open and are never ready", async () => {
    const world = await ready();
    world.transport.service.dropped();
    world.transport.script.ready = "never";
    await elapse(world, 100);
    expect(world.transport.state).toBe("connected");
    world.transport.service.dropped();
    world.transport.script.ready = "at once";
    await elapse(world, 1_000);
    expect(world.recoveries).toMatchObject([{ attempts: 2, gapMs: 1_100 }]);
  });

  it("says nothing of a wire that was lost before the session was ready, and announces its bot whatever was kept", async () => {
    const world = new World();
    world.transport.script.ready = "never";
    world.transport.script.continuity = "resumed";
    world.connect();
    await drain();
    world.transport.service.dropped();
    world.transport.script.ready = "at once";
    await elapse(world, 100);
    expect(world.transport.state).toBe("ready");
    expect(world.recoveries).toEqual([]);
    expect(world.log.at(-1)).toBe("bot-ready");
    expect(world.transport.requests.map(({ resuming }) => resuming)).toEqual([false, false]);
  });

  it("survives a callback that throws", async () => {
    const world = await ready();
    world.reactions.set("onRecovered", () => {
      throw new Error("a bug of the app");
    });
    world.transport.service.dropped();
    await elapse(world, 100);
    expect(world.transport.state).toBe("ready");
    await world.release();
    world.checkSettled();
  });

  it("starts its account anew in the next session", async () => {
    const world = await ready();
    world.transport.service.dropped();
    world.disconnect();
    await elapse(world, 1_000);
    world.connect();
    await drain();
    expect(world.transport.state).toBe("ready");
    expect(world.recoveries).toEqual([]);
  });
});

describe("what was in flight", () => {
  it("is settled at the loss: the bot stops speaking, and what it had still to say is not heard", async () => {
    const world = await ready();
    const { transport } = world;
    transport.service.perform(
      { type: "tell", fact: { type: "voice.began" } },
      { type: "play", itemId: "half a sentence", pcm: new ArrayBuffer(480) },
    );
    transport.service.dropped();
    expect(world.log).toEqual(["bot-started-speaking", "bot-stopped-speaking", "onError", "connecting"]);
    expect(transport.media.speaker.queue).toEqual([]);
  });
});

describe("the microphone during an outage", () => {
  it.each(["fresh", "resumed"] as const)("is heard from its pre-roll on: %s", async (continuity) => {
    const world = await ready();
    const { transport } = world;
    transport.script.continuity = continuity;
    const before = transport.service.audioBytes;
    transport.service.dropped();
    world.say();
    expect(transport.service.audioBytes).toBe(before);
    await elapse(world, 100);
    expect(transport.service.audioBytes).toBe(before + 16);
    expect(transport.crossed).toEqual([]);
  });

  it("keeps the newest alone, and nothing for the next session", async () => {
    const world = await ready();
    const { transport } = world;
    transport.service.dropped();
    for (let chunk = 0; chunk < 1_000; chunk += 1) world.say();
    await elapse(world, 100);
    expect(transport.service.audioBytes, "100 ms at 48 bytes per ms").toBe(4_800);
    transport.service.dropped();
    world.say();
    world.disconnect();
    await drain();
    world.connect();
    await drain();
    expect(transport.state).toBe("ready");
    expect(transport.service.audioBytes).toBe(4_800);
  });
});

describe("a planned change of wires", () => {
  it("takes no backoff and no error, and says that it was planned", async () => {
    const world = await ready();
    world.transport.script.continuity = "resumed";
    world.transport.service.perform({ type: "change-connection", withinMs: 60_000 });
    await drain();
    expect(world.log).toEqual(["connecting", "connected", "ready", "onRecovered"]);
    expect(world.recoveries).toEqual([{ attempts: 1, gapMs: 0, continuity: "resumed", planned: true }]);
    expect(world.transport.service.mostConnections).toBe(1);
  });

  it("waits for a quiet moment, but not beyond the deadline", async () => {
    const world = await ready();
    world.transport.script.probe = "cannot";
    world.transport.service.current?.setBusy(true);
    world.transport.service.perform({ type: "change-connection", withinMs: 60_000 });
    await elapse(world, 50_000);
    expect(world.transport.service.attempts).toBe(1);
    world.transport.service.current?.setBusy(false);
    await drain();
    await elapse(world, 2_000);
    expect(world.transport.service.attempts).toBe(2);
    world.transport.service.current?.setBusy(true);
    world.transport.service.perform({ type: "change-connection", withinMs: 60_000 });
    await elapse(world, 59_000);
    expect(world.transport.service.attempts).toBe(3);
  });

  it.each<[string, (world: World, error: ServiceError) => void]>([
    ["is lost", ({ transport }, error) => transport.service.lost(error)],
    ["is of no use any more", ({ transport }, error) => transport.service.perform({ type: "fault", error })],
  ])("is not what happens where the connection %s while the change waits for a quiet moment", async (_what, end) => {
    const world = await ready();
    const { service } = world.transport;
    const awaitQuiet = (): void => {
      service.current?.setBusy(true);
      service.perform({ type: "change-connection", withinMs: 60_000 });
    };
    awaitQuiet();
    end(world, new ServiceError("overloaded", { retryable: true }));
    await elapse(world, 1_000);
    expect(world.recoveries).toMatchObject([{ attempts: 1, planned: false, fault: { message: "overloaded" } }]);
    awaitQuiet();
    end(world, new ServiceError("no more credit"));
    await elapse(world, 1_000);
    expect(world.announced).toContain("error");
    expect(service.attempts).toBe(2);
    await world.release();
    world.checkSettled();
  });

  it("goes the ordinary way when the new dial fails, and was planned all the same", async () => {
    const world = await ready();
    world.transport.script.connect = "refuse";
    world.transport.service.perform({ type: "change-connection", withinMs: 60_000 });
    await drain();
    world.transport.script.connect = "open";
    await elapse(world, 100);
    expect(world.recoveries).toMatchObject([{ attempts: 2, planned: true }]);
    expect(world.recoveries[0]).not.toHaveProperty("fault");
  });
});

describe("options.reconnect.budget", () => {
  it("is counted from the loss, also where that is a planned change whose dial fails", async () => {
    const world = await ready({ reconnect: { budget: 120_000 } });
    world.transport.script.probe = "cannot";
    await elapse(world, 3_300_000);
    world.transport.script.connect = "refuse";
    world.transport.service.perform({ type: "change-connection", withinMs: 300_000 });
    await drain();
    world.transport.script.connect = "open";
    await elapse(world, 1_000);
    expect(world.transport.state).toBe("ready");
    expect(world.recoveries).toMatchObject([{ planned: true }]);
  });
});

describe("options.reconnect.policy", () => {
  it("decides, and knows what happened", async () => {
    const asked: unknown[] = [];
    const world = await ready({
      reconnect: {
        policy: {
          nextDelay: ({ reconnect, attempts, elapsed, fault, everOpened }) => {
            asked.push([reconnect, attempts, elapsed, fault.code, fault.retryAfterMs, everOpened]);
            return reconnect === 1 ? 10 : null;
          },
        },
      },
    });
    world.transport.script.connect = "refuse";
    world.transport.service.lost(new ServiceError("busy", { retryable: true, retryAfterMs: 500 }));
    await elapse(world, 499);
    expect(world.transport.service.attempts).toBe(1);
    await elapse(world, 1);
    expect(asked).toEqual([
      [1, 1, 0, "service-error", 500, true],
      [2, 2, 500, "connection-failed", undefined, true],
    ]);
    expect(world.announced).toContain("error");
  });

  it("that throws ends the session with a typed error, and nothing more", async () => {
    const thrown = new Error("a bug of the app");
    const world = await ready({
      reconnect: {
        policy: {
          nextDelay: () => {
            throw thrown;
          },
        },
      },
    });
    world.transport.service.dropped();
    await drain();
    expect(world.errors.at(-1)?.data).toMatchObject({ code: "invalid-options", fatal: true });
    expect(InvalidOptionsError.name).toBe((world.errors.at(-1)?.data as { name: string }).name);
    await world.release();
    world.checkSettled();
  });
});

describe("options.connectionParams", () => {
  it("is asked before each redial, and its answer is used for that dial", async () => {
    const asked: number[] = [];
    const world = await ready({
      connectionParams: ({ attempt }) => {
        asked.push(attempt);
        return { model: `model ${attempt}` };
      },
    });
    expect(asked).toEqual([]);
    world.transport.service.dropped();
    await elapse(world, 100);
    world.transport.service.dropped();
    await elapse(world, 1_000);
    expect(asked).toEqual([2, 3]);
    expect(world.transport.models).toEqual([undefined, "model 2", "model 3"]);
  });

  it("that fails is a failed dial, tried again", async () => {
    let calls = 0;
    const world = await ready({
      connectionParams: () => {
        calls += 1;
        if (calls === 1) throw new Error("the token server is down");
        if (calls === 2) return Promise.reject(new InvalidOptionsError("and then confused"));
        return {};
      },
    });
    world.transport.service.dropped();
    for (let round = 0; round < 5; round += 1) await elapse(world, 1_000);
    expect(world.transport.state).toBe("ready");
    expect(calls).toBe(3);
    expect(world.transport.service.attempts).toBe(2);
    expect(world.recoveries).toMatchObject([{ attempts: 3 }]);
  });

  it("that knows better ends the session", async () => {
    const world = await ready({
      connectionParams: () => {
        throw new ServiceError("no more credit");
      },
    });
    world.transport.service.dropped();
    await elapse(world, 100);
    expect(world.errors.at(-1)?.data).toMatchObject({ fatal: true, error: "no more credit" });
  });

  it("that never answers is given up at the dial's deadline, and its late answer opens nothing", async () => {
    const answers: ((params: unknown) => void)[] = [];
    const world = await ready({
      connectionParams: () => new Promise((resolve) => answers.push(resolve)),
    });
    world.transport.service.dropped();
    await elapse(world, 100);
    await elapse(world, 2_000);
    await elapse(world, 100);
    answers[0]?.({ model: "late" });
    await drain();
    expect(world.transport.service.attempts).toBe(1);
    answers[1]?.({ model: "in time" });
    await drain();
    expect(world.transport.models).toEqual([undefined, "in time"]);
    await world.release();
    world.checkSettled();
  });
});

describe("the network", () => {
  it("stops the clock while it is gone, and spreads those who return", async () => {
    const world = await ready({ random: () => 0.8, reconnect: { budget: 1_000, attempts: Infinity } });
    world.network.turn(false);
    world.transport.service.dropped();
    await elapse(world, 3_600_000);
    expect(world.transport.service.attempts).toBe(1);
    world.network.turn(true);
    await elapse(world, 399);
    expect(world.transport.service.attempts).toBe(1);
    await elapse(world, 1);
    expect(world.transport.state).toBe("ready");
    expect(world.recoveries).toMatchObject([{ gapMs: 3_600_400 }]);
  });
});

describe("a service that is there no more", () => {
  const seen = (world: World) => world.log.filter((name) => !name.startsWith("onMic"));

  it("is noticed while it owes an answer, and replaced without a word from its socket", async () => {
    const world = await ready();
    world.transport.script.probe = "silent";
    world.transport.service.current?.setExpects("reply");
    await elapse(world, SILENCE);
    expect([world.transport.service.probes, world.transport.service.attempts]).toEqual([1, 1]);
    await elapse(world, PROBE);
    await elapse(world, 100);
    expect(seen(world)).toEqual(["onError", "connecting", "connected", "ready", "onRecovered", "bot-ready"]);
    expect(world.recoveries).toMatchObject([
      { fault: { code: "connection-lost", message: expect.stringContaining("silent") as unknown } },
    ]);
    expect(world.transport.service.mostConnections).toBe(1);
    await world.release();
    world.checkSettled();
  });

  it("is noticed also while it owes nothing, at a word that it is asked for from time to time", async () => {
    const world = await ready();
    world.transport.service.current?.speaks();
    for (let count = 1; count <= 10; count += 1) {
      await elapse(world, SILENCE);
      expect([world.transport.service.probes, world.transport.service.attempts]).toEqual([count, 1]);
    }
    world.transport.script.probe = "silent";
    await elapse(world, SILENCE + PROBE);
    await elapse(world, 100);
    expect(seen(world)).toEqual(["onError", "connecting", "connected", "ready", "onRecovered", "bot-ready"]);
    await world.release();
    world.checkSettled();
  });

  it("is left alone where it cannot be asked and owes nothing, and as long as it says something", async () => {
    const world = await ready();
    world.transport.script.probe = "cannot";
    await elapse(world, 10 * SILENCE);
    world.transport.script.probe = "silent";
    world.transport.service.current?.setExpects("reply");
    for (let count = 0; count < 10; count += 1) {
      await elapse(world, SILENCE - 1);
      world.transport.service.current?.speaks();
    }
    expect([world.transport.service.probes, world.transport.service.attempts]).toEqual([0, 1]);
  });

  it.each([
    ["is shown again", (world: World) => world.network.show(true)],
    ["is back online", (world: World) => world.network.turn(true)],
    ["slept", (world: World) => world.clock.sleep(60_000)],
  ])("is noticed at once when the page %s", async (_, wake) => {
    const world = await ready();
    wake(world);
    await elapse(world, 1);
    await elapse(world, 2 * PROBE);
    expect([world.transport.service.probes, world.transport.service.attempts], "it has answered").toEqual([1, 1]);
    world.transport.script.probe = "silent";
    wake(world);
    await elapse(world, PROBE);
    await elapse(world, 100);
    expect(world.transport.service.attempts).toBe(2);
    expect(world.transport.state).toBe("ready");
  });

  it("is dialled soon when the page wakes up, however long it would have waited", async () => {
    const world = await ready({ reconnect: { base: 60_000, cap: 60_000, attempts: 3 } });
    world.transport.service.dropped();
    await elapse(world, 1_000);
    world.network.show(true);
    await elapse(world, 250);
    expect(world.transport.state).toBe("ready");
  });
});

describe("a service that takes the connection and is not ready again", () => {
  it("counts as a redial that failed, and is dialled again", async () => {
    const world = await ready();
    world.transport.script.ready = "never";
    world.transport.service.dropped();
    await elapse(world, 50);
    expect(world.transport.state).toBe("connected");
    await elapse(world, READY_TIMEOUT);
    world.transport.script.ready = "at once";
    await elapse(world, 1_000);
    expect(world.log).toEqual([
      ...["onError", "connecting", "connected"],
      ...["onError", "connecting", "connected", "ready", "onRecovered", "bot-ready"],
    ]);
    expect(world.recoveries).toMatchObject([{ attempts: 2, fault: { code: "connection-lost" } }]);
  });

  it("ends the session when the policy has had enough, however long each wire was up", async () => {
    const world = await ready({ timeouts: { ready: 10_000 } });
    world.transport.script.ready = "never";
    world.transport.service.dropped();
    for (let past = 0; past < 60; past += 1) await elapse(world, 1_000);
    expect(world.transport.service.attempts).toBe(4);
    expect(world.errors.at(-1)?.data).toMatchObject({ fatal: true, code: "ready-timeout" });
    expect(world.transport.state).toBe("disconnected");
  });
});

describe("why a session ended", () => {
  it("stays what it was first, for who asks after the app has let go of everything", async () => {
    const world = new World();
    world.transport.script.ready = "never";
    // As an app that awaits connect(), and asks for the bot in its own time.
    await world.transport.connect();
    world.transport.service.lost(new ServiceError("no such token"));
    await drain();
    expect(world.transport.state).toBe("disconnected");
    await expect(world.transport.sendReadyMessage()).rejects.toThrow("no such token");
    await world.transport.connect();
    await world.transport.disconnect();
    await expect(world.transport.sendReadyMessage()).rejects.toBeInstanceOf(ConnectionAbortedError);
  });
});
