import { AuthenticationError, InvalidOptionsError } from "../../errors.js";
import type { OpenAIKeyRequest } from "./options.js";
import { isCredentialSource, readProvided } from "../../util/credential-source.js";
import type { OpenAIConnectionParams } from "./params.js";
import { fieldOf, isRecord, stringAt } from "../../util/records.js";

/** RFC 7230 `token`: what a WebSocket subprotocol may consist of. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** The token inside a bare string, a GA client secret or a beta session; undefined when there is none. */
export function tokenOf(credential: unknown): string | undefined {
  if (typeof credential === "string") return credential;
  if (!isRecord(credential)) return undefined;
  const nested = fieldOf(credential, "client_secret");
  return stringAt(credential, "value") ?? (isRecord(nested) ? stringAt(nested, "value") : undefined);
}

/**
 * The key for one attempt. A secret that came with the session's connection parameters goes first; once it has expired,
 * and there is an `api_key` to fall back on, that one is used. One that had expired before it was given is for the service to
 * judge: it may be fresh, and the clock of the device wrong.
 * @param nowSeconds Epoch seconds, for the expiry of a secret.
 * @param givenSeconds When the parameters were given, likewise.
 * @throws AuthenticationError when there is no key; InvalidOptionsError when it cannot be one; both name `api_key`.
 * ConnectionFailedError, retryable, as `readProvided` says.
 */
export async function resolveKey(
  apiKey: unknown,
  params: OpenAIConnectionParams | undefined,
  request: OpenAIKeyRequest,
  nowSeconds: number,
  givenSeconds: number,
): Promise<string> {
  const source = params?.api_key ?? apiKey;
  if (params?.secret !== undefined) {
    const { secret, expires_at: end = Infinity } = params;
    const isReplaced = end <= nowSeconds && isProvided(source);
    if (end > nowSeconds || (end <= givenSeconds && !isReplaced)) {
      return readProvided("api_key", secret, request, checkedKey);
    }
    if (!isReplaced) {
      throw new AuthenticationError(
        "The client secret of this session has expired: start the bot again for a new one.",
      );
    }
  }
  return readProvided("api_key", source, request, checkedKey);
}

function isProvided(source: unknown): boolean {
  return isCredentialSource(source) || (typeof source === "string" && source !== "");
}

/** The key in a credential. @throws AuthenticationError or InvalidOptionsError, naming `api_key`. */
export function checkedKey(credential: unknown): string {
  if (credential === undefined || credential === null || credential === "") {
    throw new AuthenticationError(
      "`api_key` is missing: pass a key, a function that returns one, or connection parameters with a client secret.",
    );
  }
  const key = tokenOf(credential)?.trim();
  if (key === undefined) {
    throw new InvalidOptionsError(
      "`api_key` must be a string, a client secret `{ value }` or `{ client_secret: { value } }`, or a function that returns one of them.",
    );
  }
  if (key === "") throw new AuthenticationError("`api_key` is empty.");
  if (!TOKEN.test(key)) throw new InvalidOptionsError("`api_key` holds characters that no OpenAI key has.");
  return key;
}
