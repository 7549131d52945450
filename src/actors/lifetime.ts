/**
 * An abort signal for something an actor owns: aborted by the actor's own cleanup, or by the end of the whole
 * composition. The second way matters when a defect kills the root actor: XState then runs no child's cleanup.
 */
export interface Lifetime {
  readonly signal: AbortSignal;
  /** Ends it; idempotent. */
  end(): void;
}

/** A lifetime inside another one. */
export function lifetimeWithin(outer: AbortSignal): Lifetime {
  const controller = new AbortController();
  const end = (): void => {
    outer.removeEventListener("abort", end);
    controller.abort();
  };
  if (outer.aborted) controller.abort();
  else outer.addEventListener("abort", end);
  return { signal: controller.signal, end };
}
