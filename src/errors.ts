import { RTVIError } from "@pipecat-ai/client-js";
import type { FaultCode } from "./contracts/fault.js";

/** Facts that every error of this library may carry. */
export interface ErrorFacts {
  readonly cause?: unknown;
  /** Whether another attempt may succeed unchanged. */
  readonly retryable?: boolean;
  /** HTTP status. */
  readonly status?: number;
  /** WebSocket close code. */
  readonly closeCode?: number;
  /** WebSocket close reason. */
  readonly reason?: string;
  /** How long the service asks to wait before another attempt, in ms (`Retry-After`). */
  readonly retryAfterMs?: number;
}

/** The same in every copy of this library: an app may have its ESM and its CommonJS build, or two versions. */
const MARK = Symbol.for("rtvi-machine.error");

/**
 * Root of every error this library throws or reports. `code` is stable; `message` says what to do. Ask `isRtviMachineError`, which
 * knows the errors of another copy of the library, too. Names are literals, which no minifier touches.
 */
export abstract class RtviMachineError extends RTVIError {
  override readonly name: string = "RtviMachineError";
  abstract readonly code: FaultCode;
  override readonly cause: unknown;
  readonly retryable: boolean;
  readonly closeCode: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, facts: ErrorFacts = {}) {
    super(message, facts.status);
    this.cause = facts.cause;
    this.retryable = facts.retryable ?? false;
    this.closeCode = facts.closeCode;
    this.reason = facts.reason;
    this.retryAfterMs = facts.retryAfterMs;
  }

  get [MARK](): true {
    return true;
  }
}

/** Whether something is an error of this library, whichever copy of it made it. */
export function isRtviMachineError(error: unknown): error is RtviMachineError {
  return typeof error === "object" && error !== null && MARK in error;
}

/** `disconnect()`, or a newer request, ended this one. */
export class ConnectionAbortedError extends RtviMachineError {
  override readonly name: string = "ConnectionAbortedError";
  readonly code = "aborted";
}

/** The connection did not open in time. */
export class ConnectTimeoutError extends RtviMachineError {
  override readonly name: string = "ConnectTimeoutError";
  readonly code = "connect-timeout";
}

/** The connection opened, but the service never said that it was ready. */
export class ReadyTimeoutError extends RtviMachineError {
  override readonly name: string = "ReadyTimeoutError";
  readonly code = "ready-timeout";
}

/** The connection could not be opened. */
export class ConnectionFailedError extends RtviMachineError {
  override readonly name: string = "ConnectionFailedError";
  readonly code = "connection-failed";
}

/** The connection was open and is gone. */
export class ConnectionLostError extends RtviMachineError {
  override readonly name: string = "ConnectionLostError";
  readonly code = "connection-lost";
}

/** The service refused the credential. */
export class AuthenticationError extends RtviMachineError {
  override readonly name: string = "AuthenticationError";
  readonly code = "unauthorized";
}

/** The service reported an error of its own. */
export class ServiceError extends RtviMachineError {
  override readonly name: string = "ServiceError";
  readonly code = "service-error";
  /** The service's own error code, e.g. `session_expired`. */
  readonly serviceCode: string | undefined;

  constructor(message: string, facts: ErrorFacts & { readonly serviceCode?: string } = {}) {
    super(message, facts);
    this.serviceCode = facts.serviceCode;
  }
}

/** A message on the connection was not what the protocol says. */
export class ProtocolError extends RtviMachineError {
  override readonly name: string = "ProtocolError";
  readonly code = "protocol-error";
}

/** An option or connection parameter has the wrong type; the message names its key. */
export class InvalidOptionsError extends RtviMachineError {
  override readonly name: string = "InvalidOptionsError";
  readonly code = "invalid-options";
}

/** The call needs a session that is connected or ready. */
export class NotReadyError extends RtviMachineError {
  override readonly name: string = "NotReadyError";
  readonly code = "not-ready";
}

/** The network is too slow: microphone audio is being dropped until it has caught up, or a message was refused. */
export class CongestionError extends RtviMachineError {
  override readonly name: string = "CongestionError";
  readonly code = "congested";
}

/** `connect()` during a session: there is never a second connection. */
export class AlreadyConnectedError extends RtviMachineError {
  override readonly name: string = "AlreadyConnectedError";
  readonly code = "already-connected";
}

/** The page lacks something the session needs (secure context, AudioWorklet, WebSocket, getUserMedia). */
export class UnsupportedEnvironmentError extends RtviMachineError {
  override readonly name: string = "UnsupportedEnvironmentError";
  readonly code = "unsupported-environment";
}

/** A request of RTVI's services was not answered in time. */
export class RequestTimeoutError extends RtviMachineError {
  override readonly name: string = "RequestTimeoutError";
  readonly code = "request-timeout";
}

/** The server answered a request of RTVI's services with an error; the message is its own. */
export class RequestRejectedError extends RtviMachineError {
  override readonly name: string = "RequestRejectedError";
  readonly code = "request-rejected";
}

/** A function call of the model was not answered by the app: the model was told so, and the session goes on. */
export class FunctionCallError extends RtviMachineError {
  override readonly name: string = "FunctionCallError";
  readonly code = "function-call-failed";
}

/** A defect in this library or in a subclass; the session ended, the instance can connect again. */
export class InternalError extends RtviMachineError {
  override readonly name: string = "InternalError";
  readonly code = "internal-error";
}
