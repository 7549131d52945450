import { ConnectionFailedError, ConnectionLostError, InvalidOptionsError } from "../errors.js";

/** The address, or undefined where it is none: `URL.canParse` is younger than the browsers that this library supports. */
export function urlOf(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** @throws InvalidOptionsError for a `base_url` that no socket could be opened to. */
export function readBaseUrl(text: unknown): URL {
  const url = typeof text === "string" ? urlOf(text) : undefined;
  if (url === undefined) throw new InvalidOptionsError("`base_url` must be a URL.");
  if (!/^(?:wss?|https?):$/.test(url.protocol)) {
    throw new InvalidOptionsError("`base_url` must begin with wss:, ws:, https: or http:.");
  }
  return url;
}

/** Says in an error of the connection which host it concerns; never the rest of the address, which may hold a credential. */
export function namingHost<Thrown extends Error>(error: Thrown, url: string): Thrown {
  const host = urlOf(url)?.host ?? "";
  const isOfConnection = error instanceof ConnectionLostError || error instanceof ConnectionFailedError;
  if (isOfConnection && host !== "" && !error.message.includes(host)) error.message += ` Host: ${host}.`;
  return error;
}

/** Names in a query whose values are credentials. */
const CREDENTIAL = /key|token|secret|sig|auth|pass|cred/i;

/** What of an address nobody must see, however a service quotes it: its password, and what its query calls a credential. */
export function credentialsIn({ search, password }: URL): string[] {
  const pairs = search.split(/[?&]/).map((pair) => [pair.split("=", 1)[0] ?? "", pair.slice(pair.indexOf("=") + 1)]);
  const named = pairs.flatMap(([name = "", value = ""]) => (CREDENTIAL.test(name) ? [value] : []));
  return [password, ...named].flatMap(bothForms);
}

/** As it is written in an address, and as it is meant. */
export function bothForms(text: string): string[] {
  try {
    return text === "" ? [] : [text, decodeURIComponent(text)];
  } catch {
    return [text];
  }
}
