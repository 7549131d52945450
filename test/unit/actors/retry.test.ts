import { createActor, setup } from "xstate";
import { beforeEach, describe, expect, it } from "vitest";
import type { RetryInput } from "../../../machines/connection.machine.js";
import { ErrorRegistry } from "../../../src/actors/error-registry.js";
import { retryActor } from "../../../src/actors/retry.js";
import type { RetryContext } from "../../../src/contracts/retry.js";
import { InvalidOptionsError } from "../../../src/errors.js";
import { OutageClock } from "../../../src/policy/outage-clock.js";

const fault = { id: 1, code: "connection-lost", message: "scripted", retryable: true } as const;
const input: RetryInput = { reconnect: 1, attempts: 1, fault, openings: 1, failures: 1 };

let now = 0;
let outage: OutageClock;
let faults: ErrorRegistry;
let asked: RetryContext[];
beforeEach(() => {
  now = 0;
  outage = new OutageClock(() => now);
  faults = new ErrorRegistry();
  asked = [];
});

/** What the actor answers. */
function ask(nextDelay: (context: RetryContext) => unknown, question: Partial<RetryInput> = {}): unknown[] {
  const heard: unknown[] = [];
  const policy = {
    nextDelay: (context: RetryContext) => {
      asked.push(context);
      return nextDelay(context) as number;
    },
  };
  createActor(
    setup({ actors: { retry: retryActor(policy, outage, faults) } }).createMachine({
      invoke: { src: "retry", input: { ...input, ...question } },
      on: { "*": { actions: ({ event }) => heard.push(event) } },
    }),
  ).start();
  return heard;
}

describe("the retry actor", () => {
  it("asks with the facts and grants what the policy says", () => {
    expect(ask(() => 40)).toEqual([{ type: "retry.granted", wait: 40 }]);
    expect(asked).toEqual([{ reconnect: 1, attempts: 1, elapsed: 0, fault, everOpened: true }]);
  });

  it("gives up when the policy does", () => {
    expect(ask(() => null)).toEqual([{ type: "retry.denied" }]);
  });

  it("counts the time of one outage over all its redials, and of the next one anew", () => {
    ask(() => 1);
    now += 700;
    ask(() => 1, { reconnect: 2, attempts: 2, failures: 2 });
    now += 300;
    ask(() => 1, { reconnect: 3, attempts: 3, failures: 3 });
    now += 5_000;
    ask(() => 1, { reconnect: 1, attempts: 4 });
    now += 50;
    ask(() => 1, { reconnect: 1, attempts: 1 });
    expect(asked.map(({ elapsed }) => elapsed)).toEqual([0, 700, 1_000, 0, 0]);
  });

  it("never waits shorter than the service asks for, and lets the policy wait longer", () => {
    const busy = { ...fault, retryAfterMs: 3_000 };
    expect(ask(() => 0, { fault: busy })).toEqual([{ type: "retry.granted", wait: 3_000 }]);
    expect(ask(() => 9_000, { fault: busy })).toEqual([{ type: "retry.granted", wait: 9_000 }]);
    expect(asked[0]?.fault.retryAfterMs).toBe(3_000);
    expect(
      ask(() => 0),
      "the next fault asks for nothing",
    ).toEqual([{ type: "retry.granted", wait: 0 }]);
  });

  it.each([Infinity, 1e12])("waits no longer than a timer can: %d ms", (delay) => {
    expect(ask(() => delay)).toEqual([{ type: "retry.granted", wait: 2 ** 31 - 1 }]);
  });

  it.each([NaN, -1, "10", undefined, Promise.resolve(10), { ms: 10 }])(
    "contains an answer that is none: %s",
    (answer) => {
      const [fact] = ask(() => answer);
      expect(fact).toMatchObject({ type: "retry.failed", fault: { code: "invalid-options", retryable: false } });
      expect(fact).toHaveProperty("fault.message", expect.stringContaining("reconnect.policy.nextDelay() returned"));
    },
  );

  it("contains a policy that throws, and keeps what it threw", () => {
    const thrown = new TypeError("a bug of the app");
    const [fact] = ask(() => {
      throw thrown;
    });
    const { fault: failed } = fact as { fault: typeof fault };
    expect(faults.errorOf(failed)).toBeInstanceOf(InvalidOptionsError);
    expect(faults.errorOf(failed).cause).toBe(thrown);
  });

  it("takes an options error of a policy for what it is, instead of wrapping it in another", () => {
    const thrown = new InvalidOptionsError("the delays of the app are not sorted");
    const [fact] = ask(() => {
      throw thrown;
    });
    expect(faults.errorOf((fact as { fault: typeof fault }).fault)).toBe(thrown);
  });
});
