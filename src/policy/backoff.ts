import type { RetryPolicy } from "../contracts/retry.js";

/** Exponential backoff; all times in ms. */
export interface BackoffOptions {
  readonly base: number;
  readonly factor: number;
  readonly cap: number;
}

/** Limits of a policy, beside its delays. */
export interface RetryLimits {
  /** Reconnects in a row. */
  readonly attempts: number;
  /** Ms since the loss. */
  readonly budget: number;
}

/** `attempts` where the app says nothing: for a connection that had opened, and for one that never did. */
const ATTEMPTS = { lost: 50, initial: 6 } as const;

/**
 * Full jitter: uniform between 0 and `min(cap, base * factor^(reconnect - 1))`, so that clients of a service that comes
 * back do not arrive together (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 *
 * @param reconnect 1 for the first reconnect.
 * @param random uniform in [0, 1).
 * @returns ms to wait.
 */
export function fullJitter(reconnect: number, options: BackoffOptions, random: () => number): number {
  return random() * Math.min(options.cap, options.base * options.factor ** (reconnect - 1));
}

/**
 * The policy of those who bring none: full jitter on every reconnect, the first included, and on top of `Retry-After`,
 * because those who are told the same time would come back at the same time. Gives up after `attempts` reconnects in a row
 * or `budget` ms, whichever is first, and at once when the service asks for more than is left of the budget.
 */
export function backoffPolicy(options: BackoffOptions & Partial<RetryLimits>, random: () => number): RetryPolicy {
  const { budget = Infinity } = options;
  return {
    nextDelay: ({ reconnect, elapsed, fault: { retryAfterMs = 0 }, everOpened }) => {
      const { attempts = everOpened ? ATTEMPTS.lost : ATTEMPTS.initial } = options;
      // Turned round, so that NaN gives up instead of reconnecting for ever.
      if (!(reconnect <= attempts && elapsed + retryAfterMs < budget)) return null;
      return retryAfterMs + fullJitter(reconnect, options, random);
    },
  };
}

/** The app's source of randomness, made safe: a clock or a chart must not break over it. */
export function uniform(random: () => number): () => number {
  return () => {
    try {
      const value = random();
      if (value >= 0 && value < 1) return value;
    } catch {
      // Falls back as for a value that is none.
    }
    return Math.random();
  };
}
