import { fromCallback } from "xstate";
import type { WireCommand, WireFact } from "../../machines/link.types.js";
import type { Fault } from "../contracts/fault.js";
import type { DialRequest, Wire, WireReports } from "../contracts/wire.js";
import type { FaultBook } from "./fault-book.js";
import { lifetimeWithin } from "./lifetime.js";
import { LONGEST_WAIT } from "./retry.js";

/** Opens a wire; the adapter adds what it knows of the session. */
export type DialWire = (request: Omit<DialRequest, "resuming">, reports: WireReports) => Wire;

/**
 * Owns one wire from the dial to its end. Reports `wire.opened` at most once, then exactly one `wire.closed`; after the
 * cleanup it reports nothing, so that an abandoned attempt cannot speak for the next one.
 */
export function wireActor(dial: DialWire, faults: FaultBook, outer: AbortSignal) {
  return fromCallback<WireCommand, { attempt: number }>(({ input, sendBack, receive }) => {
    const lifetime = lifetimeWithin(outer);
    // A link that outlived its root, which a defect killed, must not dial again.
    if (lifetime.signal.aborted) return;
    let phase: "dialing" | "open" | "closed" = "dialing";
    let isBusy = false;
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
            opened: ({ conversation }) => {
              if (phase !== "dialing") return;
              phase = "open";
              report({ type: "wire.opened", conversation });
              if (isBusy) report({ type: "wire.busy" });
            },
            expiring: ({ withinMs }) => {
              if (phase === "open") report({ type: "wire.expiring", withinMs: asWait(withinMs) });
            },
            busy: (busy) => {
              const isNews = isBusy !== busy;
              isBusy = busy;
              if (isNews && phase === "open") report({ type: busy ? "wire.busy" : "wire.quiet" });
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

/** What a timer can bear; a time that is none is over. */
function asWait(ms: number): number {
  return ms > 0 ? Math.min(ms, LONGEST_WAIT) : 0;
}
