import { asError, because } from "../util/reason.js";
import type { Attempt, Upcalls } from "../contracts/connection.js";
import type { Provider, ProviderSession } from "../contracts/provider.js";
import { ConnectionFailedError, isRtviMachineError } from "../errors.js";
import type { TransportOptions } from "../options.js";

/** What an attempt is made of. */
export interface AttemptParts<P> {
  readonly provider: Pick<Provider<P>, "readParams">;
  readonly session: ProviderSession<P>;
  readonly attempt: Attempt;
  readonly up: Upcalls;
  /** Asks the app for what `connect()` would be given now. */
  readonly connectionParams: TransportOptions["connectionParams"];
}

/** What an attempt was planned with: what its dialogue is made of once the connection is open. */
export interface Planned {
  readonly plan: unknown;
  readonly credential: unknown;
}

/**
 * The layers of one attempt, from the top: fresh connection parameters (not for the first attempt), the plan, the credential, the
 * socket or peer. An attempt that is given up while the app is asked opens nothing.
 * @param planned Told what the attempt was planned with, right before the socket or peer is opened.
 */
export async function openConnection<P>(parts: AttemptParts<P>, planned: (planned: Planned) => void): Promise<void> {
  const { session, attempt, up } = parts;
  try {
    await refresh(parts);
    if (isGivenUp(attempt)) return;
    const plan = session.plan(attempt);
    const credential = await session.credential(plan, attempt);
    if (isGivenUp(attempt)) return;
    planned({ plan, credential });
    session.open(plan, credential, attempt, up);
  } catch (error) {
    up.closed(asError(error, ConnectionFailedError));
  }
}

async function refresh<P>({ provider, session, attempt, connectionParams }: AttemptParts<P>): Promise<void> {
  if (connectionParams === undefined || attempt.attempt === 1) return;
  try {
    const params = await connectionParams({ attempt: attempt.attempt, signal: attempt.signal });
    if (!isGivenUp(attempt)) session.refresh(provider.readParams(params));
  } catch (cause) {
    // What is wrong now may be right the next time: the app asks a server that may be in trouble as well.
    if (isRtviMachineError(cause) && cause.code !== "invalid-options") throw cause;
    throw new ConnectionFailedError(because("options.connectionParams() failed", cause), { cause, retryable: true });
  }
}

/** Asked anew: it may have been given up meanwhile. */
function isGivenUp({ signal }: Attempt): boolean {
  return signal.aborted;
}
