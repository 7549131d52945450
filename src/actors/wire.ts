import { fromCallback } from "xstate";
import type { WireCommand, WireFact } from "../../machines/link.machine.js";
import type { Fault } from "../contracts/fault.js";
import type { Dial, Wire } from "../contracts/wire.js";
import type { FaultBook } from "./fault-book.js";
import { lifetimeWithin } from "./lifetime.js";

/**
 * Owns one wire from the dial to its end. Reports `wire.opened` at most once, then exactly one `wire.closed`; after the
 * cleanup it reports nothing, so that an abandoned attempt cannot speak for the next one.
 */
export function wireActor(dial: Dial, faults: FaultBook, outer: AbortSignal) {
  return fromCallback<WireCommand, { attempt: number }>(({ input, sendBack, receive }) => {
    const lifetime = lifetimeWithin(outer);
    // A link that outlived its root, which a defect killed, must not dial again.
    if (lifetime.signal.aborted) return;
    let phase: "dialing" | "open" | "closed" = "dialing";
    const report = (fact: WireFact): void => {
      if (!lifetime.signal.aborted) sendBack(fact);
    };
    const closed = (fault: Fault): void => {
      if (phase === "closed") return;
      phase = "closed";
      report({ type: "wire.closed", fault });
    };
    const start = (): Wire | undefined => {
      try {
        return dial(
          { attempt: input.attempt, signal: lifetime.signal },
          {
            opened: ({ resumed }) => {
              if (phase !== "dialing") return;
              phase = "open";
              report({ type: "wire.opened", resumed });
            },
            closed,
          },
        );
      } catch (error) {
        closed(faults.record(error));
        return undefined;
      }
    };
    const wire = start();
    receive(() => {
      try {
        wire?.hangUp();
      } catch (error) {
        closed(faults.record(error));
      }
    });
    return () => {
      lifetime.end();
    };
  });
}
