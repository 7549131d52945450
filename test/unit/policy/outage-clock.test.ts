import { expect, it } from "vitest";
import { OutageClock } from "../../../src/policy/outage-clock.js";
import { timeOf } from "../../../src/policy/time.js";
import { ManualClock } from "../../../src/testing/index.js";

it("outage clock: measures an outage without the time in which there was no network", () => {
  const clock = new ManualClock();
  const outage = new OutageClock(timeOf(clock));
  clock.advance(100);
  outage.pause();
  outage.pause();
  clock.advance(1_000);
  outage.resume();
  outage.resume();
  clock.advance(10);
  expect(outage.elapsed).toBe(110);
  outage.restart();
  clock.advance(1);
  expect(outage.elapsed).toBe(1);
  outage.pause();
  outage.restart();
  clock.advance(1_000);
  expect(outage.elapsed).toBe(0);
});

it("outage clock: keeps away as long as the service asks for, online or not", () => {
  const clock = new ManualClock();
  const outage = new OutageClock(timeOf(clock));
  expect(outage.held).toBe(0);
  outage.hold(100);
  outage.pause();
  clock.advance(60);
  expect(outage.held).toBe(40);
  clock.advance(60);
  expect(outage.held).toBe(0);
});

it("outage clock: takes its time from a clock's number or function, or from the system", () => {
  expect(timeOf({ now: 5 })()).toBe(5);
  const clock = {
    time: 7,
    now: function () {
      return clock.time;
    },
  };
  expect(timeOf(clock)()).toBe(7);
  const before = performance.now();
  expect(timeOf(undefined)()).toBeGreaterThanOrEqual(before);
});
