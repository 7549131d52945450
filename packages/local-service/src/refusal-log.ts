import type { Logger } from "../../../src/log.js";
import { readable } from "./conversation-log.js";

/** A page that tries and tries is told of once; so many different ones are told of at all. */
const MOST_DIFFERENT = 20;

/** Tells the developer which requests the policy refused, and does not let them flood the log. */
export class RefusalLog {
  readonly #logger: Logger;
  readonly #told = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(message: string): void {
    if (this.#told.has(message) || this.#told.size >= MOST_DIFFERENT) return;
    this.#told.add(message);
    this.#logger.warn(`refused a request: ${readable(message)}`);
  }
}
