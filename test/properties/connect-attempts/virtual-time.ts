import type { Clock } from "../../../src/options.js";

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

const realImmediate = setImmediate;

/** Time as the cases need it; a browser has its own. */
export type Time = Pick<VirtualTime, "clock" | "clocked" | "set" | "sleep" | "pass">;

/** Everything that is ready to run, runs: all microtasks, and nothing that waits for time. */
function drain(): Promise<void> {
  return new Promise((resolve) => {
    realImmediate(resolve);
  });
}

/**
 * Time that passes only when it is told to, for a client, a page and a transport together. Each timer is a task of its own:
 * all microtasks run before the next one. The same every time, and an hour takes no longer than what happens in it.
 */
export class VirtualTime {
  #now = 0;
  #order = 0;
  readonly #timers = new Map<number, Timer>();
  readonly #clocked = new Set<number>();

  /** Since the time began, in ms. */
  get now(): number {
    return this.#now;
  }

  /** Timers of the transport that wait; a leak if not 0 once it is disconnected. */
  get clocked(): number {
    return this.#clocked.size;
  }

  /** The clock of a transport: its timers are counted apart. */
  readonly clock: Clock = {
    setTimeout: (run: (...args: never[]) => void, ms: number): number => {
      const id = this.set(() => {
        this.#clocked.delete(id);
        run();
      }, ms);
      this.#clocked.add(id);
      return id;
    },
    clearTimeout: (id: unknown): void => {
      if (typeof id !== "number") return;
      this.#clocked.delete(id);
      this.clear(id);
    },
  };

  /** As the page's `setTimeout`. */
  readonly set = (run: () => void, ms = 0): number => {
    this.#order += 1;
    this.#timers.set(this.#order, { due: this.#now + Math.max(0, ms), order: this.#order, run });
    return this.#order;
  };

  readonly clear = (id: unknown): void => {
    if (typeof id === "number") this.#timers.delete(id);
  };

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.set(resolve, ms);
    });
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await drain();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next.order);
      this.#now = Math.max(this.#now, next.due);
      next.run();
      await drain();
    }
    this.#now = end;
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (timer.due > end) continue;
      if (first === undefined || timer.due < first.due) first = timer;
    }
    return first;
  }
}
