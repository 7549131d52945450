import type { Fault } from "../contracts/fault.js";
import type { ConnectRequest, Connection, ConnectionReports } from "../contracts/connection.js";
import { ConnectionAbortedError, ConnectionFailedError, RtviMachineError } from "../errors.js";
import type { TransportOptions } from "../options.js";

/** What becomes of fresh connection parameters. */
export interface ParamsHooks {
  /** Checks and keeps them. @throws InvalidOptionsError */
  use(params: unknown): void;
  open(): Connection;
  record(error: unknown): Fault;
}

/**
 * Connects; a reconnect asks the app for its connection parameters first, where it has such a function. An attempt that is
 * abandoned while the app is asked is never connected.
 */
export function connectWithParams(
  request: ConnectRequest,
  reports: ConnectionReports,
  ask: TransportOptions["connectionParams"],
  hooks: ParamsHooks,
): Connection {
  if (ask === undefined || request.attempt === 1) return hooks.open();
  const { attempt, signal } = request;
  let wire: Connection | undefined;
  const dial = async (): Promise<void> => {
    try {
      const params = await ask({ attempt, signal });
      if (signal.aborted) return;
      hooks.use(params);
    } catch (cause) {
      throw asRetryable(cause);
    }
    wire = hooks.open();
  };
  dial().catch((error: unknown) => {
    reports.closed(hooks.record(error));
  });
  return {
    probe: () => wire?.probe?.() === true,
    close: () => {
      if (wire !== undefined) wire.close();
      else reports.closed(hooks.record(new ConnectionAbortedError("The connect attempt had not begun yet.")));
    },
  };
}

/** What is wrong now may be right the next time: the app asks a server that may be in trouble as well. */
function asRetryable(cause: unknown): RtviMachineError {
  if (cause instanceof RtviMachineError && cause.code !== "invalid-options") return cause;
  return new ConnectionFailedError("options.connectionParams() failed; see `cause`.", { cause, retryable: true });
}
