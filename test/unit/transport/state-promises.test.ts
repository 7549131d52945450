import { describe, expect, it } from "vitest";
import { StatePromises } from "../../../src/transport/state-promises.js";

describe("statePromises", () => {
  it("settle with the announcement that decides, in any number", async () => {
    const statePromises = new StatePromises();
    const ready = statePromises.next((state) => (state === "ready" ? "done" : undefined));
    const failed = statePromises.next((state, error) => (state === "error" ? error : undefined));
    statePromises.announce("connecting", undefined);
    statePromises.announce("ready", undefined);
    statePromises.announce("error", new Error("gone"));
    await ready;
    await expect(failed).rejects.toThrow("gone");
  });

  it("do not see what was announced before they waited", async () => {
    const statePromises = new StatePromises();
    statePromises.announce("ready", undefined);
    let settled = false;
    void statePromises.next((state) => (state === "ready" ? "done" : undefined)).then(() => (settled = true));
    await Promise.resolve();
    expect(settled).toBe(false);
  });

  it("that nobody looks at reject in silence", async () => {
    const statePromises = new StatePromises();
    void statePromises.next(() => new Error("nobody"));
    statePromises.announce("error", undefined);
    await new Promise((resolve) => setImmediate(resolve));
  });
});
