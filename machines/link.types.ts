import type { Fault } from "../src/contracts/fault.js";
import type { Continuity } from "../src/contracts/continuity.js";
import type { RetryContext } from "../src/contracts/retry.js";

/** Facts that a `wire` actor reports. */
export type WireFact =
  | { readonly type: "wire.opened"; readonly continuity: Continuity }
  /** The service will end it within so many ms. */
  | { readonly type: "wire.expiring"; readonly withinMs: number }
  /** Somebody speaks or is waited for: no moment to change the wire. */
  | { readonly type: "wire.busy" }
  | { readonly type: "wire.quiet" }
  | { readonly type: "wire.closed"; readonly fault: Fault };

/** Facts that a `network` actor reports; `wait`: how many ms to wait, so that not all come back together. */
export type NetworkFact =
  | { readonly type: "network.lost" }
  | { readonly type: "network.returned"; readonly wait: number }
  /** The page was hidden, frozen or asleep, and much may have happened. */
  | { readonly type: "page.woke"; readonly wait: number };

/** What the parent tells of the session that the wire carries. */
export type SessionFact =
  | { readonly type: "session.ready" }
  /** The wire is open, and the service was not ready within so many ms. */
  | { readonly type: "session.overdue"; readonly readyTimeout: number };

/** The answer of a `retry` actor: wait so many ms and dial, give up, or the policy is broken. */
export type RetryFact =
  | { readonly type: "retry.granted"; readonly wait: number }
  | { readonly type: "retry.denied" }
  | { readonly type: "retry.failed"; readonly fault: Fault };

/** What a `retry` actor is asked. */
export interface RetryInput extends Omit<RetryContext, "elapsed"> {
  /** Whether an outage begins with this loss: no redial came before. */
  readonly isFirst: boolean;
}

/** What the `wire` actor is told. */
export type WireCommand =
  | { readonly type: "goodbye.requested" }
  /** There is a reason to doubt that the service is still there. */
  | { readonly type: "probe.requested" };

export type LinkEvent = WireFact | NetworkFact | RetryFact | SessionFact | { readonly type: "link.released" };

/** What the link tells its parent. `attempt` counts the dials of the session. */
export type LinkFact =
  | { readonly type: "link.opened"; readonly attempt: number; readonly continuity: Continuity }
  /** The wire was lost, and will be dialled again. */
  | { readonly type: "link.dropped"; readonly attempt: number; readonly fault: Fault }
  /** The wire is changed on purpose, before the service would end it. */
  | { readonly type: "link.changing"; readonly attempt: number };

/** All times in ms. */
export interface LinkInput {
  /** How long one attempt may take to open. */
  readonly dialTimeout: number;
  /** Whether the first dial of a session is retried like a lost one. */
  readonly retryInitial: boolean;
  /** How long the wire must stay up, and the service be ready, before earlier failures are forgotten. */
  readonly minUptime: number;
}

export interface LinkContext extends LinkInput {
  /** Dials so far; 1 is the first. */
  readonly attempt: number;
  /** Which redial in a row is on its way, or was the last; forgotten once the wire has proven itself. */
  readonly redials: number;
  /** Whether the redial that is asked for is the first of its outage. */
  readonly isFirst: boolean;
  readonly everOpened: boolean;
  /** Whether the current attempt had opened when it ended. */
  readonly wasUp: boolean;
  /** Whether the open wire has stayed up for `minUptime`: only then it may be changed, or changes would chase each other. */
  readonly settled: boolean;
  /** Whether the service was ready on the open wire. */
  readonly served: boolean;
  readonly offline: boolean;
  /** Whether the network was lost during the current attempt, which then says nothing about the service. */
  readonly disturbed: boolean;
  /** Whether this is no moment to change the wire. */
  readonly busy: boolean;
  /** When an expiring wire is to be changed at the latest, in ms from when it said so. */
  readonly deadline: number;
  /** Ms until the next dial. */
  readonly wait: number;
  readonly outcome: LinkOutcome["outcome"];
  /** Why the last attempt ended. */
  readonly fault: Fault | null;
}

/** How a session's connection ended: on purpose, by a fault that no redial can mend, or after the last redial. */
export interface LinkOutcome {
  readonly outcome: "closed" | "refused" | "exhausted";
  readonly fault: Fault | null;
}
