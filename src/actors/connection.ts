import { fromCallback } from "xstate";
import type { WireCommand, WireFact } from "../../machines/link.types.js";
import type { Fault } from "../contracts/fault.js";
import type { DialRequest, Wire, WireReports } from "../contracts/connection.js";
import { LONGEST_WAIT, type Timers } from "../policy/time.js";
import type { FaultBook } from "./error-registry.js";
import { lifetimeWithin } from "./lifetime.js";
import { Watchdog } from "../connection/liveness-check.js";

/** Opens a wire; the adapter adds what it knows of the session. */
export type DialWire = (request: Omit<DialRequest, "resuming">, reports: WireReports) => Wire;

/** When silence is too long, in ms. */
export interface Patience {
  /** How long nothing may be heard; 0 and `Infinity` wait for ever. */
  readonly silence: number;
  /** How long a sign of life may take. */
  readonly probe: number;
  readonly clock?: Timers | undefined;
}

/**
 * Owns one wire from the dial to its end. Reports `wire.opened` at most once, then exactly one `wire.closed`; after the
 * cleanup it reports nothing, so that an abandoned attempt cannot speak for the next one.
 */
export function wireActor(dial: DialWire, faults: FaultBook, outer: AbortSignal, patience: Patience) {
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
      watchdog.end();
      report({ type: "wire.closed", fault });
    };
    let wire: Wire | undefined = undefined;
    const watchdog = new Watchdog({
      clock: patience.clock,
      silence: patience.silence,
      probe: patience.probe,
      ask: () => ask(wire),
      silent: (error) => {
        closed(faults.record(error));
      },
    });
    const start = (): Wire | undefined => {
      try {
        return dial(
          { attempt: input.attempt, signal: lifetime.signal },
          {
            opened: ({ conversation }) => {
              if (phase !== "dialing") return;
              phase = "open";
              watchdog.begin();
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
            heard: () => {
              watchdog.heard();
            },
            awaiting: (due) => {
              watchdog.awaiting(due);
            },
            closed,
          },
        );
      } catch (error) {
        closed(faults.record(error));
        return undefined;
      }
    };
    wire = start();
    receive(({ type }) => {
      if (type === "probe.requested") {
        watchdog.doubt();
        return;
      }
      watchdog.end();
      try {
        wire?.hangUp();
      } catch (error) {
        closed(faults.record(error));
      }
    });
    // The composition may be over although nobody stops the actor.
    lifetime.signal.addEventListener("abort", () => {
      watchdog.end();
    });
    return () => {
      lifetime.end();
    };
  });
}

/** A question that cannot be put gets no answer either. */
function ask(wire: Wire | undefined): boolean {
  try {
    return wire?.probe?.() === true;
  } catch {
    return false;
  }
}

/** What a timer can bear; a time that is none is over. */
function asWait(ms: number): number {
  return ms > 0 ? Math.min(ms, LONGEST_WAIT) : 0;
}
