import { AuthenticationError, ConnectionFailedError, InvalidOptionsError, isRtviMachineError } from "../errors.js";
import { checkAwaited } from "./check-options.js";
import { errorWords, tellsError } from "./error-words.js";
import { because, reasonOf } from "./reason.js";
import { isRecord } from "./records.js";

/** What a function of the app is told about the attempt that needs a key, a token or an address. */
export interface CredentialRequest {
  /** 1 for the first attempt of a session. */
  readonly attempt: number;
  /** Aborts when the attempt is given up; hand it to `fetch`. */
  readonly signal: AbortSignal;
}

/** Whether a value can be asked for a key. What it returns is checked when it is called. */
export function isCredentialSource(value: unknown): value is (request: CredentialRequest) => unknown {
  return typeof value === "function";
}

/**
 * Reads an option that is given as it is, or by a function of the app that is asked on every attempt.
 * @param name How the app knows the option.
 * @param read Throws where a value cannot be used, without quoting it.
 * @throws ConnectionFailedError, retryable, when the function fails with anything but an error of this library, or a reconnect
 * gets what cannot be used, from the function or from `options.connectionParams`: a token server that is down is like a
 * service that is down, and the next attempt may find it. On the first attempt that is a mistake of the program.
 * @throws AuthenticationError when the function's answer says that a key was refused, or is an object without a credential.
 */
export async function readProvided<Value>(
  name: string,
  source: unknown,
  request: CredentialRequest,
  read: (value: unknown) => Value,
): Promise<Value> {
  const value = isCredentialSource(source) ? await ask(name, source, request) : source;
  checkAwaited(value, isCredentialSource(source) ? `What the \`${name}\` function returns` : `\`${name}\``);
  try {
    return read(value);
  } catch (cause) {
    if (isCredentialSource(source)) throwError(name, value, cause);
    if (request.attempt === 1) {
      if (!isCredentialSource(source) || !isRecord(value) || !(cause instanceof InvalidOptionsError)) throw cause;
      const text = `The \`${name}\` function answered with an object that holds no credential: return the secret itself, or what the service answered.`;
      throw new AuthenticationError(text, { cause });
    }
    const text = `What was given as \`${name}\` for this reconnect cannot be used; see \`cause\`.`;
    throw new ConnectionFailedError(text, { cause, retryable: true });
  }
}

/** How services say that it is the key that they do not take. */
const REFUSED =
  /\b(?:40[13]|(?:invalid|incorrect)[ _]api[ _]key|api key not valid|provide an api key|unauthori[sz]ed|unauthenticated|authentication|permission_denied)\b/i;

/** A token server may answer with an error in the place of a credential, as JSON. */
function throwError(name: string, value: unknown, cause: unknown): void {
  if (!isRecord(value) || !tellsError(value)) return;
  const { message, code, type } = errorWords(value);
  const reason = reasonOf(message);
  if (reason === undefined) return;
  if (REFUSED.test(`${code ?? ""} ${type ?? ""} ${reason}`)) {
    throw new AuthenticationError(`The server that the \`${name}\` function asks was refused: ${reason}`, { cause });
  }
  const text = `The \`${name}\` function answered with an error: ${reason}`;
  throw new ConnectionFailedError(text, { cause, retryable: true });
}

async function ask(
  name: string,
  source: (request: CredentialRequest) => unknown,
  request: CredentialRequest,
): Promise<unknown> {
  try {
    return await source(request);
  } catch (cause) {
    if (isRtviMachineError(cause)) throw cause;
    if (cause instanceof SyntaxError) throw notJson(name, cause);
    throw new ConnectionFailedError(because(`The \`${name}\` function failed`, cause), { cause, retryable: true });
  }
}

/** What `response.json()` makes of an empty answer, or of a page of HTML. Browsers quote the text, which may be the credential itself. */
function notJson(name: string, { message }: SyntaxError): ConnectionFailedError {
  const said = reasonOf(message) ?? "";
  const text = `What the \`${name}\` function read is no JSON: is the token server running, and is this its address? ${said}`;
  return new ConnectionFailedError(text, { cause: new SyntaxError(said), retryable: true });
}
