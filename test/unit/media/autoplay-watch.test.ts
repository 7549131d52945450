import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AutoplayWatch } from "../../../src/media/autoplay-watch.js";

class FakeContext extends EventTarget {
  state: AudioContextState = "suspended";
  /** Pends, as it does without a gesture. */
  readonly resume = vi.fn(() => new Promise<void>(() => undefined));
  become(state: AudioContextState): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

describe("AutoplayWatch", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function watch() {
    const context = new FakeContext();
    const reports: string[] = [];
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const autoplay = new AutoplayWatch(context as unknown as AudioContext, (type) => reports.push(type), logger);
    return { context, reports, autoplay };
  }

  it("is silent about a context that starts", async () => {
    const { context, reports, autoplay } = watch();
    const started = autoplay.start();
    context.become("running");
    await started;
    await vi.runAllTimersAsync();
    expect(reports).toEqual([]);
  });

  it("reports one that does not start, once, and its release", async () => {
    const { context, reports, autoplay } = watch();
    const started = autoplay.start();
    await vi.runAllTimersAsync();
    await started;
    expect(reports).toEqual(["blocked"]);
    const again = autoplay.start();
    await vi.runAllTimersAsync();
    await again;
    expect(reports).toEqual(["blocked"]);
    const resumed = autoplay.start();
    context.become("running");
    await resumed;
    expect(reports).toEqual(["blocked", "unblocked"]);
  });

  it("takes the suspension of a sink change for what it is", async () => {
    const { context, reports, autoplay } = watch();
    context.state = "running";
    await autoplay.start();
    context.become("suspended");
    await vi.advanceTimersByTimeAsync(100);
    context.become("running");
    await vi.runAllTimersAsync();
    expect(reports).toEqual([]);
  });

  it("does not resume an interrupted context, but one that stays suspended after it", async () => {
    const { context, reports, autoplay } = watch();
    context.state = "running";
    await autoplay.start();
    context.become("interrupted");
    const pressed = autoplay.start();
    await vi.runAllTimersAsync();
    await pressed;
    expect(context.resume).not.toHaveBeenCalled();
    expect(reports).toEqual([]);
    context.become("suspended");
    await vi.runAllTimersAsync();
    expect(context.resume).toHaveBeenCalledTimes(1);
    expect(reports).toEqual(["blocked"]);
  });

  it("leaves no timer and no listener", async () => {
    const { context, reports, autoplay } = watch();
    const started = autoplay.start();
    autoplay.dispose();
    await started;
    expect(vi.getTimerCount()).toBe(0);
    context.become("suspended");
    expect(vi.getTimerCount()).toBe(0);
    expect(reports).toEqual([]);
  });
});
