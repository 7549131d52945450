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

  it("waits: a bound promise leaves nothing waiting once its work has settled, and work that hangs ends with the session", async () => {
    const statePromises = new StatePromises();
    const ended = (state: string): Error | undefined => (state === "error" ? new Error("gone") : undefined);
    for (let reconnect = 0; reconnect < 50; reconnect += 1) await statePromises.bound(Promise.resolve(), ended);
    await expect(statePromises.bound(Promise.reject(new Error("refused")), ended)).rejects.toThrow("refused");
    await Promise.resolve();
    expect(statePromises.waiting).toBe(0);
    const hanging = statePromises.bound(new Promise(() => undefined), ended);
    expect(statePromises.waiting).toBe(1);
    statePromises.announce("error", undefined);
    await expect(hanging).rejects.toThrow("gone");
    expect(statePromises.waiting).toBe(0);
  });

  it("that nobody looks at reject in silence", async () => {
    const statePromises = new StatePromises();
    void statePromises.next(() => new Error("nobody"));
    statePromises.announce("error", undefined);
    await new Promise((resolve) => setImmediate(resolve));
  });
});
