/** How much is remembered, and for how long. */
export interface MemoryLimits {
  /** Entries. Beyond them the oldest is forgotten. */
  readonly most: number;
  /** Of all entries together. Beyond them the oldest are forgotten. */
  readonly mostBytes: number;
  /** Of an entry that says nothing else. */
  readonly lifeMs: number;
}

interface Entry<T> {
  readonly value: T;
  readonly bytes: number;
  readonly endsAtMs: number;
}

/** Things that are forgotten after a while, or for want of room. */
export class BoundedMemory<T> {
  readonly #limits: MemoryLimits;
  readonly #kept = new Map<string, Entry<T>>();
  #bytes = 0;

  constructor(limits: MemoryLimits) {
    this.#limits = limits;
  }

  /** Entries that are kept now. */
  get size(): number {
    this.#forgetExpired();
    return this.#kept.size;
  }

  /** Bytes of all that is kept now. */
  get bytes(): number {
    this.#forgetExpired();
    return this.#bytes;
  }

  /** Keeps a value, or keeps it anew: it is then the youngest. @param bytes what it holds, about. */
  set(key: string, value: T, bytes: number, lifeMs = this.#limits.lifeMs): void {
    this.delete(key);
    this.#forgetExpired();
    this.#kept.set(key, { value, bytes, endsAtMs: Date.now() + lifeMs });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limits.most && this.#bytes <= this.#limits.mostBytes) break;
      this.delete(oldest);
    }
  }

  get(key: string): T | undefined {
    this.#forgetExpired();
    return this.#kept.get(key)?.value;
  }

  delete(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }

  #forgetExpired(): void {
    const now = Date.now();
    for (const [key, { endsAtMs }] of this.#kept) if (endsAtMs <= now) this.delete(key);
  }
}
