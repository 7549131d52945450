import { DeviceError } from "@pipecat-ai/client-js";
import { createActor, setup, type AnyActorLogic, type AnyActorRef, type AnyEventObject } from "xstate";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { captureActor } from "../../../src/actors/capture.js";
import { ErrorRegistry } from "../../../src/actors/error-registry.js";
import { lifetimeWithin } from "../../../src/actors/lifetime.js";
import { playbackActor } from "../../../src/actors/playback.js";
import { networkActor, type NetworkSource } from "../../../src/actors/network.js";
import { deviceWatchActor } from "../../../src/actors/watches.js";
import { attemptActor } from "../../../src/actors/attempt.js";
import type { Fault } from "../../../src/contracts/fault.js";
import type { MicrophoneReports } from "../../../src/contracts/microphone.js";
import type { Enter } from "../../../src/policy/entry.js";
import type { PlaybackReport } from "../../../src/contracts/speaker.js";
import type { ConnectionReports, OpenConnection } from "../../../src/contracts/connection.js";
import { ConnectionLostError } from "../../../src/errors.js";
import { Downlink } from "../../../src/pipes/downlink.js";
import { ManualClock, ScriptedMicrophone, ScriptedSpeaker } from "../../../src/testing/index.js";
import { OutageClock } from "../../../src/policy/outage-clock.js";
import { CountingTarget, drain, ScriptedNetwork, silent } from "../../../packages/testkit/src/worlds/world.js";

/** A livenessCheck that never barks. */
const NEVER = { silence: 0, probe: 1 };

/** A service that cannot be asked. */
const probe = (): boolean => false;
const stalledFor = (): number => 0;

/** The port does not return to the preferred microphone by itself. */
const follows = (): boolean => false;

/** How deep what comes from outside has been entered. */
let depth = 0;
const enter: Enter = (run) => {
  depth += 1;
  try {
    return run();
  } finally {
    depth -= 1;
  }
};

/** Runs an actor under a parent that writes down its facts. */
function run(logic: AnyActorLogic, input?: unknown) {
  const facts: AnyEventObject[] = [];
  const depths: number[] = [];
  const parent = setup({ actors: { child: logic } }).createMachine({
    initial: "on",
    states: {
      on: { invoke: { id: "child", src: "child", input } },
      off: {},
    },
    on: {
      stopped: ".off",
      "*": {
        actions: ({ event }) => {
          facts.push(event);
          depths.push(depth);
        },
      },
    },
  });
  const actor = createActor(parent).start();
  return {
    facts,
    /** How deep each of them was entered. */
    depths,
    types: () => facts.map(({ type }) => type),
    stop: () => {
      actor.send({ type: "stopped" });
    },
    send: (event: AnyEventObject) => {
      (actor.getSnapshot().children.child as AnyActorRef).send(event);
    },
  };
}

let composition: AbortController;
let errors: ErrorRegistry;

const networkOf = (source: NetworkSource | undefined, outage: OutageClock, random: number, clock = new ManualClock()) =>
  networkActor({ source, outage, random: () => random, clock, lifetime: composition.signal, enter });

beforeEach(() => {
  composition = new AbortController();
  errors = new ErrorRegistry();
});

describe("a lifetime", () => {
  it("ends by itself, once, and leaves no listener behind", () => {
    const { signal, end } = lifetimeWithin(composition.signal);
    const remove = vi.spyOn(composition.signal, "removeEventListener");
    let ends = 0;
    signal.addEventListener("abort", () => (ends += 1));
    end();
    expect(remove).toHaveBeenCalledWith("abort", end);
    end();
    composition.abort();
    expect(ends).toBe(1);
  });

  it("ends with the one around it, also when that is over already", () => {
    const inside = lifetimeWithin(composition.signal);
    composition.abort();
    expect(inside.signal.aborted).toBe(true);
    expect(lifetimeWithin(composition.signal).signal.aborted).toBe(true);
  });
});

describe("the connection actor", () => {
  const lost = () => errors.record(new ConnectionLostError("lost"));
  let request: Parameters<OpenConnection>[0];
  let reports: ConnectionReports;
  let closes: number;
  const start = () =>
    run(
      attemptActor(
        (dialled, told) => {
          request = dialled;
          reports = told;
          return { close: () => (closes += 1), probe, stalledFor };
        },
        errors,
        composition.signal,
        NEVER,
      ),
      { attempt: 3 },
    );
  beforeEach(() => {
    closes = 0;
  });

  it("reports one opening and one end, whatever the connection reports", () => {
    const connection = start();
    expect(request.attempt).toBe(3);
    reports.opened();
    reports.opened();
    reports.closed(lost());
    reports.closed(lost());
    reports.opened();
    expect(connection.facts).toMatchObject([
      { type: "connection.opened", continuity: "fresh" },
      { type: "connection.closed" },
    ]);
  });

  it("closes when it is asked to, and reports nothing once it is stopped", () => {
    const connection = start();
    connection.send({ type: "close" });
    expect(closes).toBe(1);
    connection.stop();
    expect(request.signal.aborted).toBe(true);
    reports.closed(lost());
    expect(connection.facts).toEqual([]);
  });

  it("says nothing either once the composition is over, although nobody has stopped it", () => {
    const connection = start();
    composition.abort();
    reports.closed(lost());
    expect(connection.facts).toEqual([]);
  });

  it("takes an attempt or a close that throws for the end of the connection", () => {
    const thrown = new ConnectionLostError("no WebSocket here");
    const attemptThrows = run(
      attemptActor(
        () => {
          throw thrown;
        },
        errors,
        composition.signal,
        NEVER,
      ),
      { attempt: 1 },
    );
    expect(attemptThrows.facts).toMatchObject([{ type: "connection.closed", fault: { message: "no WebSocket here" } }]);
    const closeThrows = run(
      attemptActor(
        () => ({
          close: () => {
            throw thrown;
          },
          probe,
          stalledFor,
        }),
        errors,
        composition.signal,
        NEVER,
      ),
      { attempt: 1 },
    );
    closeThrows.send({ type: "close" });
    expect(closeThrows.types()).toEqual(["connection.closed"]);
  });

  it("does not connect in a composition that is over", () => {
    composition.abort();
    let dials = 0;
    run(
      attemptActor(
        () => {
          dials += 1;
          return { close: () => undefined, probe, stalledFor };
        },
        errors,
        composition.signal,
        NEVER,
      ),
      { attempt: 1 },
    );
    expect(dials).toBe(0);
  });
});

describe("the capture actor", () => {
  const input = { deviceId: "", muted: true, streaming: false };
  const start = (port: ScriptedMicrophone) =>
    run(captureActor({ port, errors, logger: silent, lifetime: composition.signal, enter }), input);

  it("acquires, and obeys", async () => {
    const port = new ScriptedMicrophone();
    const capture = start(port);
    await drain();
    expect(capture.types()).toEqual(["mic.acquired"]);
    expect([port.muted, port.streaming]).toEqual([true, false]);
    capture.send({ type: "capture.unmuted" });
    capture.send({ type: "capture.streamed" });
    expect([port.muted, port.streaming]).toEqual([false, true]);
    capture.stop();
    expect(port.held).toBe(0);
  });

  it("enters with what it tells", async () => {
    const port = new ScriptedMicrophone();
    const capture = start(port);
    await drain();
    port.lose();
    expect([capture.types(), capture.depths]).toEqual([
      ["mic.acquired", "mic.lost"],
      [1, 1],
    ]);
  });

  it("remembers what it is told while it asks", async () => {
    const port = new ScriptedMicrophone();
    port.script = "hang";
    const capture = start(port);
    capture.send({ type: "capture.unmuted" });
    capture.send({ type: "capture.streamed" });
    port.answer();
    await drain();
    expect([port.muted, port.streaming]).toEqual([false, true]);
  });

  it("that is stopped while it asks does not touch the port when the answer comes: somebody else may have it", async () => {
    const port = new ScriptedMicrophone();
    let answer: () => void = () => undefined;
    port.open = () => new Promise((resolve) => (answer = () => resolve({ deviceId: "a", label: "", groupId: "" })));
    const capture = start(port);
    capture.stop();
    port.setMuted(false);
    answer();
    await drain();
    expect(port.muted).toBe(false);
  });

  it("answers once, and loses at most once after that", async () => {
    const port = new ScriptedMicrophone();
    const capture = start(port);
    await drain();
    port.lose();
    port.lose();
    expect(capture.types()).toEqual(["mic.acquired", "mic.lost"]);
  });

  it("takes a loss before the answer for the answer", async () => {
    class Hasty extends ScriptedMicrophone {
      override open(request: Parameters<ScriptedMicrophone["open"]>[0], reports: MicrophoneReports) {
        reports.lost(new DeviceError(["mic"], "not-found"));
        return super.open(request, reports);
      }
    }
    const capture = start(new Hasty());
    await drain();
    expect(capture.types()).toEqual(["mic.failed"]);
  });

  it("makes a device error of whatever the port throws, also where it should reject", async () => {
    const port = new ScriptedMicrophone();
    port.open = () => {
      throw new Error("driver");
    };
    const capture = start(port);
    await drain();
    expect(capture.facts).toMatchObject([{ type: "mic.failed", fault: { code: "device-error", message: "driver" } }]);
  });

  it.each(["capture.muted", "capture.streamed"])(
    "takes a port that throws at %s for lost, and gives it back",
    async (type) => {
      const port = new ScriptedMicrophone();
      const capture = start(port);
      await drain();
      port.setMuted = port.setStreaming = () => {
        throw new Error("driver");
      };
      capture.send({ type });
      expect(capture.facts.slice(1)).toMatchObject([{ type: "mic.lost", fault: { message: "driver" } }]);
      capture.stop();
      expect(port.held).toBe(0);
    },
  );

  it("survives a port that throws on the way out", async () => {
    const port = new ScriptedMicrophone();
    const close = port.close.bind(port);
    port.close = () => {
      close();
      throw new Error("close");
    };
    const capture = start(port);
    await drain();
    capture.stop();
    expect(port.held).toBe(0);
  });

  it("asks for nothing in a composition that is over", async () => {
    composition.abort();
    const port = new ScriptedMicrophone();
    const open = vi.spyOn(port, "open");
    start(port);
    await drain();
    expect(open).not.toHaveBeenCalled();
  });

  it("passes a device error on as it is", async () => {
    const refusal = new DeviceError(["mic"], "permissions", "no");
    const port = new ScriptedMicrophone();
    port.open = () => Promise.reject(refusal);
    const capture = start(port);
    await drain();
    const fault = capture.facts[0]?.fault as Fault;
    expect(errors.errorOf(fault)).toBe(refusal);
  });

  it("believes one loss of a port that tells it twice", async () => {
    const port = new ScriptedMicrophone();
    let lost: MicrophoneReports["lost"] = () => undefined;
    port.open = (_, reports) => {
      lost = reports.lost;
      return Promise.resolve({ deviceId: "a", label: "", groupId: "" });
    };
    const capture = start(port);
    await drain();
    lost(new DeviceError(["mic"], "not-found"));
    lost(new DeviceError(["mic"], "not-found"));
    expect(capture.types()).toEqual(["mic.acquired", "mic.lost"]);
  });

  it("says nothing when the composition ends while it asks", async () => {
    const port = new ScriptedMicrophone();
    port.script = "hang";
    const capture = start(port);
    composition.abort();
    await drain();
    expect(capture.facts).toEqual([]);
  });

  it("gives the microphone back when the composition ends, although nobody has stopped it, and says nothing", async () => {
    const port = new ScriptedMicrophone();
    const capture = start(port);
    await drain();
    composition.abort();
    expect(port.held).toBe(0);
    expect(capture.types()).toEqual(["mic.acquired"]);
  });
});

describe("the playback actor", () => {
  it("makes facts of edges, and of progress nothing", async () => {
    const speaker = new ScriptedSpeaker();
    const observed: string[] = [];
    const playback = run(
      playbackActor({
        output: new Downlink(speaker),
        errors,
        observe: ({ type }) => observed.push(type),
        logger: silent,
        lifetime: composition.signal,
        enter,
      }),
    );
    const item = { itemId: "a", playedSamples: 0, receivedSamples: 0, sampleRate: 24_000 };
    for (const type of ["began", "progress", "drained"] as const) speaker.report({ type, item });
    speaker.report({ type: "blocked" });
    expect(playback.types()).toEqual(["playback.began", "playback.drained", "playback.blocked"]);
    expect(observed).toEqual(["began", "progress", "drained", "blocked"]);
    expect(playback.depths).toEqual([1, 1, 1]);
    playback.stop();
    expect(speaker.isOpen).toBe(false);
    await drain();
  });

  it("opens nothing in a composition that is over, and closes what is open when it ends", () => {
    const speaker = new ScriptedSpeaker();
    const parts = {
      output: speaker,
      errors,
      observe: () => undefined,
      logger: silent,
      lifetime: composition.signal,
      enter,
    };
    run(playbackActor(parts));
    expect(speaker.isOpen).toBe(true);
    composition.abort();
    expect(speaker.isOpen).toBe(false);
    run(playbackActor(parts));
    expect(speaker.isOpen).toBe(false);
  });

  it.each(["stopped", "left over"])(
    "says nothing of an output once it is %s, whatever the output says",
    async (how) => {
      let report: (report: PlaybackReport) => void = () => undefined;
      let refuse: (error: Error) => void = () => undefined;
      const output = {
        open: (reports: typeof report) => {
          report = reports;
          return new Promise<void>((_, reject) => (refuse = reject));
        },
        close: () => undefined,
      };
      const observed: string[] = [];
      const observe = ({ type }: PlaybackReport) => observed.push(type);
      const playback = run(
        playbackActor({ output, errors, observe, logger: silent, lifetime: composition.signal, enter }),
      );
      if (how === "stopped") playback.stop();
      else composition.abort();
      report({ type: "blocked" });
      refuse(new Error("late"));
      await drain();
      expect([playback.facts, observed]).toEqual([[], []]);
    },
  );

  it("reports an output that cannot be opened", async () => {
    const speaker = new ScriptedSpeaker();
    speaker.open = () => {
      throw new DeviceError(["speaker"], "not-found", "none");
    };
    const parts = {
      output: speaker,
      errors,
      observe: () => undefined,
      logger: silent,
      lifetime: composition.signal,
      enter,
    };
    const playback = run(playbackActor(parts));
    await drain();
    expect(playback.facts).toMatchObject([{ type: "playback.failed", fault: { message: "none" } }]);
  });
});

let time = 0;
const outage = () => new OutageClock(() => time);

describe("the watches", () => {
  it("tell of the network, from the start and at each change", () => {
    const network = new ScriptedNetwork();
    network.turn(false);
    const watch = run(networkOf(network, outage(), 0.5));
    network.turn(true);
    network.turn(false);
    expect(watch.facts).toEqual([
      { type: "network.lost" },
      { type: "network.returned", wait: 250 },
      { type: "network.lost" },
    ]);
    watch.stop();
    expect(network.listeners).toBe(0);
  });

  it("stop the clock of an outage while there is no network, and start it for a session that begins with one", () => {
    const network = new ScriptedNetwork();
    const clock = outage();
    run(networkOf(network, clock, 0));
    time += 10;
    network.turn(false);
    time += 1_000;
    expect(clock.elapsed).toBe(10);
    network.turn(true);
    time += 5;
    expect(clock.elapsed).toBe(15);
    network.turn(false);
    run(networkOf(undefined, clock, 0));
    time += 5;
    expect(clock.elapsed).toBe(20);
  });

  it("let nobody back whom the service wants to wait", () => {
    const network = new ScriptedNetwork();
    const clock = outage();
    const watch = run(networkOf(network, clock, 0.5));
    clock.hold(30_000);
    time += 10_000;
    network.turn(true);
    expect(watch.facts).toEqual([{ type: "network.returned", wait: 20_000 }]);
  });

  it("tell when the page is shown again or comes back from the cache, and not when it is hidden", () => {
    const network = new ScriptedNetwork();
    const watch = run(networkOf(network, outage(), 0.5));
    network.show(false);
    expect(watch.facts).toEqual([]);
    network.show(true);
    network.dispatchEvent(new Event("pageshow"));
    const woke = { type: "page.woke", wait: 250 };
    expect(watch.facts).toEqual([woke, woke]);
    watch.stop();
    network.show(true);
    expect(watch.facts).toHaveLength(2);
  });

  it("tell that the network is back when the page slept through it", () => {
    const network = new ScriptedNetwork();
    const watch = run(networkOf(network, outage(), 0));
    network.turn(false);
    network.navigator.onLine = true;
    network.show(true);
    expect(watch.types()).toEqual(["network.lost", "network.returned"]);
  });

  it("tell that the network is lost when the page slept through it", () => {
    const network = new ScriptedNetwork();
    const clock = outage();
    const watch = run(networkOf(network, clock, 0));
    network.navigator.onLine = false;
    network.show(true);
    time += 1_000;
    expect(watch.types()).toEqual(["network.lost"]);
    expect(clock.elapsed).toBe(0);
    network.show(true);
    network.turn(false);
    expect(watch.types()).toEqual(["network.lost", "page.woke"]);
    network.turn(true);
    expect(watch.types()).toEqual(["network.lost", "page.woke", "network.returned"]);
  });

  it("tell when the clock has jumped, with a window or without, and leave no timer", () => {
    const clock = new ManualClock();
    const watch = run(networkOf(undefined, outage(), 0, clock));
    clock.advance(60_000);
    clock.sleep(14_000);
    expect(watch.facts).toEqual([]);
    clock.sleep(3_600_000);
    expect(watch.types()).toEqual(["page.woke"]);
    clock.advance(60_000);
    expect(watch.facts).toHaveLength(1);
    watch.stop();
    expect(clock.pending).toBe(0);
    run(networkOf(undefined, outage(), 0, clock));
    composition.abort();
    expect(clock.pending).toBe(0);
  });

  it("tell of the microphones there are after one came, and that one went, unless nobody knows", async () => {
    const devices = new CountingTarget();
    let list: () => Promise<{ deviceId: string }[]> = () => Promise.resolve([{ deviceId: "a" }]);
    const watch = run(deviceWatchActor(devices, () => list(), follows, composition.signal, enter));
    devices.dispatchEvent(new Event("devicechange"));
    await drain();
    list = () => Promise.resolve([]);
    devices.dispatchEvent(new Event("devicechange"));
    list = () => Promise.reject(new Error("no"));
    devices.dispatchEvent(new Event("devicechange"));
    await drain();
    expect(watch.facts).toEqual([
      { type: "device.arrived", deviceIds: ["a"], follows: false },
      { type: "device.left" },
    ]);
    const changes = async (...ids: string[]): Promise<string[]> => {
      const told = watch.facts.length;
      list = () => Promise.resolve(ids.map((deviceId) => ({ deviceId })));
      devices.dispatchEvent(new Event("devicechange"));
      await drain();
      return watch.facts.slice(told).map(({ type }) => type);
    };
    expect(await changes("a", "b")).toEqual(["device.arrived"]);
    // Headphones, say.
    expect(await changes("a", "b")).toEqual([]);
    expect(await changes("b")).toEqual(["device.left"]);
    expect(await changes("c")).toEqual(["device.arrived"]);
    watch.stop();
    list = () => Promise.resolve([{ deviceId: "a" }]);
    const following = run(
      deviceWatchActor(
        devices,
        () => list(),
        () => true,
        composition.signal,
        enter,
      ),
    );
    devices.dispatchEvent(new Event("devicechange"));
    await drain();
    expect(following.facts).toEqual([{ type: "device.arrived", deviceIds: ["a"], follows: true }]);
    following.stop();
    expect(devices.listeners).toBe(0);
  });

  it("watch nothing in a composition that is over, and nothing more once it ends", async () => {
    const network = new ScriptedNetwork();
    const devices = new CountingTarget();
    let list: (microphones: { deviceId: string }[]) => void = () => undefined;
    const clock = new ManualClock();
    const watches = [
      run(networkOf(network, outage(), 0, clock)),
      run(
        deviceWatchActor(devices, () => new Promise((resolve) => (list = resolve)), follows, composition.signal, enter),
      ),
    ];
    devices.dispatchEvent(new Event("devicechange"));
    composition.abort();
    list([{ deviceId: "a" }]);
    await drain();
    network.turn(false);
    const late = new ScriptedNetwork();
    late.navigator.onLine = false;
    watches.push(run(networkOf(late, outage(), 0, clock)));
    expect(watches.flatMap(({ facts }) => facts)).toEqual([]);
    expect([network.listeners, late.listeners, devices.listeners, clock.pending]).toEqual([0, 0, 0, 0]);
  });

  it("enter with what they tell", async () => {
    const network = new ScriptedNetwork();
    const devices = new CountingTarget();
    const clock = new ManualClock();
    const watches = [
      run(networkOf(network, outage(), 0, clock)),
      run(deviceWatchActor(devices, () => Promise.resolve([{ deviceId: "a" }]), follows, composition.signal, enter)),
    ];
    network.turn(false);
    devices.dispatchEvent(new Event("devicechange"));
    await drain();
    expect(watches.map(({ depths }) => depths)).toEqual([[1], [1]]);
  });

  it("do without what is not there", () => {
    expect(run(networkOf(undefined, outage(), 0)).facts).toEqual([]);
    expect(
      run(deviceWatchActor(undefined, () => Promise.resolve([]), follows, composition.signal, enter)).facts,
    ).toEqual([]);
  });
});
