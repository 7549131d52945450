import { createActor } from "xstate";
import { describe, expect, it, vi } from "vitest";
import { crashFault } from "../../../machines/crash.js";
import { networkActor, type NetworkSource } from "../../../src/actors/network.js";
import { deviceWatchActor, type DeviceSource } from "../../../src/actors/watches.js";
import { OutageClock } from "../../../src/policy/outage-clock.js";
import { ManualClock } from "../../../src/testing/index.js";

const broken = {
  navigator: { onLine: true },
  addEventListener: () => {
    throw new Error("not here");
  },
};

function run(source: unknown) {
  const warn = vi.fn();
  const logger = { debug: vi.fn(), info: vi.fn(), warn, error: vi.fn() };
  const clock = new ManualClock();
  const lifetime = new AbortController();
  const actor = createActor(
    networkActor({
      source: source as NetworkSource,
      outage: new OutageClock(() => clock.now),
      random: () => 0,
      clock,
      lifetime: lifetime.signal,
      enter: (act) => act(),
      logger,
    }),
  );
  const failed = vi.fn();
  actor.subscribe({ error: failed });
  actor.start();
  const { status } = actor.getSnapshot();
  actor.stop();
  lifetime.abort();
  return { status, warn, failed };
}

describe("network watch: a window that cannot be listened to", () => {
  it.each([
    ["without addEventListener", {}],
    ["whose addEventListener is no function", { addEventListener: 1 }],
    ["that is missing", undefined],
  ])("%s: is not watched, and the session lives", (_what, source) => {
    const { status, failed, warn } = run(source);
    expect([status, failed.mock.calls.length, warn.mock.calls.length]).toEqual(["active", 0, 0]);
  });

  it("that throws: is not watched, which is a warning with its cause", () => {
    const { status, failed, warn } = run(broken);
    expect([status, failed.mock.calls.length]).toEqual(["active", 0]);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("not watched"), new Error("not here"));
  });

  it("devices that cannot be listened to are not watched", () => {
    const enter = <Result>(act: () => Result): Result => act();
    const signal = new AbortController().signal;
    const watch = deviceWatchActor(
      {} as DeviceSource,
      () => Promise.resolve([]),
      () => false,
      signal,
      enter,
    );
    const actor = createActor(watch).start();
    expect(actor.getSnapshot().status).toBe("active");
    actor.stop();
  });
});

describe("crashes: the fault names its cause", () => {
  it.each([
    [{ error: new TypeError("x is not a function") }, "It crashed: TypeError: x is not a function"],
    [{ error: "text" }, "It crashed: text"],
    [{ error: {} }, "It crashed."],
    [{ type: "other" }, "It crashed."],
  ])("%j", (event, message) => {
    expect(crashFault("It crashed", event)).toMatchObject({ code: "internal-error", message, retryable: false });
  });
});
