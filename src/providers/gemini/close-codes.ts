import {
  AuthenticationError,
  ConnectionLostError,
  ServiceError,
  type ErrorFacts,
  type RtviMachineError,
} from "../../errors.js";
import { closeOf, failedToOpen, isRetryableClose, isUnauthorizedClose } from "../../policy/close-codes.js";

/** What a connection had been when it closed. */
export interface ClosedConnection {
  /** It had been ready. */
  readonly ready: boolean;
  /** It was opened with a resumption handle. */
  readonly resumed: boolean;
  /** There is a handle to come back with. */
  readonly resumable: boolean;
  /** The session may be begun anew, without a handle: once, until that has proven itself. */
  readonly mayBeginAnew: boolean;
}

const QUOTA = /quota|billing|resource[ _]exhausted/i;
const CREDENTIAL =
  /api[ _-]?key|(?:auth|access|ephemeral)[ _-]?tokens?\b|permission[ _]denied|unauthenticated|unauthori[sz]ed|invalid authentication/i;
const MODEL = /\bmodels?\b.*(?:not found|not supported)|not supported for bidiGenerateContent/i;

/** What a person should read. */
const SAYS: ReadonlyMap<number, string> = new Map([
  [1001, "Gemini is going away."],
  [1005, "The connection to Gemini was closed without a reason."],
  [1006, "The connection to Gemini was lost."],
  [1007, "Gemini refused a message: check `settings`, `model` and `text_input`."],
  [1008, "Gemini does not allow this: check `model`, `api_version` and `settings`."],
  [1011, "Gemini failed."],
  [1012, "Gemini restarts."],
  [1013, "Gemini is overloaded."],
  [1014, "A gateway before Gemini failed."],
]);

/** What it refuses may be the handle, or what it makes of a session that had been running. */
const REFUSALS = new Set([1007, 1008]);

/**
 * Whether a close is answered by one attempt without a handle: the handle was not accepted, or a session broke that had
 * been running, which happens around function calls.
 */
export function beginsAnew(code: number, reason: string, was: ClosedConnection): boolean {
  if (QUOTA.test(reason) || CREDENTIAL.test(reason) || MODEL.test(reason)) return false;
  if (!was.mayBeginAnew || !REFUSALS.has(code)) return false;
  return was.resumed || (code === 1008 && was.ready);
}

/**
 * Why an open connection to Gemini is gone. The service has no error messages: code and reason are all that it says.
 * @param reason The close reason, often cut; `redact` makes it safe to show.
 */
export function closeError(
  code: number,
  reason: string,
  redact: (text: string) => string,
  was: ClosedConnection,
): RtviMachineError {
  const said = redact(reason);
  const facts: ErrorFacts = { closeCode: code, reason: said, retryable: false };
  const tail = `(${closeOf(code, said)})`;
  if (QUOTA.test(reason)) {
    return new ServiceError(`The quota of this Gemini key is used up. ${tail}`, { ...facts, serviceCode: "quota" });
  }
  const isModel = MODEL.test(reason);
  if (CREDENTIAL.test(reason) || (isUnauthorizedClose(code) && !isModel)) {
    return new AuthenticationError(`Gemini refused the credential: check \`api_key\`. ${tail}`, facts);
  }
  if (isModel) {
    const says = "Gemini does not offer this `model` for live sessions, or not in this `api_version`.";
    return new ServiceError(`${says} ${tail}`, { ...facts, serviceCode: "model_not_found" });
  }
  const message = `${SAYS.get(code) ?? "Gemini ended the session."} ${tail}`;
  if (isRetryableClose(code)) return new ConnectionLostError(message, { ...facts, retryable: true });
  const retryable = (code === 1000 && was.resumable) || beginsAnew(code, reason, was);
  return new ServiceError(message, { ...facts, retryable, serviceCode: String(code) });
}

/** Why a connection to Gemini did not open. */
export function connectError(
  code: number,
  reason: string,
  redact: (text: string) => string,
  was: ClosedConnection,
): RtviMachineError {
  const advice = "the host cannot be reached, or it refused `api_key`, `api_version` or this page's origin.";
  return failedToOpen(closeError(code, reason, redact, was), "Gemini", advice);
}
