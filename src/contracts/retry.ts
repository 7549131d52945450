import type { Fault } from "./fault.js";

/** What a policy knows when it is asked for the next dial. */
export interface RetryContext {
  /** Which redial in a row this will be; 1 is the first since the wire last stayed up for `minUptime`. */
  readonly redial: number;
  /** Dials of this session so far, the first included. */
  readonly attempts: number;
  /** Since the loss, in ms; time without a network does not count. */
  readonly elapsed: number;
  /** Why the last dial failed or the wire was lost; its `retryAfterMs` is what the service asks for. */
  readonly fault: Fault;
  /** Whether a wire of this session had ever opened. */
  readonly everOpened: boolean;
}

/** Decides when a lost connection is dialled again. */
export interface RetryPolicy {
  /**
   * Ms to wait before the next dial, or null to give up. Asked synchronously, for retryable faults only. A wait below
   * the service's `Retry-After` is raised to it. To throw, or to return anything else, ends the session with an
   * `InvalidOptionsError`.
   */
  nextDelay(context: RetryContext): number | null;
}
