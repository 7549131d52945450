import { InvalidOptionsError } from "../../errors.js";

const DEFAULT_BEFORE_MS = 300_000;
/** What OpenAI documents: 60 minutes. */
const DEFAULT_SESSION_MS = 3_600_000;
/** No service lets a session last longer; and a timer bears no more than some weeks. */
const LONGEST_SESSION_MS = 24 * 3_600_000;

/**
 * When a session is changed for a new one: from `afterMs` after its opening on, and within `withinMs` more. One that lasts shorter than
 * twice `beforeMs` is changed in the second half of its life. It is measured by how long the session has lasted: `expires_at` is the
 * service's clock, no event says what that clock shows now, and the user's may be off by hours.
 * @param sessionMs How long the service lets it last.
 * @returns undefined where it is not changed.
 */
export function plannedReconnect(
  sessionMs: number,
  beforeMs: number,
): { readonly afterMs: number; readonly withinMs: number } | undefined {
  if (beforeMs === 0) return undefined;
  const withinMs = Math.min(beforeMs, sessionMs / 2);
  return { afterMs: sessionMs - withinMs, withinMs };
}

/** The option `reconnect_before_ms`. @throws InvalidOptionsError */
export function readReconnectBefore(ms: unknown = DEFAULT_BEFORE_MS): number {
  if (typeof ms === "number" && ms >= 0 && Number.isFinite(ms)) return ms;
  throw new InvalidOptionsError("`reconnect_before_ms` must be a number of ms, not below 0.");
}

/** The option `max_session_ms`. @throws InvalidOptionsError */
export function readMaxSession(ms: unknown = DEFAULT_SESSION_MS): number {
  if (typeof ms === "number" && ms > 0 && ms <= LONGEST_SESSION_MS) return ms;
  throw new InvalidOptionsError("`max_session_ms` must be a number of ms, above 0 and at most 86 400 000 (a day).");
}
