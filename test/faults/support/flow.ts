/** Bytes that have gone one way, and the longest time in which none did. */
export class Flow {
  /** Since the beginning. */
  bytes = 0;
  #last = performance.now();
  #longest = 0;

  /** So many bytes have just been delivered. */
  passed(bytes: number): void {
    this.bytes += bytes;
    this.#longest = this.longestGapMs;
    this.#last = performance.now();
  }

  /** Measures gaps from now on. */
  restart(): void {
    this.#longest = 0;
    this.#last = performance.now();
  }

  /** Since `restart()`; a gap that lasts counts as far as it has come. */
  get longestGapMs(): number {
    return Math.max(this.#longest, performance.now() - this.#last);
  }
}
