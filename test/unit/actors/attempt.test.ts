import { createActor, setup } from "xstate";
import { describe, expect, it } from "vitest";
import { ErrorRegistry } from "../../../src/actors/error-registry.js";
import { attemptActor } from "../../../src/actors/attempt.js";
import { ManualClock } from "../../../src/testing/index.js";
import type { ConnectionReports, OpenConnection } from "../../../src/contracts/connection.js";

/** A connection actor in a parent that writes down what it reports. */
function harness(close: () => void = () => undefined, probe: () => boolean = () => false) {
  const heard: string[] = [];
  const outer = new AbortController();
  const clock = new ManualClock();
  const faults = new ErrorRegistry();
  let dialed: { request: Parameters<OpenConnection>[0]; reports: ConnectionReports } | undefined;
  const attempt = attemptActor(
    (request, reports) => {
      dialed = { request, reports };
      return { close, probe, stalledFor: () => 0 };
    },
    faults,
    outer.signal,
    { silence: 1_000, probe: 300, clock },
  );
  const parent = createActor(
    setup({ actors: { attempt } }).createMachine({
      invoke: { id: "attempt", src: "attempt", input: { attempt: 1 } },
      on: {
        "*": {
          actions: ({ event }) => {
            const { afterMs, withinMs } = event as { afterMs?: number; withinMs?: number };
            heard.push(withinMs === undefined ? event.type : `${event.type} ${afterMs} ${withinMs}`);
          },
        },
      },
    }),
  ).start();
  if (dialed === undefined) throw new Error("it was not dialled");
  return { ...dialed, clock, heard, parent, outer, faults, attempt: parent.getSnapshot().children.attempt };
}

describe("attemptActor", () => {
  it("reports opened once and closed once", () => {
    const { reports, heard, faults } = harness();
    reports.opened();
    reports.opened();
    reports.closed(faults.record(new Error("a")));
    reports.closed(faults.record(new Error("b")));
    reports.opened();
    expect(heard).toEqual(["connection.opened", "connection.closed"]);
  });

  it("says only while it is open that it expires, in ms that a timer can bear", () => {
    const { reports, heard, faults } = harness();
    reports.expiring({ afterMs: 0, withinMs: 1 });
    reports.opened();
    for (const ms of [60_000, -1, Number.NaN, Infinity]) reports.expiring({ afterMs: ms, withinMs: ms });
    reports.closed(faults.record(new Error("a")));
    reports.expiring({ afterMs: 0, withinMs: 1 });
    const times = ["60000", "0", "0", "2147483647"].map((ms) => `connection.expiring ${ms} ${ms}`);
    expect(heard).toEqual(["connection.opened", ...times, "connection.closed"]);
  });

  it("tells once for each change whether it is busy, from its opening on", () => {
    const { reports, heard } = harness();
    reports.busy(false);
    reports.busy(true);
    reports.opened();
    for (const isBusy of [true, false, false, true]) reports.busy(isBusy);
    expect(heard).toEqual(["connection.opened", "connection.busy", "connection.quiet", "connection.busy"]);
  });

  it("aborts its signal when it is stopped, and says nothing after that", () => {
    const { request, reports, heard, parent, faults } = harness();
    parent.stop();
    expect(request.signal.aborted).toBe(true);
    reports.opened();
    reports.closed(faults.record(new Error("late")));
    expect(heard).toEqual([]);
  });

  it("ends with the composition, even if nobody stops the actor", () => {
    const { request, outer } = harness();
    outer.abort();
    expect(request.signal.aborted).toBe(true);
  });

  it("turns a close that throws into the terminal fact", () => {
    const { attempt, heard } = harness(() => {
      throw new Error("cannot");
    });
    attempt?.send({ type: "close" });
    expect(heard).toEqual(["connection.closed"]);
  });

  it("closes a connection whose service is silent, with an error that is worth a reconnect, and lets go of it", () => {
    const { reports, heard, clock, faults, parent, request } = harness();
    reports.opened();
    reports.expects("reply");
    clock.advance(1_000);
    expect(heard).toEqual(["connection.opened", "connection.closed"]);
    const error = faults.errorOf({ ...faults.record(new Error("next")), id: 1 });
    expect(error).toMatchObject({
      code: "connection-lost",
      retryable: true,
      message: expect.stringContaining("silent") as unknown,
    });
    parent.stop();
    expect(request.signal.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("asks at once when there is a reason to doubt, and believes what it hears", () => {
    let asked = 0;
    const { reports, heard, clock, attempt } = harness(undefined, () => (asked += 1) > 0);
    reports.opened();
    attempt?.send({ type: "probe" });
    attempt?.send({ type: "probe" });
    expect(asked).toBe(1);
    reports.received();
    clock.advance(900);
    expect(heard).toEqual(["connection.opened"]);
    attempt?.send({ type: "probe" });
    clock.advance(300);
    expect(heard).toEqual(["connection.opened", "connection.closed"]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["cannot be put", () => false],
  ])("takes a question that %s for no reason to give up by itself", (_, probe: () => boolean) => {
    const { reports, heard, clock, attempt } = harness(undefined, probe);
    reports.opened();
    attempt?.send({ type: "probe" });
    clock.advance(10_000);
    expect(heard).toEqual(["connection.opened"]);
    expect(clock.pending).toBe(1);
  });

  it.each(["a close", "an end of the composition", "a loss"])("leaves no timer after %s", (how) => {
    const { reports, clock, attempt, outer, faults } = harness();
    reports.opened();
    reports.expects("reply");
    expect(clock.pending).toBe(1);
    if (how === "a close") attempt?.send({ type: "close" });
    else if (how === "a loss") reports.closed(faults.record(new Error("lost")));
    else outer.abort();
    expect(clock.pending).toBe(0);
    reports.expects("nothing");
    reports.expects("reply");
    expect(clock.pending).toBe(0);
  });
});
