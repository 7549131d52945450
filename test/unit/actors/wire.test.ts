import { createActor, setup } from "xstate";
import { describe, expect, it } from "vitest";
import { FaultBook } from "../../../src/actors/fault-book.js";
import { wireActor } from "../../../src/actors/wire.js";
import type { DialRequest, WireReports } from "../../../src/contracts/wire.js";

/** A wire actor in a parent that writes down what it hears. */
function harness(hangUp: () => void = () => undefined) {
  const heard: string[] = [];
  const outer = new AbortController();
  const faults = new FaultBook();
  let dialed: { request: DialRequest; reports: WireReports } | undefined;
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
            heard.push(event.type);
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
    reports.opened({ resumed: false });
    reports.opened({ resumed: false });
    reports.closed(faults.record(new Error("a")));
    reports.closed(faults.record(new Error("b")));
    reports.opened({ resumed: true });
    expect(heard).toEqual(["wire.opened", "wire.closed"]);
  });

  it("aborts its signal when it is stopped, and says nothing after that", () => {
    const { request, reports, heard, parent, faults } = harness();
    parent.stop();
    expect(request.signal.aborted).toBe(true);
    reports.opened({ resumed: false });
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
