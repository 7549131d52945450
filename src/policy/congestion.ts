/** What becomes of a chunk of audio: sent or shed; `…-begins` and `…-ends` are worth telling. */
export type Congestion = "clear" | "congestion-begins" | "congested" | "congestion-ends";

/**
 * Whether the network keeps up, by what waits to be sent. Sheds above the limit and until half of it has left, so that
 * one congestion is told once and audio is not chopped up chunk by chunk.
 */
export class CongestionWatch {
  #congested = false;

  /** @param limit Bytes that may wait to be sent. */
  constructor(private readonly limit: number) {}

  /** @param buffered Bytes that wait now. */
  look(buffered: number): Congestion {
    const was = this.#congested;
    this.#congested = buffered > (was ? this.limit / 2 : this.limit);
    if (this.#congested) return was ? "congested" : "congestion-begins";
    return was ? "congestion-ends" : "clear";
  }
}
