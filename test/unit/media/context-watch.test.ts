import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { autoplayAllowed, ContextWatch } from "../../../src/media/context-watch.js";

class FakeContext extends EventTarget {
  state: AudioContextState = "suspended";
  /** Pends, as it does without a gesture. */
  readonly resume = vi.fn(() => new Promise<void>(() => undefined));
  become(state: AudioContextState): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

describe("ContextWatch", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function watch(isAllowed?: boolean) {
    const context = new FakeContext();
    const reports: string[] = [];
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const autoplay = new ContextWatch(
      context as unknown as AudioContext,
      (type) => reports.push(type),
      logger,
      () => isAllowed,
    );
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
    expect(reports).toEqual(["interrupted"]);
    context.become("suspended");
    await vi.runAllTimersAsync();
    expect(context.resume).toHaveBeenCalledTimes(1);
    expect(reports).toEqual(["interrupted", "blocked"]);
    context.become("running");
    expect(reports).toEqual(["interrupted", "blocked", "unblocked"]);
  });

  it("takes an output that is slow to start for what it is, where the page may play", async () => {
    const { context, reports, autoplay } = watch(true);
    const started = autoplay.start();
    await vi.advanceTimersByTimeAsync(1_700);
    await started;
    expect(reports).toEqual([]);
    context.become("running");
    await vi.runAllTimersAsync();
    expect(reports).toEqual([]);
    context.become("suspended");
    await vi.runAllTimersAsync();
    expect(reports).toEqual(["interrupted"]);
  });

  it.each([
    ["a page without a gesture", false],
    ["a page that does not say", undefined],
  ])("%s: is told of a hold, and of its end when the output runs at last", async (_, isAllowed) => {
    const { context, reports, autoplay } = watch(isAllowed);
    void autoplay.start();
    await vi.advanceTimersByTimeAsync(1_700);
    expect(reports).toEqual(["blocked"]);
    context.become("running");
    await vi.runAllTimersAsync();
    expect(reports).toEqual(["blocked", "unblocked"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("a hold that a gesture ends slowly is told once, and ends once", async () => {
    let isAllowed = false;
    const context = new FakeContext();
    const reports: string[] = [];
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const report = (edge: string) => void reports.push(edge);
    const autoplay = new ContextWatch(context as unknown as AudioContext, report, logger, () => isAllowed);
    void autoplay.start();
    await vi.advanceTimersByTimeAsync(600);
    isAllowed = true;
    void autoplay.start();
    await vi.advanceTimersByTimeAsync(1_700);
    context.become("running");
    await vi.runAllTimersAsync();
    expect(reports).toEqual(["blocked", "unblocked"]);
  });

  it.each([
    ["a gesture is missing", { userActivation: { hasBeenActive: false } }, false],
    ["a gesture was made", { userActivation: { hasBeenActive: true } }, true],
    ["Firefox allows it", { getAutoplayPolicy: () => "allowed", userActivation: { hasBeenActive: false } }, true],
    ["Firefox does not", { getAutoplayPolicy: () => "disallowed", userActivation: { hasBeenActive: true } }, false],
    ["the page does not say", {}, undefined],
  ])("autoplay policy: %s", (_, navigator, allowed) => {
    vi.stubGlobal("navigator", navigator);
    expect(autoplayAllowed(new FakeContext() as unknown as AudioContext)).toBe(allowed);
    vi.unstubAllGlobals();
  });

  it("reports the end of a context, once, whenever it comes", async () => {
    const { context, reports, autoplay } = watch();
    context.state = "closed";
    await autoplay.start();
    context.become("closed");
    await vi.runAllTimersAsync();
    expect(reports).toEqual(["closed"]);
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
