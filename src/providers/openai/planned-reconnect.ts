/** Unless `reconnect_before_ms` says otherwise. */
export const DEFAULT_BEFORE_MS = 300_000;
/** What OpenAI documents: 60 minutes. */
export const DEFAULT_SESSION_MS = 3_600_000;

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
