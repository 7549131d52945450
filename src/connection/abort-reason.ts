import { ConnectionAbortedError, isRtviMachineError, type RtviMachineError } from "../errors.js";

/** Why a signal was aborted, where that is one of our errors; else that the connection was given up. */
export function abortReason(signal: AbortSignal): RtviMachineError {
  const reason: unknown = signal.reason;
  if (isRtviMachineError(reason)) return reason;
  return new ConnectionAbortedError("The connection was given up.", { cause: reason });
}
