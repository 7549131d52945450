import type { Fault } from "../contracts/fault.js";
import type { DialRequest, Wire, WireReports } from "../contracts/connection.js";
import { ConnectionAbortedError, ConnectionFailedError, RtviMachineError } from "../errors.js";
import type { TransportOptions } from "../options.js";

/** What becomes of fresh connection parameters. */
export interface ParamsHooks {
  /** Checks and keeps them. @throws InvalidOptionsError */
  use(params: unknown): void;
  dial(): Wire;
  record(error: unknown): Fault;
}

/**
 * Dials; a redial asks the app for its connection parameters first, where it has such a function. An attempt that is
 * abandoned while the app is asked is never dialled.
 */
export function dialWithParams(
  request: DialRequest,
  reports: WireReports,
  ask: TransportOptions["connectionParams"],
  hooks: ParamsHooks,
): Wire {
  if (ask === undefined || request.attempt === 1) return hooks.dial();
  const { attempt, signal } = request;
  let wire: Wire | undefined;
  const dial = async (): Promise<void> => {
    try {
      const params = await ask({ attempt, signal });
      if (signal.aborted) return;
      hooks.use(params);
    } catch (cause) {
      throw asRetryable(cause);
    }
    wire = hooks.dial();
  };
  dial().catch((error: unknown) => {
    reports.closed(hooks.record(error));
  });
  return {
    probe: () => wire?.probe?.() === true,
    hangUp: () => {
      if (wire !== undefined) wire.hangUp();
      else reports.closed(hooks.record(new ConnectionAbortedError("The dial had not begun yet.")));
    },
  };
}

/** What is wrong now may be right the next time: the app asks a server that may be in trouble as well. */
function asRetryable(cause: unknown): RtviMachineError {
  if (cause instanceof RtviMachineError && cause.code !== "invalid-options") return cause;
  return new ConnectionFailedError("options.connectionParams() failed; see `cause`.", { cause, retryable: true });
}
