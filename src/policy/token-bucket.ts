/** How much a service may send. */
export interface InboundLimits {
  /** Longest message, in bytes (binary) or UTF-16 code units (text). */
  readonly longest: number;
  /** What is taken at once, however fast it comes: each message counts once, and once more for every 2 KiB. */
  readonly burst: number;
  /** What may go on for ever, per second, counted likewise. */
  readonly rate: number;
}

/**
 * 16 MiB a message: OpenAI's own limit for audio is 15 MiB. A second of speech counts 35 to 130, so that what has piled up
 * in half a minute may arrive at once, or three minutes at forty times the speed of speech; what is more is no conversation.
 */
export const INBOUND_LIMITS: InboundLimits = { longest: 16 * 1024 * 1024, burst: 5_000, rate: 2_000 };

/** Bytes that take about as long to read as it takes to look at a message. */
const WEIGHTY = 2_048;

/** What becomes of a message: taken, refused for its size, or shed in a flood, of which `flood-begins` is the first and worth telling. */
export type Admission = "pass" | "oversized" | "flood-begins" | "flood";

/**
 * Decides, before anything is decoded, whether a message is looked at: a token bucket over messages and bytes, so that a
 * service that floods the page can neither block its main thread nor fill its memory.
 */
export class TokenBucket {
  #tokens: number;
  #at: number | undefined;
  #phase: "calm" | "flooded" = "calm";

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
    // One flood is told once: it is over when all of the burst may come again.
    if (this.#tokens === burst) this.#phase = "calm";
    if (size > longest) return "oversized";
    // The longest weighs more than a burst: where all of that may come, one message may.
    const weight = Math.min(1 + size / WEIGHTY, burst);
    if (this.#tokens < weight) {
      const admission = this.#phase === "calm" ? "flood-begins" : "flood";
      this.#phase = "flooded";
      return admission;
    }
    this.#tokens -= weight;
    return "pass";
  }
}
