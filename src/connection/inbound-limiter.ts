import { ProtocolError } from "../errors.js";
import type { Logger } from "../log.js";
import { type InboundLimits, TokenBucket } from "../policy/token-bucket.js";

/** Different errors of one connection that the app is told of; a service that sends nonsense sends a lot of it. */
const MOST_TOLD = 16;

/** What a service itself calls an error is news each time, but not for ever: it may answer every chunk of audio with one. */
const NEWS: InboundLimits = { longest: Infinity, burst: 64, rate: 1 };

/** What of the messages of one connection is read, and what of its errors is reported. */
export class InboundLimiter {
  readonly #gate: TokenBucket;
  readonly #news: TokenBucket;
  readonly #told = new Set<string>();
  #untold = 0;

  /**
   * @param service What the service is called in messages to people.
   * @param now Monotonic time in ms.
   */
  constructor(
    private readonly ports: { report(error: Error): void },
    private readonly logger: Logger,
    private readonly service: string,
    now: () => number = () => performance.now(),
  ) {
    this.#gate = new TokenBucket(now);
    this.#news = new TokenBucket(now, NEWS);
  }

  /** Whether a message is to be read. Called before anything of it is decoded; what is refused is told. */
  admits(data: string | ArrayBuffer): boolean {
    const size = typeof data === "string" ? data.length : data.byteLength;
    const admission = this.#gate.admit(size);
    if (admission === "oversized") {
      this.report(this.#refusal(`a message of ${size} bytes, which is too long: it was not read`));
    }
    // Told whatever else was: with a flood goes what was worth reading, too.
    if (admission === "flood-begins") {
      this.ports.report(this.#refusal("more than a conversation needs: what is too much is dropped"));
    }
    return admission === "pass";
  }

  /** Tells of a trouble that may come again with every message: each once, and only so many of them. */
  report(error: Error): void {
    if (this.#told.size === MOST_TOLD || this.#told.has(error.message)) {
      this.#untold += 1;
      return;
    }
    this.#told.add(error.message);
    this.ports.report(error);
  }

  /** Whether the app hears of what the service itself calls an error. */
  isNews(): boolean {
    const isNews = this.#news.admit(0) === "pass";
    if (!isNews) this.#untold += 1;
    return isNews;
  }

  /** The connection is gone. Idempotent. */
  end(): void {
    if (this.#untold === 0) return;
    this.logger.warn(`${this.service} gave cause for ${this.#untold} more errors like those that were told.`);
    this.#untold = 0;
  }

  #refusal(why: string): ProtocolError {
    return new ProtocolError(`${this.service} sent ${why}.`);
  }
}
