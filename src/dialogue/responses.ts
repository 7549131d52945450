import { ProtocolError } from "../errors.js";
import { BoundedSet } from "../util/bounded-set.js";
import type { EffectSink } from "./effects.js";

const REMEMBERED = 64;
/** Responses that may be made at once. */
const MOST_LIVE = 64;

interface LiveResponse {
  readonly createdAt: number;
  readonly outOfBand: boolean;
  voicing: boolean;
}

/**
 * The responses being made: each `bot-llm-started` and `bot-tts-started` gets its `…-stopped` exactly once, and nothing
 * of a response comes through after it was interrupted or has ended.
 */
export class Responses {
  readonly #live = new Map<string, LiveResponse>();
  readonly #interrupted = new BoundedSet(REMEMBERED);
  readonly #ended = new BoundedSet(REMEMBERED);

  /**
   * @param processor The service's name in the metrics.
   * @param now Monotonic time in ms.
   */
  constructor(
    private readonly sink: EffectSink,
    private readonly processor: string,
    private readonly now: () => number,
  ) {}

  /** A response has begun. Returns the oldest where more are being made than may be: it is to be ended. */
  created(id: string, outOfBand: boolean): string | undefined {
    if (this.#live.has(id) || this.#ended.has(id)) return undefined;
    this.#live.set(id, { createdAt: this.now(), outOfBand, voicing: false });
    this.sink.deliver("bot-llm-started");
    if (this.#live.size <= MOST_LIVE) return undefined;
    this.sink.report(
      new ProtocolError(`More than ${MOST_LIVE} responses are made at once: the oldest are taken for over.`),
    );
    const [oldest] = this.#live.keys();
    return oldest;
  }

  /** Whether a response has begun, or ended, before. */
  knows(id: string): boolean {
    return this.#live.has(id) || this.#ended.has(id);
  }

  hasEnded(id: string): boolean {
    return this.#ended.has(id);
  }

  isOutOfBand(id: string): boolean {
    return this.#live.get(id)?.outOfBand === true;
  }

  isInterrupted(id: string): boolean {
    return this.#interrupted.has(id);
  }

  voiceStarted(id: string): void {
    const response = this.#live.get(id);
    if (response === undefined || response.voicing) return;
    response.voicing = true;
    this.sink.deliver("bot-tts-started");
  }

  voiceStopped(id: string): void {
    const response = this.#live.get(id);
    if (response?.voicing !== true) return;
    response.voicing = false;
    this.sink.deliver("bot-tts-stopped");
  }

  /** Lets nothing more of one response through. */
  interrupt(id: string): void {
    this.#interrupted.add(id);
    this.voiceStopped(id);
  }

  /** Lets nothing more of the conversation's responses through; those outside it go on. */
  interruptAll(): void {
    for (const [id, { outOfBand }] of this.#live) {
      if (!outOfBand) this.interrupt(id);
    }
  }

  /** A response is over; `complete` unless it was cancelled or has failed. */
  done(id: string, complete: boolean): void {
    const response = this.#live.get(id);
    this.#ended.add(id);
    if (response === undefined) return;
    this.voiceStopped(id);
    this.#live.delete(id);
    this.sink.deliver("bot-llm-stopped");
    if (!complete) return;
    const seconds = (this.now() - response.createdAt) / 1000;
    this.sink.deliver("metrics", { processing: [{ processor: this.processor, value: seconds }] });
  }

  /** The session is over: closes what is open. */
  end(): void {
    for (const id of [...this.#live.keys()]) {
      this.voiceStopped(id);
      this.#live.delete(id);
      this.sink.deliver("bot-llm-stopped");
    }
  }
}
