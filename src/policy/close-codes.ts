import { ConnectionFailedError, ConnectionLostError, type RtviMachineError } from "../errors.js";

/**
 * Close codes of a WebSocket after which a fresh connection may work: going away, no status, dropped, and the server's own trouble.
 * RFC 6455, 7.4.1, and IANA's registry of close codes.
 */
const RETRYABLE = new Set([1001, 1005, 1006, 1011, 1012, 1013, 1014]);

/** Private close codes that services, frameworks and proxies use for a credential that they do not accept. */
const UNAUTHORIZED = new Set([3000, 3003, 4001, 4003, 4401, 4403]);

/** Whether a fresh connection may work, as far as the code alone tells. */
export const isRetryableClose = (code: number): boolean => RETRYABLE.has(code);

/** Whether the other side closed because it does not accept the credential. */
export const isUnauthorizedClose = (code: number): boolean => UNAUTHORIZED.has(code);

/** Whether a code is of the range that applications may give a meaning of their own; RFC 6455, 7.4.2. */
export const isPrivateClose = (code: number): boolean => code >= 4000 && code <= 4999;

/** What was seen of a close, for the end of a message: `code 1006`, with what the other side said. */
export const closeOf = (code: number, said: string): string => (said === "" ? `code ${code}` : `code ${code}: ${said}`);

/**
 * The same close before the connection had opened. A browser shows a refused upgrade (401, 404, 429) and an unreachable host alike:
 * as code 1006 without a reason, which would be a lost connection later.
 * @param closed What the close would mean for an open connection.
 * @param advice What to look at.
 */
export function failedToOpen(closed: RtviMachineError, to: string, advice: string): RtviMachineError {
  if (!(closed instanceof ConnectionLostError)) return closed;
  const { closeCode = 1006, reason = "", retryable } = closed;
  return new ConnectionFailedError(
    `The connection to ${to} could not be opened (${closeOf(closeCode, reason)}): ${advice}`,
    { closeCode, reason, retryable },
  );
}
