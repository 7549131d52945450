import { createActor, setup } from "xstate";
import { describe, expect, it } from "vitest";
import { FaultBook } from "../../../src/actors/fault-book.js";
import { wireActor, type DialWire } from "../../../src/actors/wire.js";
import type { WireReports } from "../../../src/contracts/wire.js";

/** A wire actor in a parent that writes down what it hears. */
function harness(hangUp: () => void = () => undefined) {
  const heard: string[] = [];
  const outer = new AbortController();
  const faults = new FaultBook();
  let dialed: { request: Parameters<DialWire>[0]; reports: WireReports } | undefined;
  const wire = wireActor(
    (request, reports) => {
      dialed = { request, reports };
      return { hangUp };
    },
    faults,
    outer.signal,
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
  return { ...dialed, heard, parent, outer, faults, wire: parent.getSnapshot().children.wire };
}

describe("wireActor", () => {
  it("reports opened once and closed once", () => {
    const { reports, heard, faults } = harness();
    reports.opened({ conversation: "fresh" });
    reports.opened({ conversation: "fresh" });
    reports.closed(faults.record(new Error("a")));
    reports.closed(faults.record(new Error("b")));
    reports.opened({ conversation: "resumed" });
    expect(heard).toEqual(["wire.opened", "wire.closed"]);
  });

  it("says only while it is open that it expires, in ms that a timer can bear", () => {
    const { reports, heard, faults } = harness();
    reports.expiring({ withinMs: 1 });
    reports.opened({ conversation: "fresh" });
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
    reports.opened({ conversation: "fresh" });
    for (const isBusy of [true, false, false, true]) reports.busy(isBusy);
    expect(heard).toEqual(["wire.opened", "wire.busy", "wire.quiet", "wire.busy"]);
  });

  it("aborts its signal when it is stopped, and says nothing after that", () => {
    const { request, reports, heard, parent, faults } = harness();
    parent.stop();
    expect(request.signal.aborted).toBe(true);
    reports.opened({ conversation: "fresh" });
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
});
