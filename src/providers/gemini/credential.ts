import { AuthenticationError, InvalidOptionsError } from "../../errors.js";
import { readProvided } from "../../util/credential-source.js";
import { isRecord, stringAt } from "../../util/records.js";
import type { GeminiKeyRequest } from "./options.js";
import { isToken } from "./params.js";
import type { SessionPlan } from "./plan.js";

/** What API keys and token names consist of. */
const CHARACTERS = /^[\w.~/:+=-]+$/;

/**
 * The credential for one attempt: that of the session's connection parameters, else `api_key`.
 * @throws AuthenticationError when there is none; InvalidOptionsError when it cannot be one; both name `api_key`.
 * ConnectionFailedError, retryable, as `readProvided` says.
 */
export function resolveCredential(source: unknown, request: GeminiKeyRequest): Promise<string> {
  return readProvided("api_key", source, request, checkedCredential);
}

function checkedCredential(given: unknown): string {
  if (given === undefined || given === null || given === "") {
    throw new AuthenticationError(
      "`api_key` is missing: pass a key, a function that returns one, or connection parameters with an ephemeral token.",
    );
  }
  const credential = (
    isRecord(given) ? stringAt(given, "name") : typeof given === "string" ? given : undefined
  )?.trim();
  if (credential === undefined) {
    throw new InvalidOptionsError(
      "`api_key` must be a string, an ephemeral token `{ name }`, or a function that returns one of them.",
    );
  }
  if (credential === "") throw new AuthenticationError("`api_key` is empty.");
  if (!CHARACTERS.test(credential)) throw new InvalidOptionsError("`api_key` holds characters that no Gemini key has.");
  return credential;
}

/**
 * The address to connect: an ephemeral token has a method, a query and a default version of its own. It holds the
 * credential, for a browser can send it in no other way: use it, and let go of it.
 */
export function socketUrl({ baseUrl, apiVersion }: SessionPlan, credential: string): string {
  const token = isToken(credential);
  const version = apiVersion ?? (token ? "v1alpha" : "v1beta");
  const method = token ? "BidiGenerateContentConstrained" : "BidiGenerateContent";
  const url = new URL(baseUrl);
  url.protocol = /^(?:https|wss):$/.test(url.protocol) ? "wss:" : "ws:";
  if (!url.pathname.includes("BidiGenerateContent")) {
    const base = url.pathname.replace(/\/+$/, "");
    url.pathname = `${base}/ws/google.ai.generativelanguage.${version}.GenerativeService.${method}`;
  }
  // Google's own client leaves the slash of a token as it is.
  const secret = `${token ? "access_token" : "key"}=${encodeURIComponent(credential).replaceAll("%2F", "/")}`;
  url.search = url.search === "" ? secret : `${url.search}&${secret}`;
  url.hash = "";
  return url.href;
}
