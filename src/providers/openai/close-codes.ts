import {
  AuthenticationError,
  ConnectionLostError,
  ServiceError,
  type ErrorFacts,
  type RtviMachineError,
} from "../../errors.js";
import {
  closeOf,
  failedToOpen,
  isPrivateClose,
  isRetryableClose,
  isUnauthorizedClose,
} from "../../policy/close-codes.js";

/**
 * Why an open connection to OpenAI is gone.
 * @param reason The close reason; `redact` makes it safe to show.
 */
export function closeError(code: number, reason: string, redact: (text: string) => string): RtviMachineError {
  const said = redact(reason);
  const facts: ErrorFacts = { closeCode: code, reason: said, retryable: isRetryableClose(code) };
  const tail = closeOf(code, said);
  if (/session_expired|maximum duration/i.test(reason)) {
    const advice = "The OpenAI session reached its maximum duration; a new session is needed.";
    return new ServiceError(`${advice} (${tail})`, { ...facts, serviceCode: "session_expired", retryable: true });
  }
  if (isUnauthorizedClose(code) || /invalid_api_key|incorrect api key|unauthori[sz]ed|authentication/i.test(reason)) {
    return new AuthenticationError(`OpenAI refused the credential: check \`api_key\`. (${tail})`, {
      ...facts,
      retryable: false,
    });
  }
  if (/beta_api_shape_disabled/i.test(reason)) {
    const advice = 'OpenAI no longer accepts the beta dialect: leave `dialect` at "ga".';
    return new ServiceError(`${advice} (${tail})`, {
      ...facts,
      serviceCode: "beta_api_shape_disabled",
      retryable: false,
    });
  }
  if (isPrivateClose(code)) {
    return new ServiceError(`OpenAI ended the session (${tail}).`, { ...facts, serviceCode: String(code) });
  }
  return new ConnectionLostError(`The connection to OpenAI was lost (${tail}).`, facts);
}

/** Why a connection to OpenAI did not open. */
export function connectError(code: number, reason: string, redact: (text: string) => string): RtviMachineError {
  const advice = "the host cannot be reached, or it refused `api_key`, `model` or this page's origin.";
  return failedToOpen(closeError(code, reason, redact), "OpenAI", advice);
}

/**
 * Why an HTTP request to OpenAI failed.
 * @param message The service's words from the JSON error body, where there was one.
 * @param serviceCode The service's error code from the same place.
 * @param retryAfterMs How long the service asks to wait, where it does.
 */
export function httpError(
  status: number,
  message: string,
  serviceCode: string | undefined,
  redact: (text: string) => string,
  retryAfterMs?: number,
): RtviMachineError {
  const said = redact(message);
  const tail = said === "" ? `HTTP ${status}` : `HTTP ${status}: ${said}`;
  if (status === 401 || status === 403) {
    return new AuthenticationError(`OpenAI refused the credential: check \`api_key\`. (${tail})`, { status });
  }
  const outOfQuota = serviceCode === "insufficient_quota";
  const retryable = !outOfQuota && (status === 408 || status === 429 || status >= 500);
  const code = serviceCode === undefined ? {} : { serviceCode: redact(serviceCode) };
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  const what =
    serviceCode === "model_not_found"
      ? "OpenAI does not offer this `model` to this key"
      : status === 429 && !outOfQuota
        ? "OpenAI has had too many requests"
        : "OpenAI refused the connection";
  return new ServiceError(`${what} (${tail.replace(/\.$/, "")}).`, { status, retryable, ...code, ...wait });
}
