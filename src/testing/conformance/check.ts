/** The runner's timer, whatever a case or a harness puts in its place. */
export const { setTimeout: realTimeout } = globalThis;

/** A promise of the transport that has not settled after this many ms of real time never will. */
const PATIENCE = 2_000;

/** Settles when a promise of the transport that has not settled yet never will. */
export type Patience = () => Promise<unknown>;

/** Of a transport that waits for real things. */
export const twoSeconds: Patience = () =>
  new Promise((resolve) => {
    const timer: unknown = realTimeout(resolve, PATIENCE);
    // It keeps no process alive.
    if (typeof timer === "object" && timer !== null && "unref" in timer) (timer as { unref(): void }).unref();
  });

let patience = twoSeconds;

/** How long promises are waited for from now on. Cases run one after the other. */
export function waitWith(next: Patience): void {
  patience = next;
}

/** @throws Error with both values when they differ as JSON. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (seen !== wanted) throw new Error(`${what}\n  expected: ${wanted}\n  seen:     ${seen}`);
}

/** @throws Error when it does not hold. */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** The promise's value. @throws Error when it does not settle. */
export async function settles<T>(promise: Promise<T>, what: string): Promise<T> {
  return Promise.race([
    promise,
    patience().then(() => {
      throw new Error(`${what} did not settle`);
    }),
  ]);
}

/** What the promise was rejected with. @throws Error when it resolves, does not settle, or the reason is no `Error`. */
export async function rejects(promise: Promise<unknown>, what: string): Promise<Error> {
  const reason: unknown = await settles(
    promise.then(
      () => undefined,
      (error: unknown) => error ?? new Error("rejected without a reason"),
    ),
    what,
  );
  holds(reason !== undefined, `${what} should have been rejected`);
  holds(reason instanceof Error, `${what} was rejected with something that is no Error`);
  return reason;
}
