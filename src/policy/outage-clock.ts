/**
 * The time of an outage, in ms: how long it has lasted, not counting the time without a network, and how long the service
 * wants to be left alone, which does not care about our network.
 */
export class OutageClock {
  #counted = 0;
  #heldUntil = 0;
  /** When it was last set going; undefined while there is no network. */
  #since: number | undefined;
  readonly #now: () => number;

  /** @param now Monotonic. */
  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
  }

  /** Nobody is to connect for so long. */
  hold(ms: number): void {
    this.#heldUntil = this.#now() + ms;
  }

  /** What is left of the last `hold`. */
  get held(): number {
    return Math.max(0, this.#heldUntil - this.#now());
  }

  get elapsed(): number {
    return this.#counted + (this.#since === undefined ? 0 : this.#now() - this.#since);
  }

  /** Another outage begins. */
  restart(): void {
    this.#counted = 0;
    if (this.#since !== undefined) this.#since = this.#now();
  }

  /** The network is gone. */
  pause(): void {
    this.#counted = this.elapsed;
    this.#since = undefined;
  }

  /** The network is there. */
  resume(): void {
    this.#since ??= this.#now();
  }
}
