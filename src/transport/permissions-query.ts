/** How much later than our own answers the client has gone on at the latest, in ms. */
const MARGIN = 50;
/** How long the page may take to answer, in ms, before nothing waits for the client any more. */
const PATIENCE = 500;

/** What the page can be asked. */
interface Permissions {
  query(descriptor: { name: string }): Promise<unknown>;
}

/**
 * Calls back when the client should have gone on after its devices were answered. It first asks the page for two permissions,
 * and does not say when it is done: so the same is asked here, and answered about when the client's questions are. It does not
 * follow a session's clock, because the page does not.
 * @param lapsed called once, in a task of its own.
 */
export function whenPermissionsAnswered(lapsed: () => void): void {
  const permissions = permissionsOf();
  if (permissions === undefined) {
    setTimeout(lapsed, 0);
    return;
  }
  let phase: "asking" | "over" = "asking";
  const lapse = (): void => {
    if (phase === "over") return;
    phase = "over";
    clearTimeout(patience);
    lapsed();
  };
  const patience = setTimeout(lapse, PATIENCE);
  const asked = ["microphone", "camera"].map(async (name) => permissions.query({ name }));
  void Promise.allSettled(asked).then(() => {
    setTimeout(lapse, MARGIN);
  });
}

function permissionsOf(): Permissions | undefined {
  const page: { readonly navigator?: { readonly permissions?: Partial<Permissions> } } = globalThis;
  const permissions = page.navigator?.permissions;
  return typeof permissions?.query === "function" ? (permissions as Permissions) : undefined;
}
