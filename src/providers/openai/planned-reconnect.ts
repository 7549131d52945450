import { InvalidOptionsError } from "../../errors.js";

const DEFAULT_MS = 300_000;
/** No session lives longer; an expiry beyond it, or in the past, comes from clocks that disagree. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * When a session is changed for a new one: from `afterMs` on, and within `withinMs` more. One that lives shorter than twice `beforeMs`
 * is changed in the second half of its life. Undefined where it is not.
 * @param remainingMs What is left of it.
 */
export function plannedReconnect(
  remainingMs: number,
  beforeMs: number,
): { readonly afterMs: number; readonly withinMs: number } | undefined {
  if (beforeMs === 0 || remainingMs <= 0 || remainingMs > LONGEST_MS) return undefined;
  const withinMs = Math.min(beforeMs, remainingMs / 2);
  return { afterMs: remainingMs - withinMs, withinMs };
}

/** The option `reconnect_before_ms`. @throws InvalidOptionsError */
export function readReconnectBefore(ms: unknown = DEFAULT_MS): number {
  if (typeof ms === "number" && ms >= 0 && Number.isFinite(ms)) return ms;
  throw new InvalidOptionsError("`reconnect_before_ms` must be a number of ms, not below 0.");
}
