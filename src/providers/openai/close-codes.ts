import {
  AuthenticationError,
  ConnectionFailedError,
  ConnectionLostError,
  ServiceError,
  type ErrorFacts,
  type RtviMachineError,
} from "../../errors.js";

/** WebSocket close codes after which a fresh connection may work: going away, no status, dropped, and the server's own trouble. */
const RETRYABLE = new Set([1001, 1005, 1006, 1011, 1012, 1013, 1014]);

/** Private close codes that services use for a credential they do not accept. */
const UNAUTHORIZED = new Set([3000, 3003, 4001, 4003, 4401, 4403]);

/**
 * Why an open connection to OpenAI is gone.
 * @param reason The close reason; `redact` makes it safe to show.
 */
export function closeError(code: number, reason: string, redact: (text: string) => string): RtviMachineError {
  const said = redact(reason);
  const facts: ErrorFacts = { closeCode: code, reason: said, retryable: RETRYABLE.has(code) };
  const tail = said === "" ? `code ${code}` : `code ${code}: ${said}`;
  if (/session_expired|maximum duration/i.test(reason)) {
    const advice = "The OpenAI session reached its maximum duration; a new session is needed.";
    return new ServiceError(`${advice} (${tail})`, { ...facts, serviceCode: "session_expired", retryable: true });
  }
  if (UNAUTHORIZED.has(code) || /invalid_api_key|incorrect api key|unauthori[sz]ed|authentication/i.test(reason)) {
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
  if (code >= 4000 && code <= 4999) {
    return new ServiceError(`OpenAI ended the session (${tail}).`, { ...facts, serviceCode: String(code) });
  }
  return new ConnectionLostError(`The connection to OpenAI was lost (${tail}).`, facts);
}

/**
 * Why a connection to OpenAI did not open. A browser shows a refused upgrade (401, 404, 429) and an unreachable host
 * alike: as code 1006 without a reason.
 */
export function connectError(code: number, reason: string, redact: (text: string) => string): RtviMachineError {
  const told = closeError(code, reason, redact);
  if (!(told instanceof ConnectionLostError)) return told;
  const said = redact(reason);
  return new ConnectionFailedError(
    `The connection to OpenAI could not be opened (code ${code}${said === "" ? "" : `: ${said}`}): ` +
      "the host cannot be reached, or it refused `api_key`, `model` or this page's origin.",
    { closeCode: code, reason: said, retryable: told.retryable },
  );
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
