import { createActor, fromCallback } from "xstate";
import { describe, expect, it } from "vitest";
import { connectionMachine } from "../../machines/index.js";
import type { AttemptFact } from "../../machines/connection.machine.js";
import { ErrorRegistry } from "../../src/actors/error-registry.js";
import { retryActor } from "../../src/actors/retry.js";
import { networkActor } from "../../src/actors/network.js";
import { retryDefaults } from "../../src/options.js";
import { backoffPolicy } from "../../src/policy/backoff.js";
import { OutageClock } from "../../src/policy/outage-clock.js";
import { timeOf } from "../../src/policy/time.js";
import { ManualClock } from "../../src/testing/index.js";
import { ScriptedNetwork } from "../../packages/testkit/src/worlds/world.js";

const CLIENTS = 300;
const MINUTE = 60_000;
const WINDOW = 100;

/** The same numbers each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Clients of one service, each with the real chart, actors and default policy, each on a clock of its own: they do not meet. */
class Crowd {
  private readonly clocks: ManualClock[] = [];
  readonly network = new ScriptedNetwork();
  /** When each of them was back. */
  readonly arrivals: number[] = [];
  /** When each dial came, answered or not. */
  readonly dials: number[] = [];
  /** How long the service, while away, lets a dial hang; 0 refuses it at once. */
  away: number | undefined;
  private readonly drops: (() => void)[] = [];
  private readonly random = seeded(2_026);

  constructor(readonly retryAfterMs?: number) {
    for (let client = 0; client < CLIENTS; client += 1) this.join();
  }

  private join(): void {
    const { random } = this;
    const clock = new ManualClock();
    this.clocks.push(clock);
    const reconnect = retryDefaults();
    const outage = new OutageClock(timeOf(clock));
    const lifetime = new AbortController().signal;
    const fault = { id: 1, code: "connection-lost", message: "away", retryable: true } as const;
    const lost: AttemptFact = {
      type: "connection.closed",
      fault: { ...fault, ...(this.retryAfterMs !== undefined && { retryAfterMs: this.retryAfterMs }) },
    };
    const connection = connectionMachine.provide({
      actors: {
        attempt: fromCallback(({ sendBack }) => {
          this.dials.push(clock.now);
          if (this.away === undefined) {
            if (clock.now > 0) this.arrivals.push(clock.now);
            this.drops.push(() => {
              sendBack(lost);
            });
            sendBack({ type: "connection.opened", continuity: "fresh" });
            return;
          }
          const refusal = clock.setTimeout(() => {
            sendBack(lost);
          }, this.away);
          return () => {
            clock.clearTimeout(refusal);
          };
        }),
        network: networkActor({ source: this.network, outage, random, clock, lifetime, enter: (run) => run() }),
        retry: retryActor(backoffPolicy(reconnect, random), outage, new ErrorRegistry()),
      },
      actions: { reportOpened: () => undefined, reportLost: () => undefined },
    });
    createActor(connection, {
      input: { connectTimeout: 15_000, retryInitial: false, minUptime: reconnect.minUptime },
      clock,
    }).start();
  }

  get now(): number {
    return this.clocks[0]?.now ?? 0;
  }

  advance(ms: number): void {
    for (const clock of this.clocks) clock.advance(ms);
  }

  /** Every wire is lost at the same moment. */
  drop(): void {
    for (const drop of this.drops.splice(0)) drop();
  }

  /** The most that arrived within any 100 ms. */
  get peak(): number {
    const times = this.arrivals.toSorted((one, other) => one - other);
    let [first, most] = [0, 0];
    for (const [last, time] of times.entries()) {
      while (time - (times[first] ?? 0) > WINDOW) first += 1;
      most = Math.max(most, last - first + 1);
    }
    return most;
  }
}

describe("three hundred clients of a service that was away for three minutes", { timeout: 180_000 }, () => {
  it.each([
    ["refuses them at once", 0, undefined],
    ["lets their dials hang", 60_000, undefined],
    ["asks them all to wait for 20 s", 0, 20_000],
  ])("which %s: all come back, and never more than one in twenty within 100 ms", (_, away, retryAfterMs) => {
    const crowd = new Crowd(retryAfterMs);
    crowd.advance(MINUTE);
    crowd.away = away;
    crowd.drop();
    crowd.advance(3 * MINUTE);
    crowd.away = undefined;
    crowd.advance(2 * MINUTE);
    expect(crowd.arrivals).toHaveLength(CLIENTS);
    expect(crowd.peak).toBeLessThanOrEqual(CLIENTS * 0.05);
    expect(crowd.peak, "the count counts").toBeGreaterThan(CLIENTS * 0.005);
  });

  it("and whose network was away with it: all dial within 500 ms of its return, evenly", () => {
    const crowd = new Crowd();
    crowd.advance(MINUTE);
    crowd.network.turn(false);
    crowd.drop();
    const before = crowd.dials.length;
    crowd.advance(3 * MINUTE);
    expect(crowd.dials.length, "nobody dials without a network").toBe(before);
    const back = crowd.now;
    crowd.network.turn(true);
    crowd.advance(500);
    expect(crowd.arrivals).toHaveLength(CLIENTS);
    for (let tenth = 0; tenth < 5; tenth += 1) {
      const inWindow = crowd.arrivals.filter((time) => Math.floor((time - back) / WINDOW) === tenth);
      expect(inWindow.length).toBeGreaterThan(CLIENTS * 0.15);
      expect(inWindow.length).toBeLessThan(CLIENTS * 0.25);
    }
  });
});
