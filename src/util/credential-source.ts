import { ConnectionFailedError, isRtviMachineError } from "../errors.js";
import { errorWords, tellsError } from "./error-words.js";
import { because, reasonOf } from "./reason.js";
import { isRecord } from "./records.js";

/** What an `api_key` function is told about the attempt that needs a key. */
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
 */
export async function readProvided<Value>(
  name: string,
  source: unknown,
  request: CredentialRequest,
  read: (value: unknown) => Value,
): Promise<Value> {
  const value = isCredentialSource(source) ? await ask(name, source, request) : source;
  try {
    return read(value);
  } catch (cause) {
    const reason = isCredentialSource(source) ? errorIn(value) : undefined;
    if (reason !== undefined) {
      throw new ConnectionFailedError(`The \`${name}\` function answered with an error: ${reason}`, {
        cause,
        retryable: true,
      });
    }
    if (request.attempt === 1) throw cause;
    const text = `What was given as \`${name}\` for this reconnect cannot be used; see \`cause\`.`;
    throw new ConnectionFailedError(text, { cause, retryable: true });
  }
}

/** The words of a token server that answered with an error in the place of a credential, as JSON. */
function errorIn(value: unknown): string | undefined {
  return isRecord(value) && tellsError(value) ? reasonOf(errorWords(value).message) : undefined;
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
    throw new ConnectionFailedError(because(`The \`${name}\` function failed`, cause), { cause, retryable: true });
  }
}
