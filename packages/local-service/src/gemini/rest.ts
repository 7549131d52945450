import type { IncomingMessage, ServerResponse } from "node:http";
import { readJson, sendJson } from "../http.js";
import type { JsonObject } from "../json.js";
import type { HttpHandler } from "../router.js";
import type { KeyRing } from "../auth.js";
import type { AuthTokens } from "./auth-tokens.js";
import { Refusal } from "./refusal.js";

/** API versions, all alike here. */
export const VERSIONS = ["v1", "v1beta", "v1alpha"] as const;

/** The key in the address or, as Google's SDKs send it, in a header. */
export function readApiKey(request: IncomingMessage, url: URL): string | undefined {
  const header = request.headers["x-goog-api-key"];
  return url.searchParams.get("key") ?? (Array.isArray(header) ? header[0] : header);
}

/** The body of an error, as Google's HTTP services write it. */
export function googleError(code: number, status: string, message: string): JsonObject {
  return { error: { code, message, status } };
}

export const WRONG_KEY = "API key not valid. Please pass a valid API key.";
export const NO_KEY =
  "Method doesn't allow unregistered callers. Please use API Key or other form of API consumer identity.";

/** `POST /<version>/auth_tokens`: tokens for pages. */
export function geminiRest(keys: KeyRing, tokens: AuthTokens): Readonly<Record<string, HttpHandler>> {
  const mint = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const verdict = keys.check(readApiKey(request, url));
    if (verdict.kind === "refused" && verdict.reason === "missing") {
      sendJson(response, 403, googleError(403, "PERMISSION_DENIED", NO_KEY));
      return;
    }
    const body = await readJson(request);
    try {
      if (verdict.kind !== "standard") throw new Refusal(1007, WRONG_KEY);
      if (!body) throw new Refusal(1007, "Invalid JSON payload received. Expected one JSON object.");
      sendJson(response, 200, { name: tokens.mint(body) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      sendJson(response, 400, googleError(400, "INVALID_ARGUMENT", error.message));
    }
  };
  return Object.fromEntries(VERSIONS.map((version) => [`POST /${version}/auth_tokens`, mint]));
}
