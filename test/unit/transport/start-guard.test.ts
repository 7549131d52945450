import { beforeEach, describe, expect, it } from "vitest";
import { StartGuard } from "../../../src/transport/start-guard.js";

const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("the start guard", () => {
  let guard: StartGuard;
  beforeEach(() => {
    guard = new StartGuard();
  });

  it("lets an ordinary way to connect() pass", () => {
    expect(guard.devicesRequested()).toBe(true);
    expect(guard.botStarting()).toBe(true);
    expect(guard.botStarted()).toBe(true);
    expect(guard.takeCancelled()).toBe(false);
  });

  it("cancels the one connect() whose devices were being waited for", () => {
    guard.devicesRequested();
    guard.released(true);
    expect(guard.takeCancelled()).toBe(true);
    expect(guard.takeCancelled()).toBe(false);
  });

  it("still cancels it when disconnect() is called twice", () => {
    guard.devicesRequested();
    guard.released(true);
    guard.released(false);
    expect(guard.takeCancelled()).toBe(true);
  });

  it("cancels nothing when nobody was on the way", () => {
    guard.released(false);
    expect(guard.takeCancelled()).toBe(false);
  });

  it("forgets a cancelled way when a new one begins", () => {
    guard.devicesRequested();
    guard.released(true);
    expect(guard.devicesRequested()).toBe(true);
    expect(guard.takeCancelled()).toBe(false);
  });

  it("cancels the connect() that follows a bot's start which nobody wants any more", () => {
    guard.botStarting();
    guard.released(false);
    expect(guard.botStarted()).toBe(false);
    expect(guard.takeCancelled()).toBe(true);
  });

  it("cancels nothing when that start fails: no connect() follows", () => {
    guard.botStarting();
    guard.released(false);
    expect(guard.takeCancelled()).toBe(false);
  });

  it("asks for no devices on behalf of such a start, and cancels its connect() however late", async () => {
    guard.botStarting();
    guard.released(false);
    guard.botStarted();
    expect(guard.devicesRequested()).toBe(false);
    await nextTask();
    expect(guard.takeCancelled()).toBe(true);
  });

  it("carries a cancellation from the devices through the bot's start to connect()", () => {
    guard.devicesRequested();
    guard.released(true);
    expect(guard.botStarting()).toBe(false);
    expect(guard.botStarted()).toBe(false);
    expect(guard.takeCancelled()).toBe(true);
  });

  it("forgets a cancelled startBot() that no connect() follows", async () => {
    guard.botStarting();
    guard.released(false);
    guard.botStarted();
    await nextTask();
    expect(guard.takeCancelled()).toBe(false);
  });
});
