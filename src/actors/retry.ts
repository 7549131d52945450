import { fromCallback, type EventObject } from "xstate";
import type { RetryFact, RetryInput } from "../../machines/connection.machine.js";
import type { RetryPolicy } from "../contracts/retry.js";
import { InvalidOptionsError } from "../errors.js";
import type { OutageClock } from "../policy/outage-clock.js";
import { LONGEST_WAIT } from "../policy/time.js";
import { because } from "../util/reason.js";
import type { ErrorRegistry } from "./error-registry.js";

/** Asks the policy, which may be the app's code, outside of any chart's step; answers once, whatever the policy does. */
export function retryActor(policy: RetryPolicy, outage: OutageClock, errors: ErrorRegistry) {
  return fromCallback<EventObject, RetryInput>(({ input, sendBack }) => {
    const { reconnect, attempts, fault, openings, failures } = input;
    if (failures === 1) outage.restart();
    outage.hold(fault.retryAfterMs ?? 0);
    const answer = (): RetryFact => {
      try {
        const delay = policy.nextDelay({
          reconnect,
          attempts,
          elapsed: outage.elapsed,
          fault,
          everOpened: openings > 0,
        });
        if (delay === null) return { type: "retry.denied" };
        const wait = Math.max(checked(delay), outage.held);
        return { type: "retry.granted", wait: Math.min(wait, LONGEST_WAIT) };
      } catch (cause) {
        return { type: "retry.failed", fault: errors.record(asOptionsError(cause)) };
      }
    };
    sendBack(answer());
  });
}

function checked(delay: unknown): number {
  if (typeof delay === "number" && delay >= 0) return delay;
  throw new InvalidOptionsError(
    `reconnect.policy.nextDelay() returned ${describe(delay)}: return the ms to wait, 0 or more, or null to give up.`,
  );
}

function describe(value: unknown): string {
  return typeof value === "number" ? String(value) : typeof value;
}

function asOptionsError(cause: unknown): InvalidOptionsError {
  if (cause instanceof InvalidOptionsError) return cause;
  return new InvalidOptionsError(because("reconnect.policy.nextDelay() threw", cause), { cause });
}
