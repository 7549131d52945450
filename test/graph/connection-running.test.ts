import { createActor, fromCallback, SimulatedClock, type EventObject } from "xstate";
import { beforeEach, describe, expect, it } from "vitest";
import {
  connectionMachine,
  type AttemptCommand,
  type AttemptFact,
  type ConnectionInput,
  type NetworkFact,
  type RetryFact,
  type RetryInput,
} from "../../machines/connection.machine.js";
import type { Fault } from "../../src/contracts/fault.js";
import { CONNECTION_INPUT } from "../../src/testing/model/charts.js";

const lost: Fault = { id: 1, code: "connection-lost", message: "scripted", retryable: true };
const refused: Fault = { id: 2, code: "unauthorized", message: "scripted", retryable: false };

describe("a running connection", () => {
  let clock: SimulatedClock;
  let attempts: number;
  let live: number;
  let commands: string[];
  let attempt: (fact: AttemptFact) => void;
  let network: (fact: NetworkFact) => void;
  let asked: RetryInput[];
  let answer: RetryFact;
  let reported: string[];

  beforeEach(() => {
    clock = new SimulatedClock();
    attempts = live = 0;
    commands = [];
    asked = [];
    answer = { type: "retry.granted", wait: 100 };
    reported = [];
  });

  function start(input: Partial<ConnectionInput> = {}, ask: () => RetryFact = () => answer) {
    const machine = connectionMachine.provide({
      actors: {
        attempt: fromCallback<AttemptCommand, { attempt: number }>(
          ({ input: { attempt: number }, sendBack, receive }) => {
            attempts += 1;
            live += 1;
            expect([number, live]).toEqual([attempts, 1]);
            attempt = sendBack;
            receive(({ type }) => commands.push(type));
            return () => {
              live -= 1;
            };
          },
        ),
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
        reportLost: () => reported.push("lost"),
        reportChanging: () => reported.push("changing"),
      },
    });
    return createActor(machine, { input: { ...CONNECTION_INPUT, ...input }, clock }).start();
  }

  const open = (): void => {
    attempt({ type: "connection.opened", continuity: "fresh" });
  };
  const drop = (): void => {
    attempt({ type: "connection.closed", fault: lost });
  };
  /** Open for so long that it may be changed. */
  const last = (): void => {
    open();
    clock.increment(CONNECTION_INPUT.minUptime);
  };

  const phase = (connection: ReturnType<typeof start>): unknown => {
    const { value } = connection.getSnapshot();
    return typeof value === "string" ? value : value.active.phase;
  };

  it("first attempt: is not made again by default", () => {
    const connection = start();
    drop();
    expect(connection.getSnapshot().output).toEqual({ outcome: "refused", fault: lost });
    expect([attempts, asked.length]).toEqual([1, 0]);
  });

  it("first attempt: is made again when the options say so, after the policy's wait", () => {
    const connection = start({ retryInitial: true });
    drop();
    clock.increment(99);
    expect(attempts).toBe(1);
    clock.increment(1);
    expect(attempts).toBe(2);
    expect(phase(connection)).toEqual({ attempt: "connecting" });
  });

  it("policy: is asked with the facts, and its wait is kept", () => {
    start();
    open();
    drop();
    clock.increment(99);
    expect(attempts).toBe(1);
    clock.increment(1);
    drop();
    expect(attempts).toBe(2);
    expect(asked).toEqual([
      { reconnect: 1, attempts: 1, fault: lost, openings: 1, failures: 1 },
      { reconnect: 2, attempts: 2, fault: lost, openings: 1, failures: 2 },
    ]);
    expect(reported).toEqual(["opened", "lost"]);
  });

  it("policy: when it gives up the connection ends, and no loss is reported before", () => {
    const connection = start();
    open();
    answer = { type: "retry.denied" };
    drop();
    expect(connection.getSnapshot().output).toEqual({ outcome: "exhausted", fault: lost });
    expect(reported).toEqual(["opened"]);
  });

  it("policy: its own fault ends the connection", () => {
    const connection = start();
    open();
    answer = { type: "retry.failed", fault: refused };
    drop();
    expect(connection.getSnapshot().output).toEqual({ outcome: "refused", fault: refused });
  });

  it("policy: a crash while it is asked ends the connection, with that fault and not the one of the loss", () => {
    const connection = start({}, () => {
      throw new Error("scripted");
    });
    open();
    drop();
    expect(connection.getSnapshot().output).toMatchObject({ outcome: "refused", fault: { code: "internal-error" } });
  });

  it("proof: reconnects are counted anew once a connection has lasted and its service was ready", () => {
    const connection = start();
    for (const uptime of [CONNECTION_INPUT.minUptime - 1, CONNECTION_INPUT.minUptime, CONNECTION_INPUT.minUptime - 1]) {
      open();
      connection.send({ type: "session.ready" });
      clock.increment(uptime);
      drop();
      clock.increment(100);
    }
    expect(asked.map(({ reconnect }) => reconnect)).toEqual([1, 1, 2]);
  });

  it("proof: a connection whose service is never ready is a failed reconnect, however long it lasts", () => {
    const connection = start();
    for (let reconnect = 1; reconnect <= 3; reconnect += 1) {
      last();
      connection.send({ type: "session.overdue", readyTimeout: 2_000 });
      clock.increment(100);
    }
    expect(asked.map(({ reconnect, fault: { code } }) => [reconnect, code])).toEqual([
      [1, "ready-timeout"],
      [2, "ready-timeout"],
      [3, "ready-timeout"],
    ]);
    expect(reported.filter((fact) => fact === "lost")).toHaveLength(3);
    last();
    connection.send({ type: "session.ready" });
    drop();
    expect(asked.at(-1)).toMatchObject({ reconnect: 1 });
  });

  it("wait: is cut short when the page wakes up, and never made longer", () => {
    answer = { type: "retry.granted", wait: 60_000 };
    start();
    open();
    drop();
    clock.increment(1_000);
    network({ type: "page.woke", wait: 300 });
    clock.increment(299);
    // One that would only wait for longer changes nothing.
    network({ type: "page.woke", wait: 400 });
    expect(attempts).toBe(1);
    clock.increment(1);
    expect(attempts).toBe(2);
  });

  it("wait: a page that wakes up without a network connects to nothing", () => {
    const connection = start();
    open();
    network({ type: "network.lost" });
    drop();
    network({ type: "page.woke", wait: 0 });
    clock.increment(60_000);
    expect(attempts).toBe(1);
    expect(phase(connection)).toEqual({ waiting: "paused" });
  });

  it("fault: one that no reconnect can mend ends the connection", () => {
    const connection = start();
    open();
    attempt({ type: "connection.closed", fault: refused });
    expect(connection.getSnapshot().output).toEqual({ outcome: "refused", fault: refused });
  });

  it("fault: an attempt that never opens is one, after its timeout", () => {
    const connection = start();
    clock.increment(CONNECTION_INPUT.connectTimeout);
    expect(connection.getSnapshot().output).toMatchObject({ outcome: "refused", fault: { code: "connect-timeout" } });
  });

  it("network: without one the wait stands still, and ends soon after it returns", () => {
    const connection = start();
    open();
    drop();
    network({ type: "network.lost" });
    clock.increment(3_600_000);
    expect(phase(connection)).toEqual({ waiting: "paused" });
    expect(attempts).toBe(1);
    network({ type: "network.returned", wait: 30 });
    clock.increment(29);
    expect(attempts).toBe(1);
    clock.increment(1);
    expect(attempts).toBe(2);
  });

  it("network: no policy's delay is waited for when it was lost before the connection was", () => {
    const connection = start();
    open();
    network({ type: "network.lost" });
    drop();
    clock.increment(3_600_000);
    expect(phase(connection)).toEqual({ waiting: "paused" });
    network({ type: "network.returned", wait: 0 });
    clock.increment(0);
    expect(attempts).toBe(2);
  });

  it.each([
    ["open", open],
    ["being opened", () => undefined],
  ])("network: its return is remembered when it went and came while the connection was %s", (_, begin) => {
    start({ retryInitial: true });
    begin();
    network({ type: "network.lost" });
    network({ type: "network.returned", wait: 0 });
    drop();
    clock.increment(100);
    expect(attempts).toBe(2);
  });

  it("network: an attempt during which it was lost does not count, whether it is back or not", () => {
    start();
    open();
    drop();
    clock.increment(100);
    network({ type: "network.lost" });
    drop();
    network({ type: "network.returned", wait: 0 });
    clock.increment(0);
    network({ type: "network.lost" });
    drop();
    network({ type: "network.returned", wait: 0 });
    clock.increment(0);
    drop();
    expect(asked.map(({ reconnect, failures }) => [reconnect, failures])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 4],
    ]);
  });

  it("network: a reconnect that it was lost in is made again, for free, when it returns", () => {
    const connection = start();
    open();
    drop();
    clock.increment(100);
    network({ type: "network.lost" });
    clock.increment(CONNECTION_INPUT.connectTimeout / 2);
    expect(attempts).toBe(2);
    network({ type: "network.returned", wait: 30 });
    expect(connection.getSnapshot().children.attempt, "the old one may hang").toBeUndefined();
    clock.increment(29);
    expect(attempts).toBe(2);
    clock.increment(1);
    expect(attempts).toBe(3);
    expect(asked).toHaveLength(1);
  });

  it("network: a reconnect that it was not lost in goes on, and the first attempt in any case", () => {
    start();
    network({ type: "network.lost" });
    network({ type: "network.returned", wait: 0 });
    clock.increment(0);
    expect(attempts).toBe(1);
    open();
    drop();
    clock.increment(100);
    network({ type: "network.returned", wait: 0 });
    clock.increment(0);
    expect(attempts).toBe(2);
  });

  describe("that the service will end", () => {
    it("plan: a quiet connection is changed at once, without asking the policy or counting a reconnect", () => {
      const connection = start();
      last();
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 60_000 });
      expect(attempts).toBe(2);
      expect(phase(connection)).toEqual({ attempt: "connecting" });
      expect(connection.getSnapshot().context.reconnects).toBe(0);
      expect([reported, asked]).toEqual([["opened", "changing"], []]);
    });

    it("plan: a busy connection is changed as soon as it is quiet", () => {
      start();
      last();
      attempt({ type: "connection.busy" });
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 60_000 });
      clock.increment(50_000);
      expect(attempts).toBe(1);
      attempt({ type: "connection.quiet" });
      expect(attempts).toBe(2);
    });

    it("plan: a busy connection is changed a second before its end", () => {
      start();
      last();
      attempt({ type: "connection.busy" });
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 60_000 });
      clock.increment(58_999);
      expect(attempts).toBe(1);
      clock.increment(1);
      expect(attempts).toBe(2);
    });

    it("plan: without a network the connection is kept, and changed when it returns", () => {
      start();
      last();
      network({ type: "network.lost" });
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 60_000 });
      clock.increment(60_000);
      expect(attempts).toBe(1);
      network({ type: "network.returned", wait: 300 });
      expect(attempts).toBe(2);
    });

    it("plan: a deadline that passes without a network is made up for when it returns, whoever speaks", () => {
      start();
      last();
      attempt({ type: "connection.busy" });
      network({ type: "network.lost" });
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 60_000 });
      clock.increment(60_000);
      expect(attempts).toBe(1);
      network({ type: "network.returned", wait: 300 });
      expect(attempts).toBe(2);
    });

    it("plan: the newest announcement counts", () => {
      start();
      last();
      attempt({ type: "connection.busy" });
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 60_000 });
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 2_000 });
      clock.increment(1_000);
      expect(attempts).toBe(2);
    });

    it("plan: a connection that need not be changed yet is kept in the quietest moment", () => {
      const connection = start();
      last();
      attempt({ type: "connection.expiring", afterMs: 3_000, withinMs: 60_000 });
      clock.increment(2_999);
      expect(attempts).toBe(1);
      expect(connection.getSnapshot().matches({ active: { phase: { attempt: { open: { plan: "later" } } } } })).toBe(
        true,
      );
      clock.increment(1);
      expect(attempts).toBe(2);
    });

    it("plan: the deadline counts from when the connection may be changed", () => {
      start();
      last();
      attempt({ type: "connection.busy" });
      attempt({ type: "connection.expiring", afterMs: 3_000, withinMs: 60_000 });
      clock.increment(3_000);
      clock.increment(58_999);
      expect(attempts).toBe(1);
      clock.increment(1);
      expect(attempts).toBe(2);
    });

    it("plan: of plans for later, and for now, the newest counts", () => {
      start();
      last();
      attempt({ type: "connection.expiring", afterMs: 3_000, withinMs: 60_000 });
      clock.increment(2_999);
      attempt({ type: "connection.expiring", afterMs: 3_000, withinMs: 60_000 });
      clock.increment(2_999);
      expect(attempts).toBe(1);
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 60_000 });
      expect(attempts).toBe(2);
    });

    it.each([true, false])(
      "plan: one for later puts off none that waits for its moment, with a network: %s",
      (online) => {
        start();
        last();
        attempt({ type: "connection.busy" });
        if (!online) network({ type: "network.lost" });
        attempt({ type: "connection.expiring", afterMs: 0, withinMs: 30_000 });
        clock.increment(online ? 10_000 : 30_000);
        attempt({ type: "connection.expiring", afterMs: 300_000, withinMs: 300_000 });
        expect(attempts).toBe(1);
        if (online) clock.increment(19_000);
        else network({ type: "network.returned", wait: 0 });
        expect(attempts).toBe(2);
      },
    );

    it.each([
      [300_000, 300_000],
      [0, 60_000],
      [0, 30_000],
      [20_000, 20_000],
    ])("plan: one from %i ms on and within %i more puts off none whose time has come", (afterMs, withinMs) => {
      start();
      last();
      attempt({ type: "connection.busy" });
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 30_000 });
      clock.increment(10_000);
      attempt({ type: "connection.expiring", afterMs, withinMs });
      clock.increment(18_999);
      expect(attempts).toBe(1);
      clock.increment(1);
      expect(attempts).toBe(2);
    });

    it("plan: a sooner one brings forward what waits, from now on", () => {
      start();
      last();
      attempt({ type: "connection.busy" });
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 30_000 });
      attempt({ type: "connection.expiring", afterMs: 4_000, withinMs: 6_000 });
      clock.increment(8_999);
      expect(attempts).toBe(1);
      clock.increment(1);
      expect(attempts).toBe(2);
    });

    it("plan: a deadline that passes before the connection has lasted is kept, whoever speaks then", () => {
      start();
      open();
      attempt({ type: "connection.busy" });
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 2_000 });
      clock.increment(CONNECTION_INPUT.minUptime - 1);
      expect(attempts).toBe(1);
      clock.increment(1);
      expect(attempts).toBe(2);
    });

    it("plan: one that says nothing of later is for now", () => {
      start();
      last();
      attempt({ type: "connection.expiring", withinMs: 60_000 });
      expect(attempts).toBe(2);
    });

    it("plan: one for later ends with its connection", () => {
      start();
      last();
      attempt({ type: "connection.expiring", afterMs: 3_000, withinMs: 60_000 });
      drop();
      clock.increment(100);
      expect(attempts).toBe(2);
      last();
      clock.increment(60_000);
      expect(attempts).toBe(2);
    });

    it("plan: no connection is changed before it has lasted, so that changes do not chase each other", () => {
      start();
      for (let round = 1; round <= 3; round += 1) {
        open();
        attempt({ type: "connection.expiring", afterMs: 0, withinMs: 0 });
        clock.increment(CONNECTION_INPUT.minUptime - 1);
        expect(attempts).toBe(round);
        clock.increment(1);
        expect(attempts).toBe(round + 1);
      }
    });

    it("plan: a new connection that fails goes the ordinary way", () => {
      start();
      last();
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 60_000 });
      drop();
      expect(asked, "the outage begins here").toMatchObject([{ reconnect: 1, failures: 1 }]);
      expect(reported).toEqual(["opened", "changing"]);
      clock.increment(100);
      expect(attempts).toBe(3);
    });

    it("plan: what the old connection was busy with does not hold up the new one", () => {
      start();
      last();
      attempt({ type: "connection.busy" });
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 0 });
      clock.increment(0);
      last();
      attempt({ type: "connection.expiring", afterMs: 0, withinMs: 60_000 });
      expect(attempts).toBe(3);
    });
  });

  it("probe: an open connection is asked for a sign of life when the page wakes up or the network changes", () => {
    start();
    network({ type: "page.woke", wait: 0 });
    open();
    network({ type: "page.woke", wait: 0 });
    network({ type: "network.lost" });
    network({ type: "network.returned", wait: 0 });
    expect(commands).toEqual(["probe", "probe", "probe"]);
  });

  it.each(["released", "refused"])("end: nothing is left of a connection that was %s", (how) => {
    const connection = start();
    open();
    if (how === "released") connection.send({ type: "connection.released" });
    attempt({ type: "connection.closed", fault: refused });
    expect(connection.getSnapshot().status).toBe("done");
    expect([live, Object.keys(connection.getSnapshot().children)]).toEqual([0, []]);
  });

  it("close: the connection belongs to its attempt until it is closed", () => {
    const connection = start();
    open();
    connection.send({ type: "connection.released" });
    expect(phase(connection)).toEqual({ attempt: "closing" });
    expect(commands).toEqual(["close"]);
    expect(connection.getSnapshot().children.attempt).toBeDefined();
    drop();
    expect(connection.getSnapshot().output).toMatchObject({ outcome: "closed" });
  });
});
