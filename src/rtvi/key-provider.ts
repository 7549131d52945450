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
 * Asks an app's `api_key` function.
 * @throws ConnectionFailedError, retryable, when it fails with anything but an error of this library: a token server that
 * is down is like a service that is down, and the next attempt may find it.
 */
export async function askForKey(ask: () => unknown): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RtviMachineError) throw error;
    throw new ConnectionFailedError("The `api_key` function failed; see `cause`.", { cause: error, retryable: true });
  }
}
