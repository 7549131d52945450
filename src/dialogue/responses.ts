import { ProtocolError } from "../errors.js";
import { BoundedSet } from "../util/bounded-set.js";
import type { EffectSink } from "./effects.js";
import type { ReplyKind } from "./voice-event.js";

const REMEMBERED = 64;
/** Responses that may be made at once. */
const MOST_LIVE = 64;

interface LiveResponse {
  readonly createdAt: number;
  readonly kind: ReplyKind;
  /** "made": the app has been told that it stopped; words may still come. */
  phase: "silent" | "voicing" | "made";
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
  created(id: string, kind: ReplyKind): string | undefined {
    if (this.#live.has(id) || this.#ended.has(id)) return undefined;
    this.#live.set(id, { createdAt: this.now(), kind, phase: "silent" });
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

  isAside(id: string): boolean {
    return this.#live.get(id)?.kind === "aside";
  }

  /** Whether anything is being made for the conversation. */
  get isMaking(): boolean {
    return [...this.#live.values()].some(({ kind, phase }) => kind === "conversation" && phase !== "made");
  }

  isInterrupted(id: string): boolean {
    return this.#interrupted.has(id);
  }

  voiceStarted(id: string): void {
    const response = this.#live.get(id);
    if (response?.phase !== "silent") return;
    response.phase = "voicing";
    this.sink.deliver("bot-tts-started");
  }

  voiceStopped(id: string): void {
    const response = this.#live.get(id);
    if (response?.phase !== "voicing") return;
    response.phase = "silent";
    this.sink.deliver("bot-tts-stopped");
  }

  /** Lets nothing more of one response through. */
  interrupt(id: string): void {
    this.#interrupted.add(id);
    this.voiceStopped(id);
  }

  /** Lets nothing more of the conversation's responses through; those outside it go on. */
  interruptAll(): void {
    for (const [id, { kind }] of this.#live) {
      if (kind === "conversation") this.interrupt(id);
    }
  }

  /** All of a response is there, but for words that are late; `complete` unless it was cancelled or has failed. */
  made(id: string, complete: boolean): void {
    const response = this.#live.get(id);
    if (response === undefined || response.phase === "made") return;
    this.voiceStopped(id);
    response.phase = "made";
    this.sink.deliver("bot-llm-stopped");
    if (!complete) return;
    const seconds = (this.now() - response.createdAt) / 1000;
    this.sink.deliver("metrics", { processing: [{ processor: this.processor, value: seconds }] });
  }

  /** A response is over. */
  done(id: string, complete: boolean): void {
    this.made(id, complete);
    this.#live.delete(id);
    this.#ended.add(id);
  }

  /** The session is over: closes what is open. */
  end(): void {
    for (const id of [...this.#live.keys()]) {
      this.made(id, false);
      this.#live.delete(id);
    }
  }
}
