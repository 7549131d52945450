import { fromCallback } from "xstate";
import type { AttemptCommand, AttemptFact } from "../../machines/connection.machine.js";
import type { Fault } from "../contracts/fault.js";
import type { OpenConnection, OpeningConnection } from "../contracts/connection.js";
import { LONGEST_WAIT, type Timers } from "../policy/time.js";
import type { ErrorRegistry } from "./error-registry.js";
import { lifetimeWithin } from "./lifetime.js";
import { LivenessCheck } from "../connection/liveness-check.js";

/** When silence is too long, in ms. */
export interface Patience {
  /** How long nothing may be heard; 0 and `Infinity` wait for ever. */
  readonly silence: number;
  /** How long a sign of life may take. */
  readonly probe: number;
  readonly clock?: Timers | undefined;
}

/**
 * Owns one connection from the attempt to its end. Reports `connection.opened` at most once, then exactly one
 * `connection.closed`; after the cleanup it reports nothing, so that an abandoned attempt cannot speak for the next one.
 */
export function attemptActor(open: OpenConnection, errors: ErrorRegistry, outer: AbortSignal, patience: Patience) {
  return fromCallback<AttemptCommand, { attempt: number }>(({ input, sendBack, receive }) => {
    const lifetime = lifetimeWithin(outer);
    // A chart that outlived its root, which a defect killed, must not connect again.
    if (lifetime.signal.aborted) return;
    let phase: "connecting" | "open" | "closed" = "connecting";
    let isBusy = false;
    const report = (fact: AttemptFact): void => {
      if (!lifetime.signal.aborted) sendBack(fact);
    };
    const closed = (fault: Fault): void => {
      if (phase === "closed") return;
      phase = "closed";
      livenessCheck.end();
      report({ type: "connection.closed", fault });
    };
    let connection: OpeningConnection | undefined = undefined;
    const livenessCheck = new LivenessCheck({
      clock: patience.clock,
      silence: patience.silence,
      probe: patience.probe,
      ask: () => ask(connection),
      stalledFor: () => connection?.stalledFor() ?? 0,
      silent: (error) => {
        closed(errors.record(error));
      },
    });
    const start = (): OpeningConnection | undefined => {
      try {
        return open(
          { attempt: input.attempt, signal: lifetime.signal },
          {
            opened: () => {
              if (phase !== "connecting") return;
              phase = "open";
              livenessCheck.begin();
              report({ type: "connection.opened", continuity: "fresh" });
              if (isBusy) report({ type: "connection.busy" });
            },
            expiring: ({ afterMs = 0, withinMs }) => {
              if (phase !== "open") return;
              report({ type: "connection.expiring", afterMs: asWait(afterMs), withinMs: asWait(withinMs) });
            },
            busy: (busy) => {
              const isNews = isBusy !== busy;
              isBusy = busy;
              if (isNews && phase === "open") report({ type: busy ? "connection.busy" : "connection.quiet" });
            },
            received: () => {
              livenessCheck.received();
            },
            expects: (expects) => {
              livenessCheck.expects(expects);
            },
            closed,
          },
        );
      } catch (error) {
        closed(errors.record(error));
        return undefined;
      }
    };
    connection = start();
    receive(({ type }) => {
      if (type === "probe") {
        livenessCheck.doubt();
        return;
      }
      livenessCheck.end();
      try {
        connection?.close();
      } catch (error) {
        closed(errors.record(error));
      }
    });
    // The composition may be over although nobody stops the actor.
    lifetime.signal.addEventListener("abort", () => {
      livenessCheck.end();
    });
    return () => {
      lifetime.end();
    };
  });
}

/** A question that cannot be put gets no answer either. */
function ask(connection: OpeningConnection | undefined): boolean {
  try {
    return connection?.probe() === true;
  } catch {
    return false;
  }
}

/** What a timer can bear; a time that is none is over. */
function asWait(ms: number): number {
  return ms > 0 ? Math.min(ms, LONGEST_WAIT) : 0;
}
