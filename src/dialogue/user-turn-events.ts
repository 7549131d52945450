import { dropOldest } from "../util/bounded-set.js";
import type { EffectSink } from "./effects.js";

const MOST_OPEN = 64;
/** Characters that a transcript which is not complete may grow to. */
export const LONGEST_TRANSCRIPT = 20_000;

/** What the user does: starts and stops speaking, and the words of it as they are recognised. */
export class UserTurnEvents {
  readonly #partials = new Map<string, string>();

  /** @param date Wall-clock time. */
  constructor(
    private readonly sink: EffectSink,
    private readonly date: () => Date,
  ) {}

  get speaking(): boolean {
    return this.sink.is("user.speaking");
  }

  /** What has been understood so far of turns whose transcript is not complete, by item. */
  get partials(): ReadonlyMap<string, string> {
    return this.#partials;
  }

  /** @param inferred Only words, or an interruption, say so: no service will say when it ends. */
  started(inferred = false): void {
    this.sink.tell({ type: "user.started", ...(inferred && { inferred }) });
  }

  /** @param replyDue The service replies by itself. */
  stopped(replyDue = false): void {
    this.sink.tell({ type: "user.stopped", replyDue });
  }

  /** A piece of an item's transcript; the partial transcript is everything so far, up to a length. */
  recognised(itemId: string, delta: string): void {
    const known = this.#partials.get(itemId) ?? "";
    const text = known + delta.slice(0, LONGEST_TRANSCRIPT - known.length);
    if (text === known) return;
    this.#partials.set(itemId, text);
    dropOldest(this.#partials, MOST_OPEN);
    this.#transcript(text, false);
  }

  /** An item's transcript is complete. Nothing is said of silence, unless something had been said of it before. */
  understood(itemId: string, transcript: string): void {
    const partial = this.#partials.delete(itemId);
    const text = transcript.trim();
    if (text !== "" || partial) this.#transcript(text, true);
  }

  /** There will be no transcript of an item. */
  notUnderstood(itemId: string): void {
    this.#partials.delete(itemId);
  }

  /** The connection is gone. */
  end(): void {
    this.#partials.clear();
    this.stopped();
  }

  #transcript(text: string, final: boolean): void {
    this.sink.deliver("user-transcription", { text, final, timestamp: this.date().toISOString(), user_id: "user" });
  }
}
