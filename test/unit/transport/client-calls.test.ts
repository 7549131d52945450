import { PipecatClient } from "@pipecat-ai/client-js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ScriptedTransport } from "../../../src/testing/scripted-transport.js";
import { afterMicrotasks, ClientCalls } from "../../../src/transport/client-calls.js";

/** More microtasks than a client takes to react. */
const reactions = (): Promise<void> => new Promise((resolve) => afterMicrotasks(10, resolve));

/** The calls of a client, and which of its disconnects were wishes of the app. */
function calling() {
  const calls = new ClientCalls();
  const released: string[] = [];
  const disconnect = (name: string): Promise<void> =>
    calls.release(() => {
      released.push(name);
      return Promise.resolve();
    });
  return { calls, released, disconnect };
}

describe("calls of a client: which begin an attempt", () => {
  it("is the first after the state was read, in the same run", async () => {
    const { calls } = calling();
    calls.looked();
    expect(calls.next()).toEqual({ number: 1, opens: true, afresh: false });
    expect(calls.next()).toEqual({ number: 2, opens: false, afresh: false });
    calls.looked();
    await reactions();
    expect(calls.next(), "in another run").toEqual({ number: 3, opens: false, afresh: false });
  });

  it("is none because a callback of the app has read the state before it in the same run", () => {
    const { calls } = calling();
    calls.looked();
    calls.callbackReturned();
    expect(calls.next().opens).toBe(false);
  });

  it("is told apart by what went before in the same run: a start that was answered, a disconnect", async () => {
    const { calls, disconnect } = calling();
    calls.startAnswered();
    calls.looked();
    expect(calls.next()).toEqual({ number: 1, opens: true, afresh: true });
    await reactions();
    expect(calls.next().afresh).toBe(false);
    await disconnect("the app's");
    await reactions();
    expect(calls.next().afresh).toBe(false);
    void disconnect("the app's");
    expect(calls.next().afresh).toBe(true);
  });
});

describe("calls of a client: its disconnect after a promise that rejects", () => {
  it("is no wish of the app where the call was refused, and is over when the client has forgotten it", async () => {
    const { calls, released, disconnect } = calling();
    let over = 0;
    const refused = calls.answersWith(
      Promise.reject(new Error("no")),
      () => "refused",
      () => (over += 1),
    );
    await refused.catch(() => disconnect("the client's"));
    expect(released).toEqual([]);
    await reactions();
    expect(over).toBe(1);
    await disconnect("the app's");
    expect(released).toEqual(["the app's"]);
  });

  it("is one where nothing was called meanwhile", async () => {
    const { calls, released, disconnect } = calling();
    await calls.answersWith(Promise.reject(new Error("no")), () => ({ calls: 0 })).catch(() => disconnect("in time"));
    expect(released).toEqual(["in time"]);
    const { number } = calls.next();
    await calls
      .answersWith(Promise.reject(new Error("no")), () => ({ calls: number - 1 }))
      .catch(() => disconnect("late"));
    expect(released).toEqual(["in time"]);
  });

  it("is over, too, where the client does not react, and takes no later one for it", async () => {
    const { calls, released, disconnect } = calling();
    let over = 0;
    calls
      .answersWith(
        Promise.reject(new Error("no")),
        () => "refused",
        () => (over += 1),
      )
      .catch(() => undefined);
    await reactions();
    expect(over).toBe(1);
    await disconnect("the app's");
    expect(released).toEqual(["the app's"]);
  });
});

describe("calls of a client: its disconnect when the bot leaves", () => {
  it("is no wish where it is the last in the callback; those before it are the app's", async () => {
    const { calls, released, disconnect } = calling();
    calls.absorbLastRelease(() => {
      void disconnect("the app's");
      void disconnect("the client's");
    });
    await reactions();
    expect(released).toEqual(["the app's"]);
    await disconnect("later");
    expect(released).toEqual(["the app's", "later"]);
  });

  it("is a wish, once, where the app goes on to another call", async () => {
    const { calls, released, disconnect } = calling();
    calls.absorbLastRelease(() => {
      void disconnect("the app's");
      calls.next();
      calls.next();
    });
    await reactions();
    expect(released).toEqual(["the app's"]);
  });
});

describe("calls of a client: readiness", () => {
  it("is asked for right after a connect that has resolved, and on behalf of nobody later", async () => {
    const { calls } = calling();
    const request = { isJoined: true, session: 2 };
    const connected = Promise.resolve();
    calls.asksForReady(connected, () => request);
    await connected;
    expect(calls.takeReadyRequest()).toEqual(request);
    expect(calls.takeReadyRequest(), "it was taken").toBeUndefined();
    calls.asksForReady(connected, () => request);
    await reactions();
    expect(calls.takeReadyRequest(), "it is too late").toBeUndefined();
    const failed = Promise.reject(new Error("no"));
    calls.asksForReady(failed, () => request);
    await failed.catch(() => undefined);
    expect(calls.takeReadyRequest()).toBeUndefined();
  });
});

describe("calls of a client: an app that reads the state in its callback", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    const page = Object.assign(new EventTarget(), { navigator: { userAgent: "test" } });
    vi.stubGlobal("window", page);
    vi.stubGlobal("navigator", page.navigator);
    for (const level of ["log", "warn", "info", "debug", "error"] as const) {
      vi.spyOn(console, level).mockImplementation(() => undefined);
    }
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("has the newer of two connects, and an answer to both", async () => {
    const transport = new ScriptedTransport();
    const client: PipecatClient = new PipecatClient({
      transport,
      callbacks: { onTransportStateChanged: () => void client.state, onError: () => undefined },
    });
    const ends = ["pending", "pending"];
    const connect = (at: number): void => {
      client.connect().then(
        () => (ends[at] = "resolved"),
        (error: unknown) => (ends[at] = error instanceof Error ? error.name : "odd"),
      );
    };
    connect(0);
    for (let microtask = 0; microtask < 4; microtask += 1) await Promise.resolve();
    connect(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ends).toEqual(["AlreadyConnectedError", "resolved"]);
    await client.disconnect();
    await vi.advanceTimersByTimeAsync(20_000);
  });
});
