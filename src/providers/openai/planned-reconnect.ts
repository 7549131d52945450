import { InvalidOptionsError } from "../../errors.js";
import type { Clock } from "../../options.js";

const DEFAULT_MS = 300_000;
/** No session lives longer; an expiry beyond it, or in the past, comes from clocks that disagree. */
const LONGEST_MS = 24 * 3_600_000;

/** Tells some time before a session expires that it will. */
export class PlannedReconnect {
  #cancel: (() => void) | undefined;

  /** @param expiring Told how much time is left, in ms. */
  constructor(
    private readonly clock: Clock | undefined,
    private readonly expiring: (withinMs: number) => void,
  ) {}

  /**
   * A session has begun. One that lives shorter than twice `beforeMs` is changed in the second half of its life.
   * @param remainingMs What is left of it.
   */
  begin(remainingMs: number, beforeMs: number): void {
    this.end();
    if (beforeMs === 0 || remainingMs <= 0 || remainingMs > LONGEST_MS) return;
    const left = Math.min(beforeMs, remainingMs / 2);
    const clock: Clock = this.clock ?? globalThis;
    const id = clock.setTimeout(() => {
      this.#cancel = undefined;
      this.expiring(left);
    }, remainingMs - left);
    this.#cancel = () => {
      clock.clearTimeout(id);
    };
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

/** The option `reconnect_before_ms`. @throws InvalidOptionsError */
export function readReconnectBefore(ms: unknown = DEFAULT_MS): number {
  if (typeof ms === "number" && ms >= 0 && Number.isFinite(ms)) return ms;
  throw new InvalidOptionsError("`reconnect_before_ms` must be a number of ms, not below 0.");
}
