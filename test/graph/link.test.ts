import { createActor, fromCallback, SimulatedClock, type AnyMachineSnapshot } from "xstate";
import { beforeEach, describe, expect, it } from "vitest";
import { linkMachine, type LinkContext, type LinkInput } from "../../machines/link.machine.js";
import type { WireFact, NetworkFact } from "../../machines/link.machine.js";
import type { Fault } from "../../src/contracts/fault.js";
import { LINK_INPUT, linkChart } from "../support/charts.js";
import { isIn, placeOf, walk } from "../support/graph.js";

const lost: Fault = { id: 1, code: "connection-lost", message: "scripted", retryable: true };
const refused: Fault = { id: 2, code: "unauthorized", message: "scripted", retryable: false };
const contextOf = ({ context }: AnyMachineSnapshot): LinkContext => context as LinkContext;

describe("the graph of the link", () => {
  const { states, edges } = walk(linkChart);

  it("never redials more often than its budget allows", () => {
    for (const state of states) expect(contextOf(state).redials).toBeLessThanOrEqual(LINK_INPUT.maxAttempts);
  });

  it("forgets failures after minUptime and nowhere else", () => {
    for (const { from, letter, to } of edges) {
      const forgets = contextOf(to).redials < contextOf(from).redials;
      if (forgets) expect(letter.event.type).toBe("xstate.after.minUptime.link.attempt.up");
    }
  });

  it("ends when it is released: at once, or with the wire's goodbye", () => {
    for (const { from, letter, to } of edges) {
      if (letter.event.type !== "link.released") continue;
      const said = isIn(from, { attempt: "up" });
      expect(placeOf(to), placeOf(from)).toBe(said ? "attempt.closing" : "closed");
    }
    const goodbyes = edges.filter(
      ({ from, letter }) => isIn(from, { attempt: "closing" }) && letter.event.type === "wire.closed",
    );
    expect(new Set(goodbyes.map(({ to }) => placeOf(to)))).toEqual(new Set(["closed"]));
  });

  it("has an outcome and, unless closed on purpose, a fault at each of its ends", () => {
    const ends = states.filter((state) => state.status === "done");
    expect(ends.length).toBeGreaterThanOrEqual(3);
    for (const end of ends) {
      const output = end.output as { outcome: string; fault: Fault | null };
      expect(output.outcome).toBe(placeOf(end));
      if (output.outcome !== "closed") expect(output.fault).not.toBeNull();
    }
  });
});

describe("a running link", () => {
  let clock: SimulatedClock;
  let dials: number;
  let wire: (fact: WireFact) => void;
  let network: (fact: NetworkFact) => void;

  beforeEach(() => {
    clock = new SimulatedClock();
    dials = 0;
  });

  function start(input: Partial<LinkInput> = {}) {
    const machine = linkMachine.provide({
      actors: {
        wire: fromCallback(({ sendBack }) => {
          dials += 1;
          wire = sendBack;
        }),
        network: fromCallback(({ sendBack }) => {
          network = sendBack;
        }),
      },
      // Nobody listens above.
      actions: { reportOpened: () => undefined, reportDropped: () => undefined },
    });
    return createActor(machine, { input: { ...LINK_INPUT, ...input }, clock }).start();
  }

  it("does not redial a first dial by default", () => {
    const link = start();
    wire({ type: "wire.closed", fault: lost });
    expect(link.getSnapshot().output).toEqual({ outcome: "refused", fault: lost });
    expect(dials).toBe(1);
  });

  it("redials a first dial when it is told to", () => {
    const link = start({ retryInitial: true });
    wire({ type: "wire.closed", fault: lost });
    clock.increment(100);
    expect(dials).toBe(2);
    expect(link.getSnapshot().value).toEqual({ attempt: "dialing" });
  });

  it("gives up after maxAttempts redials that never stay up", () => {
    const link = start({ maxAttempts: 4 });
    for (let round = 0; round < 10 && link.getSnapshot().status === "active"; round += 1) {
      wire({ type: "wire.opened", resumed: false });
      wire({ type: "wire.closed", fault: lost });
      clock.increment(1_000);
    }
    expect(dials).toBe(5);
    expect(link.getSnapshot().output).toEqual({ outcome: "exhausted", fault: lost });
  });

  it("counts redials anew once the wire has stayed up for minUptime", () => {
    const link = start({ maxAttempts: 1 });
    for (let round = 0; round < 5; round += 1) {
      wire({ type: "wire.opened", resumed: false });
      clock.increment(LINK_INPUT.minUptime);
      wire({ type: "wire.closed", fault: lost });
      clock.increment(1_000);
    }
    expect(dials).toBe(6);
    expect(link.getSnapshot().status).toBe("active");
  });

  it("does not redial what no redial can mend", () => {
    const link = start();
    wire({ type: "wire.opened", resumed: false });
    wire({ type: "wire.closed", fault: refused });
    expect(link.getSnapshot().output).toEqual({ outcome: "refused", fault: refused });
  });

  it("takes a dial that never opens for a failure", () => {
    const link = start();
    clock.increment(LINK_INPUT.dialTimeout);
    expect(link.getSnapshot().output).toMatchObject({ outcome: "refused", fault: { code: "connect-timeout" } });
  });

  it("waits longer each time, up to the cap", () => {
    start({ maxAttempts: 6, backoffBase: 100, backoffCap: 400 });
    const waits: number[] = [];
    for (let redial = 0; redial < 5; redial += 1) {
      wire({ type: "wire.opened", resumed: false });
      wire({ type: "wire.closed", fault: lost });
      const before = dials;
      let waited = 0;
      while (dials === before) {
        clock.increment(50);
        waited += 50;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([100, 200, 400, 400, 400]);
  });

  it("stands still while offline, and dials at once when the network returns", () => {
    const link = start({ maxAttempts: 1 });
    wire({ type: "wire.opened", resumed: false });
    wire({ type: "wire.closed", fault: lost });
    network({ type: "network.lost" });
    clock.increment(3_600_000);
    expect(link.getSnapshot().value).toEqual({ waiting: "offline" });
    expect(dials).toBe(1);
    network({ type: "network.returned" });
    expect(dials).toBe(2);
  });

  it("still owns the wire while it says goodbye", () => {
    const link = start();
    wire({ type: "wire.opened", resumed: false });
    link.send({ type: "link.released" });
    expect(link.getSnapshot().value).toEqual({ attempt: "closing" });
    expect(link.getSnapshot().children.wire).toBeDefined();
    wire({ type: "wire.closed", fault: lost });
    expect(link.getSnapshot().output).toMatchObject({ outcome: "closed" });
  });
});
