/** How much a service may send. */
export interface InboundLimits {
  /** Longest message, in bytes (binary) or UTF-16 code units (text). */
  readonly longest: number;
  /** Messages taken at once, however fast they come. */
  readonly burst: number;
  /** Messages per second that may go on for ever. */
  readonly rate: number;
}

/**
 * 16 MiB a message: OpenAI's own limit for audio is 15 MiB. A minute of speech that arrives within a second is about 2 000
 * messages; what is faster than these for longer is no conversation.
 */
export const INBOUND_LIMITS: InboundLimits = { longest: 16 * 1024 * 1024, burst: 10_000, rate: 2_000 };

/** What becomes of a message: taken, refused for its size, or shed in a flood; `first` of a flood is worth telling. */
export type Admission = "pass" | "oversized" | "flood-begins" | "flood";

/**
 * Decides, before anything is decoded, whether a message is looked at: a token bucket over messages, so that a service
 * that floods the page can neither block its main thread nor fill its memory.
 */
export class InboundGate {
  #tokens: number;
  #at: number | undefined;
  #flooded = false;

  /** @param now Monotonic time in ms. */
  constructor(
    private readonly now: () => number,
    private readonly limits: InboundLimits = INBOUND_LIMITS,
  ) {
    this.#tokens = limits.burst;
  }

  admit(size: number): Admission {
    const { longest, burst, rate } = this.limits;
    const now = this.now();
    this.#tokens = Math.min(burst, this.#tokens + ((now - (this.#at ?? now)) / 1000) * rate);
    this.#at = now;
    if (size > longest) return "oversized";
    if (this.#tokens < 1) {
      const begins = !this.#flooded;
      this.#flooded = true;
      return begins ? "flood-begins" : "flood";
    }
    this.#tokens -= 1;
    // One flood is told once: it is over when half of the burst may come again.
    if (this.#tokens > burst / 2) this.#flooded = false;
    return "pass";
  }
}
