/** What a listener hears as one, in ms. */
const GAP_MS = 250;

/** Bytes that have gone one way, and the longest time in which none did. */
export class Flow {
  /** Since the beginning. */
  bytes = 0;
  /** Times that nothing came for a quarter of a second, since `restart()`. */
  gaps = 0;
  #last = performance.now();
  #longest = 0;

  /** So many bytes have just been delivered. */
  passed(bytes: number): void {
    this.bytes += bytes;
    this.#longest = this.longestGapMs;
    if (performance.now() - this.#last > GAP_MS) this.gaps += 1;
    this.#last = performance.now();
  }

  /** Measures gaps from now on. */
  restart(): void {
    this.gaps = 0;
    this.#longest = 0;
    this.#last = performance.now();
  }

  /** Since `restart()`; a gap that lasts counts as far as it has come. */
  get longestGapMs(): number {
    return Math.max(this.#longest, performance.now() - this.#last);
  }
}
