import { describe, expect, it } from "vitest";
import { Waiters } from "../../../src/transport/state-promises.js";

describe("waiters", () => {
  it("settle with the announcement that decides, in any number", async () => {
    const waiters = new Waiters();
    const ready = waiters.next((state) => (state === "ready" ? "done" : undefined));
    const failed = waiters.next((state, error) => (state === "error" ? error : undefined));
    waiters.announce("connecting", undefined);
    waiters.announce("ready", undefined);
    waiters.announce("error", new Error("gone"));
    await ready;
    await expect(failed).rejects.toThrow("gone");
  });

  it("do not see what was announced before they waited", async () => {
    const waiters = new Waiters();
    waiters.announce("ready", undefined);
    let settled = false;
    void waiters.next((state) => (state === "ready" ? "done" : undefined)).then(() => (settled = true));
    await Promise.resolve();
    expect(settled).toBe(false);
  });

  it("that nobody looks at reject in silence", async () => {
    const waiters = new Waiters();
    void waiters.next(() => new Error("nobody"));
    waiters.announce("error", undefined);
    await new Promise((resolve) => setImmediate(resolve));
  });
});
