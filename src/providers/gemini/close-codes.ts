import {
  AuthenticationError,
  ConnectionFailedError,
  ConnectionLostError,
  ServiceError,
  type ErrorFacts,
  type RtviMachineError,
} from "../../errors.js";

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

/** Every close code with a meaning of its own: whether to come back, and what a person should read. */
const CODES: ReadonlyMap<number, { readonly retry: "yes" | "resume" | "anew" | "no"; readonly says: string }> = new Map(
  [
    [1000, { retry: "resume", says: "Gemini ended the session." }],
    [1001, { retry: "yes", says: "Gemini is going away." }],
    [1005, { retry: "yes", says: "The connection to Gemini was closed without a reason." }],
    [1006, { retry: "yes", says: "The connection to Gemini was lost." }],
    [1007, { retry: "anew", says: "Gemini refused a message: check `settings`, `model` and `text_input`." }],
    [1008, { retry: "anew", says: "Gemini does not allow this: check `model`, `api_version` and `settings`." }],
    [1011, { retry: "yes", says: "Gemini failed." }],
    [1012, { retry: "yes", says: "Gemini restarts." }],
    [1013, { retry: "yes", says: "Gemini is overloaded." }],
    [1014, { retry: "yes", says: "A gateway before Gemini failed." }],
  ],
);

/**
 * Whether a close is answered by one attempt without a handle: the handle was not accepted, or a session broke that had
 * been running, which happens around function calls.
 */
export function beginsAnew(code: number, reason: string, was: ClosedConnection): boolean {
  if (QUOTA.test(reason) || CREDENTIAL.test(reason) || MODEL.test(reason)) return false;
  if (!was.mayBeginAnew || CODES.get(code)?.retry !== "anew") return false;
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
  const tail = said === "" ? `(code ${code})` : `(code ${code}: ${said})`;
  if (QUOTA.test(reason)) {
    return new ServiceError(`The quota of this Gemini key is used up. ${tail}`, { ...facts, serviceCode: "quota" });
  }
  if (CREDENTIAL.test(reason)) {
    return new AuthenticationError(`Gemini refused the credential: check \`api_key\`. ${tail}`, facts);
  }
  if (MODEL.test(reason)) {
    const says = "Gemini does not offer this `model` for live sessions, or not in this `api_version`.";
    return new ServiceError(`${says} ${tail}`, { ...facts, serviceCode: "model_not_found" });
  }
  const { retry, says } = CODES.get(code) ?? { retry: "no", says: "Gemini ended the session." };
  const retryable = retry === "yes" || (retry === "resume" && was.resumable) || beginsAnew(code, reason, was);
  const told = { ...facts, retryable };
  if (retry !== "yes") return new ServiceError(`${says} ${tail}`, { ...told, serviceCode: String(code) });
  return new ConnectionLostError(`${says} ${tail}`, told);
}

/**
 * Why a connection to Gemini did not open. A browser shows a refused upgrade and an unreachable host alike: as code 1006
 * without a reason.
 */
export function connectError(
  code: number,
  reason: string,
  redact: (text: string) => string,
  was: ClosedConnection,
): RtviMachineError {
  const told = closeError(code, reason, redact, was);
  if (!(told instanceof ConnectionLostError)) return told;
  const said = redact(reason);
  return new ConnectionFailedError(
    `The connection to Gemini could not be opened (code ${code}${said === "" ? "" : `: ${said}`}): ` +
      "the host cannot be reached, or it refused `api_key`, `api_version` or this page's origin.",
    { closeCode: code, reason: said, retryable: told.retryable },
  );
}
