/** Why something failed, as a word that charts, recordings and tests can compare. */
export type FaultCode =
  | "aborted"
  | "connect-timeout"
  | "ready-timeout"
  | "connection-failed"
  | "connection-lost"
  | "unauthorized"
  | "service-error"
  | "protocol-error"
  | "invalid-options"
  | "not-ready"
  | "congested"
  | "already-connected"
  | "unsupported-environment"
  | "device-error"
  | "request-timeout"
  | "request-rejected"
  | "function-call-failed"
  | "internal-error";

/**
 * A failure as the charts see it: serialisable facts only. The `Error` object itself (with its stack and `cause`) stays
 * in the `ErrorRegistry` of the composition and is found again by `id`.
 */
export interface Fault {
  /** Finds the original error in the `ErrorRegistry`; unique within one transport. */
  readonly id: number;
  readonly code: FaultCode;
  /** What a person should read. Never holds a credential. */
  readonly message: string;
  /** Whether another attempt may succeed without anyone changing anything. */
  readonly retryable: boolean;
  /** What RTVI calls the kind of a device error: "permissions", "not-found". */
  readonly deviceError?: string;
  /** HTTP status, where one was seen. */
  readonly status?: number;
  /** WebSocket close code, where one was seen. */
  readonly closeCode?: number;
  /** WebSocket close reason, at most 123 bytes by RFC 6455. */
  readonly reason?: string;
  /** How long the service asks to wait before another attempt, in ms (`Retry-After`). */
  readonly retryAfterMs?: number;
}

/** An error that says whether another attempt may succeed. */
export type FaultError = Error & Pick<Fault, "code" | "retryable">;
