/** Exponential backoff; all times in ms. */
export interface BackoffOptions {
  readonly base: number;
  readonly factor: number;
  readonly cap: number;
}

/**
 * Full jitter: uniform between 0 and `min(cap, base * factor^(redial - 1))`, so that clients of a service that comes
 * back do not arrive together (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 *
 * @param redial 1 for the first redial.
 * @param random uniform in [0, 1).
 * @returns ms to wait.
 */
export function fullJitter(redial: number, options: BackoffOptions, random: () => number): number {
  return random() * Math.min(options.cap, options.base * options.factor ** (redial - 1));
}
