import { InvalidOptionsError } from "../../errors.js";
import { readProvided } from "../../util/credential-source.js";
import { fieldOf, isRecord, type JsonRecord } from "../../util/records.js";
import { bothForms, urlOf } from "../../util/urls.js";
import type { AttemptRequest, PerAttempt } from "./options.js";
import { checkAwaited } from "../../util/check-options.js";

/** Where to connect, checked. */
export interface Target {
  readonly wsUrl?: string | PerAttempt<string>;
  readonly token?: string | PerAttempt<string | null | undefined>;
}

/** The address of one attempt, and what of it must not be shown. */
export interface Address {
  readonly url: string;
  readonly secrets: readonly string[];
}

const SCHEMES: Readonly<Record<string, string>> = { "http:": "ws:", "https:": "wss:", "ws:": "ws:", "wss:": "wss:" };

/**
 * Reads connection parameters: `wsUrl` and `token`, in camelCase or snake_case. Unknown keys (a bot runner also answers
 * with its `sessionId`) and nulls are ignored.
 * @throws InvalidOptionsError naming the key whose type is wrong.
 */
export function readTarget(params: unknown): Target {
  checkAwaited(params, "Connection parameters");
  if (params === undefined || params === null) return {};
  if (!isRecord(params)) throw new InvalidOptionsError("Connection parameters must be an object.");
  const wsUrl = readKey<string>(params, "wsUrl", "ws_url");
  const token = readKey<string | null | undefined>(params, "token");
  return { ...(wsUrl !== undefined && { wsUrl }), ...(token !== undefined && { token }) };
}

/**
 * The address of one attempt: functions are asked, the token is put into a copy of the URL.
 * @throws InvalidOptionsError naming the option that is missing or wrong, never quoting it; ConnectionFailedError,
 * retryable, as `readProvided` says.
 */
export async function resolveAddress(target: Target, request: AttemptRequest): Promise<Address> {
  const url = await readProvided("wsUrl", target.wsUrl, request, checkedUrl);
  const token = await readProvided("token", target.token, request, checkedToken);
  const secrets = secretsIn(url);
  if (token === "") return { url: url.href, secrets };
  // Set, not appended: there is never a second one.
  url.searchParams.set("token", token);
  return { url: url.href, secrets: [...secrets, token] };
}

/** Its tokens and its password, and whatever is so long that it may be a token, whatever its name is: decoded, and as it is sent. */
function secretsIn({ search, searchParams, password }: URL): string[] {
  const sent = search.split(/[?&]/).map((pair) => pair.slice(pair.indexOf("=") + 1));
  const values = [...searchParams.values(), ...sent];
  return [...searchParams.getAll("token"), ...bothForms(password), ...values.filter(({ length }) => length > 8)];
}

function checkedUrl(wsUrl: unknown): URL {
  if (typeof wsUrl === "string" && wsUrl.trim() !== "") return parseUrl(wsUrl.trim());
  throw new InvalidOptionsError("`wsUrl` is missing: pass it to the constructor or to connect(), or start the bot.");
}

function checkedToken(token: unknown): string {
  const given = token ?? "";
  if (typeof given === "string") return given;
  throw new InvalidOptionsError("`token` must be a string, or a function that returns one.");
}

function readKey<Value>(params: JsonRecord, ...names: readonly string[]): string | PerAttempt<Value> | undefined {
  for (const name of names) {
    const value = fieldOf(params, name);
    if (value === undefined || value === null) continue;
    if (typeof value === "string" || isPerAttempt<Value>(value)) return value;
    throw new InvalidOptionsError(`${name} must be a string or a function that returns one, not ${typeof value}.`);
  }
  return undefined;
}

/** What it returns is checked when it is asked. */
function isPerAttempt<Value>(value: unknown): value is PerAttempt<Value> {
  return typeof value === "function";
}

function parseUrl(text: string): URL {
  const base = typeof location === "undefined" ? undefined : location.href;
  const url = urlOf(text, base);
  const scheme = url === undefined ? undefined : SCHEMES[url.protocol];
  if (url === undefined || scheme === undefined) {
    throw new InvalidOptionsError("`wsUrl` must be a ws, wss, http or https URL, or relative to the page.");
  }
  url.protocol = scheme;
  url.hash = "";
  return url;
}
