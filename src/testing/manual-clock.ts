import type { Clock } from "../options.js";

interface Timer {
  readonly due: number;
  readonly run: (...args: never[]) => void;
}

/** A clock that stands still until it is told otherwise: pass it as `options.clock`. All times in ms. */
export class ManualClock implements Clock {
  #now = 0;
  #lastId = 0;
  readonly #timers = new Map<number, Timer>();

  /** Since the clock was made. */
  get now(): number {
    return this.#now;
  }

  /** Timers that wait; a leak if not 0 after a session. */
  get pending(): number {
    return this.#timers.size;
  }

  setTimeout(run: (...args: never[]) => void, ms: number): number {
    this.#lastId += 1;
    this.#timers.set(this.#lastId, { due: this.#now + Math.max(0, ms), run });
    return this.#lastId;
  }

  clearTimeout(id: unknown): void {
    if (typeof id === "number") this.#timers.delete(id);
  }

  /** Lets time pass; timers run in the order in which they are due, those that are set meanwhile included. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      const [id, { due, run }] = next;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, due);
      run();
    }
    this.#now = end;
  }

  /** The machine sleeps: time passes and no timer runs; those that became due meanwhile run when it wakes. */
  sleep(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  #next(end: number): [number, Timer] | undefined {
    let first: [number, Timer] | undefined;
    for (const entry of this.#timers) {
      if (entry[1].due <= end && (first === undefined || entry[1].due < first[1].due)) first = entry;
    }
    return first;
  }
}

/** A clock that a test turns. */
export function manualClock(): ManualClock {
  return new ManualClock();
}
