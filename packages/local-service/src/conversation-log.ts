import type { Logger } from "../../../src/log.js";

/** Who a line of the log is about. */
export type Speaker = "user" | "bot" | "tool" | "session";

const LONGEST = 200;
/** A text may not move the cursor or colour the terminal it is read in. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

/** One line, without control characters, cut to a readable length. */
export function readable(text: string): string {
  const line = text.replace(CONTROL, " ").replace(/ {2,}/g, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

/** Writes one session's conversation, a line for each turn. It is given words and durations; never sound, never a key. */
export class ConversationLog {
  readonly #logger: Logger;
  readonly #label: string;

  constructor(logger: Logger, label: string) {
    this.#logger = logger;
    this.#label = label;
  }

  line(speaker: Speaker, text: string): void {
    this.#logger.info(`${this.#label} ${speaker.padEnd(7)} ${readable(text)}`);
  }
}

/** `1.9 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
