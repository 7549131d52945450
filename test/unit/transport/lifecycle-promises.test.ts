import type { TransportState } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { AlreadyConnectedError, ConnectionAbortedError, NotReadyError } from "../../../src/errors.js";
import { ClientCalls, afterMicrotasks } from "../../../src/transport/client-calls.js";
import { LifecyclePromises } from "../../../src/transport/lifecycle-promises.js";

const settled = (): Promise<void> => new Promise((resolve) => afterMicrotasks(20, resolve));

/** The promises of a session whose chart is the test. */
function promising() {
  const asked: string[] = [];
  const outcomes = new Map<string, string>();
  let state: TransportState = "disconnected";
  const calls = new ClientCalls();
  const promises = new LifecyclePromises(
    {
      state: () => state,
      release: () => void asked.push("release"),
      refusalOver: (attempt) => void asked.push(`refusal over ${attempt}`),
    },
    calls,
  );
  return {
    promises,
    calls,
    asked,
    outcomes,
    /** Writes down what becomes of a promise. */
    follow: (name: string, promise: Promise<void>) => {
      promise.then(
        () => outcomes.set(name, "resolved"),
        (error: unknown) => outcomes.set(name, error instanceof Error ? error.name : "odd"),
      );
    },
    enter: (next: TransportState, error?: Error) => {
      state = next;
      promises.entered(next, error);
    },
  };
}

type Rig = ReturnType<typeof promising>;

/** A `connect()` whose session is on its way. */
function connecting({ promises, follow, enter }: Rig, number = 1): void {
  follow(
    `connect ${number}`,
    promises.connect(number, () => undefined),
  );
  promises.decided({ type: "call.accepted", call: number });
  enter("connecting");
}

describe("the promise of connect()", () => {
  it("resolves when the session is connected, and not before", async () => {
    const rig = promising();
    connecting(rig);
    await settled();
    expect(rig.outcomes.size).toBe(0);
    rig.enter("connected");
    await settled();
    expect(rig.outcomes.get("connect 1")).toBe("resolved");
  });

  it("rejects with the error of a session that fails, and with the wish to end it", async () => {
    const failing = promising();
    connecting(failing);
    failing.enter("error", new NotReadyError("no"));
    const ending = promising();
    connecting(ending);
    ending.enter("disconnecting");
    await settled();
    expect([failing.outcomes.get("connect 1"), ending.outcomes.get("connect 1")]).toEqual([
      "NotReadyError",
      "ConnectionAbortedError",
    ]);
  });

  it("rejects with what its preparation throws, which ends the session that was to begin", async () => {
    const { promises, asked, outcomes, follow } = promising();
    const prepare = (): never => {
      throw new TypeError("no such option");
    };
    follow("connect", promises.connect(1, prepare));
    promises.decided({ type: "call.accepted", call: 1 });
    await settled();
    expect([outcomes.get("connect"), asked]).toEqual(["TypeError", ["release"]]);
  });

  it("is that of another call whose session it shares, at once where that is connected", async () => {
    const rig = promising();
    connecting(rig);
    rig.follow(
      "early",
      rig.promises.connect(2, () => undefined),
    );
    rig.promises.decided({ type: "call.joined", call: 2 });
    await settled();
    expect(rig.outcomes.has("early")).toBe(false);
    for (const [number, state] of [
      [3, "connected"],
      [4, "ready"],
    ] as const) {
      rig.enter(state);
      rig.follow(
        state,
        rig.promises.connect(number, () => undefined),
      );
      rig.promises.decided({ type: "call.joined", call: number });
    }
    await settled();
    expect([...rig.outcomes.values()]).toEqual(["resolved", "resolved", "resolved", "resolved"]);
  });

  it("rejects where the chart refuses it, and the chart hears when the client has reacted", async () => {
    const { promises, asked, outcomes, follow } = promising();
    follow(
      "connect",
      promises.connect(1, () => undefined),
    );
    promises.decided({ type: "calls.decided", answered: [], refused: [{ call: 1, attempt: 7, why: "superseded" }] });
    await settled();
    expect([outcomes.get("connect"), asked]).toEqual(["AlreadyConnectedError", ["refusal over 7"]]);
  });

  it("is not decided on twice, and nothing is done about calls that are unknown", async () => {
    const rig = promising();
    connecting(rig);
    rig.promises.decided({ type: "call.accepted", call: 1 });
    rig.promises.decided({ type: "call.joined", call: 9 });
    rig.promises.decided({
      type: "calls.decided",
      answered: [9],
      refused: [{ call: 9, attempt: 9, why: "cancelled" }],
    });
    await settled();
    expect([rig.outcomes.size, rig.asked]).toEqual([0, []]);
  });

  it("rejects when the chart dies before it has decided; who waits for devices goes on", async () => {
    const { promises, outcomes, follow } = promising();
    follow(
      "connect",
      promises.connect(1, () => undefined),
    );
    follow("devices", promises.devicesOf(2));
    promises.crashed(new NotReadyError("a defect"));
    await settled();
    expect(outcomes).toEqual(
      new Map([
        ["connect", "NotReadyError"],
        ["devices", "resolved"],
      ]),
    );
  });
});

describe("the start of a bot", () => {
  it("throws where the chart refuses it, and nothing where it does not", () => {
    const { promises } = promising();
    promises.start(1, () => undefined);
    const refusing = (): void => {
      promises.decided({ type: "calls.decided", answered: [], refused: [{ call: 2, attempt: 2, why: "cancelled" }] });
    };
    expect(() => promises.start(2, refusing)).toThrow(ConnectionAbortedError);
  });
});

describe("an attempt that is barred", () => {
  it("goes on, and its next call is rejected with the reason", async () => {
    const { promises, outcomes, follow } = promising();
    follow("devices", promises.barred(1, new AlreadyConnectedError("another has it")));
    expect(promises.isBarring).toBe(true);
    promises.decided({ type: "calls.decided", answered: [1], refused: [] });
    follow(
      "connect",
      promises.connect(2, () => undefined),
    );
    promises.decided({ type: "calls.decided", answered: [], refused: [{ call: 2, attempt: 1, why: "cancelled" }] });
    await settled();
    expect(Object.fromEntries(outcomes)).toEqual({ devices: "resolved", connect: "AlreadyConnectedError" });
    expect(promises.isBarring).toBe(false);
  });
});

describe("the promise of disconnect()", () => {
  it("resolves when nothing is held any more, for all who asked", async () => {
    const { promises, asked, outcomes, follow } = promising();
    follow("one", promises.disconnect());
    follow("other", promises.disconnect());
    await settled();
    expect([outcomes.size, asked]).toEqual([0, ["release", "release"]]);
    promises.released();
    await settled();
    expect(Object.fromEntries(outcomes)).toEqual({ one: "resolved", other: "resolved" });
  });
});

describe("the promise of initDevices()", () => {
  it("resolves when the microphone was answered, or the session fails", async () => {
    const rig = promising();
    rig.follow("answered", rig.promises.devices());
    rig.promises.microphoneSettled();
    await settled();
    expect(rig.outcomes.get("answered")).toBe("resolved");
    rig.follow("failed", rig.promises.devices());
    rig.enter("connecting");
    await settled();
    expect(rig.outcomes.has("failed"), "a session that begins answers nothing").toBe(false);
    rig.enter("error");
    await settled();
    expect(rig.outcomes.get("failed")).toBe("resolved");
  });

  it("waits for the end of a session that ends", async () => {
    const rig = promising();
    rig.enter("disconnecting");
    rig.follow("devices", rig.promises.devices());
    rig.promises.microphoneSettled();
    rig.promises.released();
    await settled();
    expect(rig.outcomes.size).toBe(0);
    rig.promises.microphoneSettled();
    await settled();
    expect(rig.outcomes.get("devices")).toBe("resolved");
  });
});

describe("waiting for readiness", () => {
  it("is over at once where the session is ready, or where there is none", async () => {
    const { promises, follow, enter, outcomes } = promising();
    follow("none", promises.whenReady());
    enter("ready");
    follow("ready", promises.whenReady());
    await settled();
    expect(Object.fromEntries(outcomes)).toEqual({ none: "NotReadyError", ready: "resolved" });
    expect(promises.waiting).toBe(0);
  });

  it("ends with the session, whose first reason counts", async () => {
    const rig = promising();
    connecting(rig);
    rig.follow("ready", rig.promises.whenReady());
    rig.follow("end", rig.promises.whenEnded());
    rig.follow("work", rig.promises.untilEnd(new Promise(() => undefined)));
    rig.enter("disconnecting");
    rig.enter("disconnected");
    await settled();
    for (const name of ["ready", "end", "work"]) expect(rig.outcomes.get(name)).toBe("ConnectionAbortedError");
    rig.follow("late end", rig.promises.whenEnded());
    rig.follow("late work", rig.promises.untilEnd(Promise.reject(new Error("nobody looks at it"))));
    await settled();
    expect(rig.outcomes.get("late end")).toBe("ConnectionAbortedError");
    expect(rig.outcomes.get("late work")).toBe("ConnectionAbortedError");
  });

  it("keeps the reason of the session until another one ends", async () => {
    const rig = promising();
    connecting(rig);
    rig.enter("error", new TypeError("the reason"));
    rig.enter("disconnecting");
    rig.enter("disconnected");
    rig.follow("after", rig.promises.whenReady());
    rig.enter("error", new RangeError("an error of its own"));
    rig.follow("again", rig.promises.whenReady());
    await settled();
    expect([rig.outcomes.get("after"), rig.outcomes.get("again")]).toEqual(["TypeError", "RangeError"]);
  });

  it("is announced on behalf of the call that has the session, and not of one that shares it", async () => {
    const rig = promising();
    let announced = 0;
    const announce = (): Promise<void> => Promise.resolve(void (announced += 1));
    connecting(rig);
    rig.enter("connected");
    rig.follow("own", rig.promises.ready(announce));
    await settled();
    expect([announced, rig.outcomes.get("own")]).toEqual([1, "resolved"]);
    const joined = rig.promises.connect(2, () => undefined);
    rig.promises.decided({ type: "call.joined", call: 2 });
    await joined;
    rig.follow("shared", rig.promises.ready(announce));
    await settled();
    expect([announced, rig.outcomes.has("shared")]).toEqual([1, false]);
    rig.enter("disconnecting");
    await settled();
    expect(rig.outcomes.get("shared")).toBe("ConnectionAbortedError");
  });

  it("is refused where the session has ended meanwhile, also when another has begun", async () => {
    const rig = promising();
    const announce = (): Promise<void> => Promise.resolve();
    rig.follow("none", rig.promises.ready(announce));
    const connected = rig.promises.connect(1, () => undefined);
    rig.promises.decided({ type: "call.accepted", call: 1 });
    rig.enter("connecting");
    rig.enter("connected");
    rig.enter("error", new TypeError("it broke"));
    rig.enter("connecting");
    await connected;
    rig.follow("overtaken", rig.promises.ready(announce));
    await settled();
    expect(Object.fromEntries(rig.outcomes)).toEqual({ none: "NotReadyError", overtaken: "TypeError" });
  });

  it("ends once: a client's disconnect after it is not one of a session that was asked for on the way", async () => {
    const rig = promising();
    const released: string[] = [];
    const connected = rig.promises.connect(rig.calls.next().number, () => undefined);
    // As the client does it: directly after.
    const ready = connected.then(() => rig.promises.ready(() => new Promise(() => undefined)));
    rig.promises.decided({ type: "call.accepted", call: 1 });
    rig.enter("connecting");
    rig.enter("connected");
    await settled();
    const reaction = ready.catch(() => rig.calls.release(async () => void released.push("the client's")));
    rig.enter("disconnecting");
    rig.calls.next();
    rig.enter("disconnected");
    await reaction;
    await settled();
    expect(released).toEqual([]);
  });
});
