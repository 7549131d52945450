import type { Logger } from "../log.js";

/** Runs every step, also after one has thrown: a teardown that stops half way leaks the rest. Never throws. */
export function tearDown(logger: Logger, steps: readonly (() => void)[]): void {
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      logger.debug("A step of audio teardown failed; the others still run.", error);
    }
  }
}
