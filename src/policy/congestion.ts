/** What becomes of a chunk of audio: sent or shed; `…-begins` and `…-ends` are worth telling. */
export type Congestion = "clear" | "congestion-begins" | "congested" | "congestion-ends";

/**
 * Whether the network keeps up, by the sound that waits to be sent: a picture or a long conversation fills the same buffer, and
 * says nothing of the network. Sheds above the limit and until half of it has left, so that
 * one congestion is told once and audio is not chopped up chunk by chunk.
 */
export class CongestionWatch {
  #congested = false;
  #last = 0;
  /** Bytes among those that wait that are no sound, at most. */
  #excused = 0;
  /** When something last left, in ms. */
  #leftAt = 0;

  /** @param limit Bytes of sound that may wait to be sent. */
  constructor(private readonly limit: number) {}

  /** So many bytes that are no sound wait, too. */
  excuse(bytes: number): void {
    this.#excused += bytes;
  }

  /**
   * @param buffered Bytes that wait now.
   * @param at Monotonic time in ms.
   */
  look(buffered: number, at: number): Congestion {
    const was = this.#congested;
    if (!was || buffered < this.#last) this.#leftAt = at;
    this.#last = buffered;
    this.#excused = Math.min(this.#excused, buffered);
    this.#congested = buffered - this.#excused > (was ? this.limit / 2 : this.limit);
    if (this.#congested) return was ? "congested" : "congestion-begins";
    return was ? "congestion-ends" : "clear";
  }

  /**
   * How long the network has taken nothing of what waits, in ms; 0 while it keeps up. A slow network takes a little now and then.
   * @param at Monotonic time in ms.
   */
  stalledFor(at: number): number {
    return this.#congested ? at - this.#leftAt : 0;
  }
}
