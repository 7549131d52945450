import { ConnectionFailedError, RtviMachineError } from "../errors.js";

/** What an `api_key` function is told about the attempt that needs a key. */
export interface KeyRequest {
  /** 1 for the first attempt of a session. */
  readonly attempt: number;
  /** Aborts when the attempt is given up; hand it to `fetch`. */
  readonly signal: AbortSignal;
}

/** Whether a value can be asked for a key. What it returns is checked when it is called. */
export function isKeyProvider(value: unknown): value is (request: KeyRequest) => unknown {
  return typeof value === "function";
}

/**
 * Reads an option that is given as it is, or by a function of the app that is asked on every attempt.
 * @param name How the app knows the option.
 * @param read Throws where a value cannot be used, without quoting it.
 * @throws ConnectionFailedError, retryable, when the function fails with anything but an error of this library, or answers
 * a redial with what cannot be used: a token server that is down is like a service that is down, and the next attempt may
 * find it. On the first attempt a wrong answer is a mistake of the program.
 */
export async function readProvided<Value>(
  name: string,
  source: unknown,
  request: KeyRequest,
  read: (value: unknown) => Value,
): Promise<Value> {
  if (!isKeyProvider(source)) return read(source);
  let answered = false;
  try {
    const answer = await source(request);
    answered = true;
    return read(answer);
  } catch (cause) {
    if (answered ? request.attempt === 1 : cause instanceof RtviMachineError) throw cause;
    const what = answered ? "gave no usable answer" : "failed";
    throw new ConnectionFailedError(`The \`${name}\` function ${what}; see \`cause\`.`, { cause, retryable: true });
  }
}
