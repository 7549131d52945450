import { createActor, setup } from "xstate";
import { describe, expect, it } from "vitest";
import { ErrorRegistry } from "../../../src/actors/error-registry.js";
import { connectionActor, type OpenConnection } from "../../../src/actors/connection.js";
import { ManualClock } from "../../../src/testing/index.js";
import type { ConnectionReports } from "../../../src/contracts/connection.js";

/** A wire actor in a parent that writes down what it hears. */
function harness(hangUp: () => void = () => undefined, probe?: () => boolean) {
  const heard: string[] = [];
  const outer = new AbortController();
  const clock = new ManualClock();
  const faults = new ErrorRegistry();
  let dialed: { request: Parameters<OpenConnection>[0]; reports: ConnectionReports } | undefined;
  const wire = connectionActor(
    (request, reports) => {
      dialed = { request, reports };
      return { close: hangUp, ...(probe !== undefined && { probe }) };
    },
    faults,
    outer.signal,
    { silence: 1_000, probe: 300, clock },
  );
  const parent = createActor(
    setup({ actors: { wire } }).createMachine({
      invoke: { id: "wire", src: "wire", input: { attempt: 1 } },
      on: {
        "*": {
          actions: ({ event }) => {
            const { withinMs } = event as { withinMs?: number };
            heard.push(withinMs === undefined ? event.type : `${event.type} ${withinMs}`);
          },
        },
      },
    }),
  ).start();
  if (dialed === undefined) throw new Error("it was not dialled");
  return { ...dialed, clock, heard, parent, outer, faults, wire: parent.getSnapshot().children.wire };
}

describe("wireActor", () => {
  it("reports opened once and closed once", () => {
    const { reports, heard, faults } = harness();
    reports.opened({ continuity: "fresh" });
    reports.opened({ continuity: "fresh" });
    reports.closed(faults.record(new Error("a")));
    reports.closed(faults.record(new Error("b")));
    reports.opened({ continuity: "resumed" });
    expect(heard).toEqual(["wire.opened", "wire.closed"]);
  });

  it("says only while it is open that it expires, in ms that a timer can bear", () => {
    const { reports, heard, faults } = harness();
    reports.expiring({ withinMs: 1 });
    reports.opened({ continuity: "fresh" });
    for (const withinMs of [60_000, -1, Number.NaN, Infinity]) reports.expiring({ withinMs });
    reports.closed(faults.record(new Error("a")));
    reports.expiring({ withinMs: 1 });
    const times = ["60000", "0", "0", "2147483647"].map((ms) => `wire.expiring ${ms}`);
    expect(heard).toEqual(["wire.opened", ...times, "wire.closed"]);
  });

  it("tells once for each change whether it is busy, from its opening on", () => {
    const { reports, heard } = harness();
    reports.busy(false);
    reports.busy(true);
    reports.opened({ continuity: "fresh" });
    for (const isBusy of [true, false, false, true]) reports.busy(isBusy);
    expect(heard).toEqual(["wire.opened", "wire.busy", "wire.quiet", "wire.busy"]);
  });

  it("aborts its signal when it is stopped, and says nothing after that", () => {
    const { request, reports, heard, parent, faults } = harness();
    parent.stop();
    expect(request.signal.aborted).toBe(true);
    reports.opened({ continuity: "fresh" });
    reports.closed(faults.record(new Error("late")));
    expect(heard).toEqual([]);
  });

  it("ends with the composition, even if nobody stops the actor", () => {
    const { request, outer } = harness();
    outer.abort();
    expect(request.signal.aborted).toBe(true);
  });

  it("turns a goodbye that throws into the terminal fact", () => {
    const { wire, heard } = harness(() => {
      throw new Error("cannot");
    });
    wire?.send({ type: "goodbye.requested" });
    expect(heard).toEqual(["wire.closed"]);
  });

  it("closes a wire whose service is silent, with an error that is worth another dial, and lets go of it", () => {
    const { reports, heard, clock, faults, parent, request } = harness();
    reports.opened({ continuity: "fresh" });
    reports.expects("reply");
    clock.advance(1_000);
    expect(heard).toEqual(["wire.opened", "wire.closed"]);
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
    const { reports, heard, clock, wire } = harness(undefined, () => (asked += 1) > 0);
    reports.opened({ continuity: "fresh" });
    wire?.send({ type: "probe.requested" });
    wire?.send({ type: "probe.requested" });
    expect(asked).toBe(1);
    reports.received();
    clock.advance(900);
    expect(heard).toEqual(["wire.opened"]);
    wire?.send({ type: "probe.requested" });
    clock.advance(300);
    expect(heard).toEqual(["wire.opened", "wire.closed"]);
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
    const { reports, heard, clock, wire } = harness(undefined, probe);
    reports.opened({ continuity: "fresh" });
    wire?.send({ type: "probe.requested" });
    clock.advance(10_000);
    expect(heard).toEqual(["wire.opened"]);
    expect(clock.pending).toBe(1);
  });

  it.each(["a goodbye", "an end of the composition", "a loss"])("leaves no timer after %s", (how) => {
    const { reports, clock, wire, outer, faults } = harness();
    reports.opened({ continuity: "fresh" });
    reports.expects("reply");
    expect(clock.pending).toBe(1);
    if (how === "a goodbye") wire?.send({ type: "goodbye.requested" });
    else if (how === "a loss") reports.closed(faults.record(new Error("lost")));
    else outer.abort();
    expect(clock.pending).toBe(0);
    reports.expects("nothing");
    reports.expects("reply");
    expect(clock.pending).toBe(0);
  });
});
