import {
  createActor,
  fromCallback,
  SimulatedClock,
  transition,
  type AnyMachineSnapshot,
  type EventObject,
} from "xstate";
import { beforeEach, describe, expect, it } from "vitest";
import { linkMachine } from "../../machines/index.js";
import type {
  LinkContext,
  LinkInput,
  NetworkFact,
  RetryFact,
  RetryInput,
  WireFact,
} from "../../machines/link.types.js";
import type { Fault } from "../../src/contracts/fault.js";
import { LINK_INPUT, linkChart } from "../../packages/testkit/src/models/charts.js";
import { isIn, placeOf, silenced, walk } from "../../packages/testkit/src/models/graph.js";

const lost: Fault = { id: 1, code: "connection-lost", message: "scripted", retryable: true };
const refused: Fault = { id: 2, code: "unauthorized", message: "scripted", retryable: false };
const contextOf = ({ context }: AnyMachineSnapshot): LinkContext => context as LinkContext;

describe("the graph of the link", () => {
  const { states, edges } = walk(linkChart);
  const machine = silenced(linkChart);

  it("dials again only when the policy grants it, a wire is changed, or the network of a redial came back", () => {
    const dials = edges.filter(({ from, to }) => contextOf(to).attempt > contextOf(from).attempt);
    expect(new Set(dials.map(({ from }) => placeOf(from)))).toEqual(
      new Set(["waiting.counting", "attempt.up.expiring", "attempt.up.steady"]),
    );
    const granted = edges.filter(({ from, to }) => isIn(to, "waiting") && !isIn(from, "waiting"));
    expect(new Set(granted.map(({ letter, from }) => `${letter.event.type} in ${placeOf(from)}`))).toEqual(
      new Set(["retry.granted in asking", "network.returned in attempt.dialing"]),
    );
  });

  it("forgets failures when a wire has stayed up for minUptime and its service was ready, and never else", () => {
    const forgetting = edges.filter(({ from, to }) => contextOf(to).redials < contextOf(from).redials);
    for (const { from, letter } of forgetting) {
      const { settled, served } = contextOf(from);
      expect(letter.event.type === "session.ready" ? settled : served).toBe(true);
    }
    expect(new Set(forgetting.map(({ letter }) => letter.event.type))).toEqual(
      new Set(["xstate.after.minUptime.link.attempt.up", "session.ready"]),
    );
  });

  it("asks the wire for a sign of life when the page wakes up or the network returns, and only while it is up", () => {
    for (const { from, letter } of edges) {
      const isWake = letter.event.type === "page.woke" || letter.event.type === "network.returned";
      const [, actions] = transition(machine, from, letter.event);
      const asks = actions.map(({ type }): string => type).includes("probeWire");
      expect(asks, `${letter.event.type} in ${placeOf(from)}`).toBe(isWake && isIn(from, { attempt: "up" }));
    }
    // Twelve thousand steps: a busy machine takes its time.
  }, 30_000);

  it("changes no wire that has not settled, and none that is busy before its deadline", () => {
    const changes = edges.filter(({ from, to }) => isIn(from, { attempt: "up" }) && isIn(to, { attempt: "dialing" }));
    expect(changes.length).toBeGreaterThan(0);
    for (const { from, letter } of changes) {
      const { settled, busy } = contextOf(from);
      if (letter.event.type !== "xstate.after.minUptime.link.attempt.up") expect(settled).toBe(true);
      if (letter.event.type !== "network.returned") expect(contextOf(from).offline).toBe(false);
      if (!letter.event.type.startsWith("xstate.after.deadline")) {
        expect(busy && letter.event.type !== "wire.quiet").toBe(false);
      }
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
  let asked: RetryInput[];
  let answer: RetryFact;
  let reported: string[];

  beforeEach(() => {
    clock = new SimulatedClock();
    dials = 0;
    asked = [];
    answer = { type: "retry.granted", wait: 100 };
    reported = [];
  });

  function start(input: Partial<LinkInput> = {}, ask: () => RetryFact = () => answer) {
    const machine = linkMachine.provide({
      actors: {
        wire: fromCallback(({ sendBack }) => {
          dials += 1;
          wire = sendBack;
        }),
        network: fromCallback(({ sendBack }) => {
          network = sendBack;
        }),
        retry: fromCallback<EventObject, RetryInput>(({ input: question, sendBack }) => {
          asked.push(question);
          sendBack(ask());
        }),
      },
      // Nobody listens above.
      actions: {
        reportOpened: () => reported.push("opened"),
        reportDropped: () => reported.push("dropped"),
        reportChanging: () => reported.push("changing"),
      },
    });
    return createActor(machine, { input: { ...LINK_INPUT, ...input }, clock }).start();
  }

  const opened = (): void => {
    wire({ type: "wire.opened", continuity: "fresh" });
  };
  const dropped = (): void => {
    wire({ type: "wire.closed", fault: lost });
  };
  /** Open for so long that it may be changed. */
  const settled = (): void => {
    opened();
    clock.increment(LINK_INPUT.minUptime);
  };

  it("does not redial a first dial by default", () => {
    const link = start();
    dropped();
    expect(link.getSnapshot().output).toEqual({ outcome: "refused", fault: lost });
    expect([dials, asked.length]).toEqual([1, 0]);
  });

  it("redials a first dial when it is told to, after the policy's wait", () => {
    const link = start({ retryInitial: true });
    dropped();
    clock.increment(99);
    expect(dials).toBe(1);
    clock.increment(1);
    expect(dials).toBe(2);
    expect(link.getSnapshot().value).toEqual({ attempt: "dialing" });
  });

  it("asks the policy with the facts, and waits as long as it says", () => {
    start();
    opened();
    dropped();
    clock.increment(99);
    expect(dials).toBe(1);
    clock.increment(1);
    dropped();
    expect(dials).toBe(2);
    expect(asked).toEqual([
      { reconnect: 1, attempts: 1, fault: lost, everOpened: true, isFirst: true },
      { reconnect: 2, attempts: 2, fault: lost, everOpened: true, isFirst: false },
    ]);
    expect(reported).toEqual(["opened", "dropped"]);
  });

  it("gives up when the policy does, and says nothing of a loss that nobody mends", () => {
    const link = start();
    opened();
    answer = { type: "retry.denied" };
    dropped();
    expect(link.getSnapshot().output).toEqual({ outcome: "exhausted", fault: lost });
    expect(reported).toEqual(["opened"]);
  });

  it("ends with the policy's own fault when that is broken", () => {
    const link = start();
    opened();
    answer = { type: "retry.failed", fault: refused };
    dropped();
    expect(link.getSnapshot().output).toEqual({ outcome: "refused", fault: refused });
  });

  it("ends with its own fault, not that of the loss, when the asking crashes", () => {
    const link = start({}, () => {
      throw new Error("scripted");
    });
    opened();
    dropped();
    expect(link.getSnapshot().output).toMatchObject({ outcome: "refused", fault: { code: "internal-error" } });
  });

  it("counts redials anew once the wire has stayed up for minUptime and the service was ready", () => {
    const link = start();
    for (const uptime of [LINK_INPUT.minUptime - 1, LINK_INPUT.minUptime, LINK_INPUT.minUptime - 1]) {
      opened();
      link.send({ type: "session.ready" });
      clock.increment(uptime);
      dropped();
      clock.increment(100);
    }
    expect(asked.map(({ reconnect }) => reconnect)).toEqual([1, 1, 2]);
  });

  it("counts a wire whose service is never ready as a failed redial, however long it was up", () => {
    const link = start();
    for (let redial = 1; redial <= 3; redial += 1) {
      settled();
      link.send({ type: "session.overdue", readyTimeout: 2_000 });
      clock.increment(100);
    }
    expect(asked.map(({ reconnect, fault: { code } }) => [reconnect, code])).toEqual([
      [1, "ready-timeout"],
      [2, "ready-timeout"],
      [3, "ready-timeout"],
    ]);
    expect(reported.filter((fact) => fact === "dropped")).toHaveLength(3);
    settled();
    link.send({ type: "session.ready" });
    dropped();
    expect(asked.at(-1)).toMatchObject({ reconnect: 1 });
  });

  it("waits no longer than it is told to when the page wakes up", () => {
    answer = { type: "retry.granted", wait: 60_000 };
    start();
    opened();
    dropped();
    clock.increment(1_000);
    network({ type: "page.woke", wait: 300 });
    clock.increment(299);
    // One that would only wait for longer changes nothing.
    network({ type: "page.woke", wait: 400 });
    expect(dials).toBe(1);
    clock.increment(1);
    expect(dials).toBe(2);
  });

  it("does not dial for a page that wakes up without a network", () => {
    const link = start();
    opened();
    network({ type: "network.lost" });
    dropped();
    network({ type: "page.woke", wait: 0 });
    clock.increment(60_000);
    expect(dials).toBe(1);
    expect(link.getSnapshot().matches({ waiting: "offline" })).toBe(true);
  });

  it("does not redial what no redial can mend", () => {
    const link = start();
    opened();
    wire({ type: "wire.closed", fault: refused });
    expect(link.getSnapshot().output).toEqual({ outcome: "refused", fault: refused });
  });

  it("takes a dial that never opens for a failure", () => {
    const link = start();
    clock.increment(LINK_INPUT.dialTimeout);
    expect(link.getSnapshot().output).toMatchObject({ outcome: "refused", fault: { code: "connect-timeout" } });
  });

  it("stands still while offline, and dials soon after the network returns", () => {
    const link = start();
    opened();
    dropped();
    network({ type: "network.lost" });
    clock.increment(3_600_000);
    expect(link.getSnapshot().value).toEqual({ waiting: "offline" });
    expect(dials).toBe(1);
    network({ type: "network.returned", wait: 30 });
    clock.increment(29);
    expect(dials).toBe(1);
    clock.increment(1);
    expect(dials).toBe(2);
  });

  it("does not even wait for a policy's delay when the network was gone before the wire was", () => {
    const link = start();
    opened();
    network({ type: "network.lost" });
    dropped();
    clock.increment(3_600_000);
    expect(link.getSnapshot().value).toEqual({ waiting: "offline" });
    network({ type: "network.returned", wait: 0 });
    clock.increment(0);
    expect(dials).toBe(2);
  });

  it.each([
    ["up", opened],
    ["dialled", () => undefined],
  ])("knows that the network is back when it went and came while the wire was %s", (_, begin) => {
    start({ retryInitial: true });
    begin();
    network({ type: "network.lost" });
    network({ type: "network.returned", wait: 0 });
    dropped();
    clock.increment(100);
    expect(dials).toBe(2);
  });

  it("does not count a dial during which the network was lost, whether it is back or not", () => {
    start();
    opened();
    dropped();
    clock.increment(100);
    network({ type: "network.lost" });
    dropped();
    network({ type: "network.returned", wait: 0 });
    clock.increment(0);
    network({ type: "network.lost" });
    dropped();
    network({ type: "network.returned", wait: 0 });
    clock.increment(0);
    dropped();
    expect(asked.map(({ reconnect, isFirst }) => [reconnect, isFirst])).toEqual([
      [1, true],
      [1, false],
      [1, false],
      [2, false],
    ]);
  });

  it("dials anew, for free, when the network returns during a redial that it was lost in", () => {
    const link = start();
    opened();
    dropped();
    clock.increment(100);
    network({ type: "network.lost" });
    clock.increment(LINK_INPUT.dialTimeout / 2);
    expect(dials).toBe(2);
    network({ type: "network.returned", wait: 30 });
    expect(link.getSnapshot().children.wire, "the old one may hang").toBeUndefined();
    clock.increment(29);
    expect(dials).toBe(2);
    clock.increment(1);
    expect(dials).toBe(3);
    expect(asked).toHaveLength(1);
  });

  it("leaves a redial alone where the network was never lost, and the first dial in any case", () => {
    start();
    network({ type: "network.lost" });
    network({ type: "network.returned", wait: 0 });
    clock.increment(0);
    expect(dials).toBe(1);
    opened();
    dropped();
    clock.increment(100);
    network({ type: "network.returned", wait: 0 });
    clock.increment(0);
    expect(dials).toBe(2);
  });

  describe("whose wire expires", () => {
    it("changes it at once in a quiet moment, without asking the policy or counting a redial", () => {
      const link = start();
      settled();
      wire({ type: "wire.expiring", withinMs: 60_000 });
      expect(dials).toBe(2);
      expect(link.getSnapshot()).toMatchObject({ value: { attempt: "dialing" }, context: { redials: 0 } });
      expect([reported, asked]).toEqual([["opened", "changing"], []]);
    });

    it("waits while somebody speaks, and changes it when nobody does", () => {
      start();
      settled();
      wire({ type: "wire.busy" });
      wire({ type: "wire.expiring", withinMs: 60_000 });
      clock.increment(50_000);
      expect(dials).toBe(1);
      wire({ type: "wire.quiet" });
      expect(dials).toBe(2);
    });

    it("changes it a second before its end, whoever speaks", () => {
      start();
      settled();
      wire({ type: "wire.busy" });
      wire({ type: "wire.expiring", withinMs: 60_000 });
      clock.increment(58_999);
      expect(dials).toBe(1);
      clock.increment(1);
      expect(dials).toBe(2);
    });

    it("keeps it while there is no network to dial in, and changes it when there is", () => {
      start();
      settled();
      network({ type: "network.lost" });
      wire({ type: "wire.expiring", withinMs: 60_000 });
      clock.increment(60_000);
      expect(dials).toBe(1);
      network({ type: "network.returned", wait: 300 });
      expect(dials).toBe(2);
    });

    it("follows the newest word on when", () => {
      start();
      settled();
      wire({ type: "wire.busy" });
      wire({ type: "wire.expiring", withinMs: 60_000 });
      wire({ type: "wire.expiring", withinMs: 2_000 });
      clock.increment(1_000);
      expect(dials).toBe(2);
    });

    it("lets it stay until it has been up for minUptime: changes must not chase each other", () => {
      start();
      for (let round = 1; round <= 3; round += 1) {
        opened();
        wire({ type: "wire.expiring", withinMs: 0 });
        clock.increment(LINK_INPUT.minUptime - 1);
        expect(dials).toBe(round);
        clock.increment(1);
        expect(dials).toBe(round + 1);
      }
    });

    it("takes the ordinary way when the new dial fails", () => {
      start();
      settled();
      wire({ type: "wire.expiring", withinMs: 60_000 });
      dropped();
      expect(asked, "the outage begins here").toMatchObject([{ reconnect: 1, isFirst: true }]);
      expect(reported).toEqual(["opened", "changing"]);
      clock.increment(100);
      expect(dials).toBe(3);
    });

    it("is not held up by what was said on the old wire", () => {
      start();
      settled();
      wire({ type: "wire.busy" });
      wire({ type: "wire.expiring", withinMs: 0 });
      clock.increment(0);
      settled();
      wire({ type: "wire.expiring", withinMs: 60_000 });
      expect(dials).toBe(3);
    });
  });

  it("still owns the wire while it says goodbye", () => {
    const link = start();
    opened();
    link.send({ type: "link.released" });
    expect(link.getSnapshot().value).toEqual({ attempt: "closing" });
    expect(link.getSnapshot().children.wire).toBeDefined();
    dropped();
    expect(link.getSnapshot().output).toMatchObject({ outcome: "closed" });
  });
});
