import { getEventListeners } from "node:events";
import { createActor, setup } from "xstate";
import { describe, expect, it } from "vitest";
import { connectionMachine } from "../../../machines/index.js";
import { attemptActor } from "../../../src/actors/attempt.js";
import { ErrorRegistry } from "../../../src/actors/error-registry.js";
import { networkActor } from "../../../src/actors/network.js";
import { retryActor } from "../../../src/actors/retry.js";
import type { ConnectionReports } from "../../../src/contracts/connection.js";
import { ConnectionLostError } from "../../../src/errors.js";
import { OutageClock } from "../../../src/policy/outage-clock.js";
import { ManualClock } from "../../../src/testing/index.js";
import { ScriptedNetwork } from "../../../packages/testkit/src/worlds/surroundings.js";

/** The connection of a session, with the actors that the composition gives it. */
class Rig {
  readonly clock = new ManualClock();
  readonly network = new ScriptedNetwork();
  readonly signals: AbortSignal[] = [];
  readonly #outer = new AbortController();
  readonly #errors = new ErrorRegistry();
  /** Actors that were started and not stopped. */
  readonly #actors = new Set<unknown>();
  #reports: ConnectionReports | undefined;
  readonly #parent;

  constructor() {
    const outage = new OutageClock(() => this.clock.now);
    const { clock, network: source } = this;
    const lifetime = this.#outer.signal;
    const connection = connectionMachine.provide({
      actors: {
        attempt: attemptActor(
          ({ signal }, reports) => {
            this.signals.push(signal);
            this.#reports = reports;
            return { close: () => undefined, probe: () => true, stalledFor: () => 0 };
          },
          this.#errors,
          lifetime,
          { silence: 1_000_000, probe: 1_000_000, clock },
        ),
        network: networkActor({ source, outage, random: () => 0.5, clock, lifetime, enter: (run) => run() }),
        retry: retryActor({ nextDelay: () => 100 }, outage, this.#errors),
      },
    });
    const parent = setup({ actors: { connection } }).createMachine({
      invoke: {
        id: "connection",
        src: "connection",
        input: { connectTimeout: 10_000, retryInitial: false, minUptime: 5_000 },
      },
      on: { "*": {} },
    });
    this.#parent = createActor(parent, { clock, inspect: ({ type, actorRef }) => this.#inspected(type, actorRef) });
    this.#parent.start();
    this.open();
  }

  open(): void {
    this.#reports?.opened();
  }

  lose(): void {
    this.#reports?.closed(this.#errors.record(new ConnectionLostError("lost", { retryable: true })));
  }

  expire(): void {
    this.clock.advance(6_000);
    this.#reports?.expiring({ afterMs: 0, withinMs: 60_000 });
  }

  /** What is held: by signals that outlive an attempt, by the clock, by the page, and by XState. */
  get held(): object {
    const stopped = [...this.#actors].filter((actor) => isStopped(actor));
    for (const actor of stopped) this.#actors.delete(actor);
    return {
      listeners: getEventListeners(this.#outer.signal, "abort").length + this.network.listeners,
      timers: this.clock.pending,
      actors: this.#actors.size,
      attempts: this.signals.filter(({ aborted }) => !aborted).length,
    };
  }

  stop(): void {
    this.#parent.stop();
  }

  #inspected(type: string, actor: unknown): void {
    if (type === "@xstate.actor") this.#actors.add(actor);
  }
}

function isStopped(actor: unknown): boolean {
  return (actor as { getSnapshot(): { readonly status: string } }).getSnapshot().status !== "active";
}

const WAYS: Readonly<Record<string, (rig: Rig) => void>> = {
  "a loss": (rig) => {
    rig.lose();
    rig.clock.advance(100);
  },
  "an attempt that fails before one that opens": (rig) => {
    rig.lose();
    rig.clock.advance(100);
    rig.lose();
    rig.clock.advance(100);
  },
  "an attempt that never answers before one that opens": (rig) => {
    rig.lose();
    rig.clock.advance(100);
    rig.clock.advance(10_000);
    rig.clock.advance(100);
  },
  "a network that went away in between": (rig) => {
    rig.network.turn(false);
    rig.lose();
    rig.network.turn(true);
    rig.clock.advance(1_000);
  },
  "a planned reconnect": (rig) => {
    rig.expire();
  },
};

describe("a reconnect", () => {
  it.each(Object.entries(WAYS))("reconnect: %s leaves nothing behind", (_, reconnect) => {
    const rig = new Rig();
    const round = (): void => {
      const { length } = rig.signals;
      reconnect(rig);
      expect(rig.signals.length, "it was made").toBeGreaterThan(length);
      rig.open();
    };
    round();
    const once = rig.held;
    expect(once).toMatchObject({ attempts: 1 });
    for (let count = 0; count < 50; count += 1) round();
    expect(rig.held).toEqual(once);
    rig.stop();
    expect(rig.held).toEqual({ listeners: 0, timers: 0, actors: 0, attempts: 0 });
  });
});
