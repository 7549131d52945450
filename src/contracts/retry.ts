import type { Fault } from "./fault.js";

/** What a policy knows when it is asked for the next attempt. */
export interface RetryContext {
  /** Which reconnect in a row this will be; 1 is the first since the connection last stayed up for `minUptime`. */
  readonly reconnect: number;
  /** Attempts of this session so far, the first included. */
  readonly attempts: number;
  /** Since the loss, in ms; time without a network does not count. */
  readonly elapsed: number;
  /** Why the last attempt failed or the connection was lost; its `retryAfterMs` is what the service asks for. */
  readonly fault: Fault;
  /** Whether a connection of this session had ever opened. */
  readonly everOpened: boolean;
}

/** Decides when a lost connection is reconnected. */
export interface RetryPolicy {
  /**
   * Ms to wait before the next attempt, or null to give up. Asked synchronously, for retryable faults only. A wait below
   * the service's `Retry-After` is raised to it. To throw, or to return anything else, ends the session with an
   * `InvalidOptionsError`.
   */
  nextDelay(context: RetryContext): number | null;
}
