import { DeviceError } from "@pipecat-ai/client-js";
import type { Fault, FaultCode } from "../contracts/fault.js";
import {
  ConnectionFailedError,
  ConnectTimeoutError,
  InternalError,
  ReadyTimeoutError,
  type RtviMachineError,
  type ErrorFacts,
  isRtviMachineError,
} from "../errors.js";
import { asError } from "../util/reason.js";

/** How many errors are kept; older ones are rebuilt from their fault, without stack and cause. */
const CAPACITY = 16;

/**
 * Keeps `Error` objects outside the charts: a chart carries the serialisable `Fault`, and whoever throws or reports it
 * to the app asks here for the error it stands for.
 */
export class ErrorRegistry {
  readonly #errors = new Map<number, Error>();
  #lastId = 0;

  /** Files an error and returns the facts that a chart may carry. */
  record(thrown: unknown): Fault {
    const error = toError(thrown);
    this.#lastId += 1;
    this.#errors.set(this.#lastId, error);
    this.#errors.delete(this.#lastId - CAPACITY);
    return describe(error, this.#lastId);
  }

  /** The error behind a fault; a fault that a chart made itself (`id` 0) becomes a typed error here. */
  errorOf(fault: Fault | null): Error {
    if (fault === null) return new InternalError("The session ended without a reason.");
    return this.#errors.get(fault.id) ?? rebuild(fault);
  }
}

function toError(thrown: unknown): Error {
  if (isRtviMachineError(thrown) || thrown instanceof DeviceError) return thrown;
  return new ConnectionFailedError(asError(thrown).message, { cause: thrown });
}

function describe(error: Error, id: number): Fault {
  if (!isRtviMachineError(error)) {
    const deviceError = error instanceof DeviceError ? { deviceError: error.type } : {};
    return { id, code: "device-error", message: error.message, retryable: false, ...deviceError };
  }
  return {
    id,
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    ...(error.status !== undefined && { status: error.status }),
    ...(error.closeCode !== undefined && { closeCode: error.closeCode }),
    ...(error.reason !== undefined && { reason: error.reason }),
    ...(isWait(error.retryAfterMs) && { retryAfterMs: error.retryAfterMs }),
  };
}

/** A wait that is none would set a timer that is over at once. */
function isWait(ms: number | undefined): ms is number {
  return ms !== undefined && ms >= 0;
}

const CLASS_OF: Partial<Record<FaultCode, new (message: string, facts: ErrorFacts) => RtviMachineError>> = {
  "connect-timeout": ConnectTimeoutError,
  "ready-timeout": ReadyTimeoutError,
  "connection-failed": ConnectionFailedError,
};

function rebuild(fault: Fault): Error {
  return new (CLASS_OF[fault.code] ?? InternalError)(fault.message, fault);
}
