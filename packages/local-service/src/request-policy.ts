import type { IncomingMessage } from "node:http";

/** What a request says of itself. Header values are as they came, undefined where there is none. */
export interface RequestFacts {
  readonly method: string;
  /** Whether it asks for a WebSocket. */
  readonly isUpgrade: boolean;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`, which browsers write and pages cannot. */
  readonly fetchSite: string | undefined;
  readonly contentType: string | undefined;
}

/** What a service lets in. */
export interface RequestRules {
  /** Origins of pages that may call although they are not the service's own: see {@link readOrigins}. */
  readonly allowOrigins: ReadonlySet<string>;
  /** Media types that a body may have; undefined where there is nothing to post to. */
  readonly contentTypes: readonly string[] | undefined;
}

/** Whether a request is answered; if so, the page on the allow list that may read the answer. */
export type RequestVerdict =
  | { readonly isAllowed: true; readonly listedOrigin: string | undefined }
  | {
      readonly isAllowed: false;
      /** 415 for the content type, else 403. */
      readonly status: 403 | 415;
      readonly because: "host" | "origin" | "fetch-site" | "content-type";
      /** For the developer who wonders. It quotes the header that is at fault. */
      readonly message: string;
    };

/** Names that no DNS server can point elsewhere. The port is left open: a forwarded one differs from ours. */
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@,*]+$/;
const LONGEST_QUOTE = 100;

/** What to look at of a request. */
export function requestFacts({ method, headers }: IncomingMessage, isUpgrade = false): RequestFacts {
  const fetchSite = headers["sec-fetch-site"];
  return {
    method: method ?? "GET",
    isUpgrade,
    host: headers.host,
    origin: headers.origin,
    fetchSite: Array.isArray(fetchSite) ? fetchSite.join() : fetchSite,
    contentType: headers["content-type"],
  };
}

/**
 * An allow list, checked: each entry is a scheme and a host, and the port where it is not the usual one.
 * @throws Error that names an entry which is no origin.
 */
export function readOrigins(origins: readonly string[]): ReadonlySet<string> {
  for (const origin of origins) {
    if (ORIGIN.test(origin.toLowerCase())) continue;
    throw new Error(`"${origin}" is not an origin that can be allowed. Expected one such as "http://localhost:5173".`);
  }
  return new Set(origins.map((origin) => origin.toLowerCase()));
}

/**
 * Decides whether a service on the loopback address answers a request. It answers programs that are no browser, its own
 * pages, and pages on the allow list, all of them under a name of this machine only. A request that changes something has
 * to name a content type that is expected there, which a foreign form cannot.
 */
export function judgeRequest(facts: RequestFacts, rules: RequestRules): RequestVerdict {
  const host = facts.host?.toLowerCase() ?? "";
  // A page whose name was pointed at this machine after it had loaded (DNS rebinding) still calls it by that name.
  if (!LOOPBACK_HOST.test(host)) {
    return refused(
      403,
      "host",
      `Host ${quote(facts.host)} is no name of this machine. Expected 127.0.0.1 or localhost.`,
    );
  }
  const origin = facts.origin?.toLowerCase();
  const isListed = origin !== undefined && rules.allowOrigins.has(origin);
  if (!isListed && origin !== undefined && origin !== `http://${host}`) {
    return refused(403, "origin", `Pages of ${quote(facts.origin)} are not on the allow list.`);
  }
  if (!isListed && !comesFromHere(facts)) {
    const message = `A page of another origin has made this request (Sec-Fetch-Site ${quote(facts.fetchSite)}).`;
    return refused(403, "fetch-site", message);
  }
  const { contentTypes } = rules;
  if (contentTypes !== undefined && changesSomething(facts) && !contentTypes.includes(mediaType(facts))) {
    const message = `Content type ${quote(facts.contentType)} is not taken here. Expected ${contentTypes.join(" or ")}.`;
    return refused(415, "content-type", message);
  }
  return { isAllowed: true, listedOrigin: isListed ? facts.origin : undefined };
}

/** `none` is a person at the address bar, who can only read. */
function comesFromHere({ method, isUpgrade, fetchSite, origin }: RequestFacts): boolean {
  if (fetchSite === undefined || fetchSite === "same-origin") return true;
  return fetchSite === "none" && origin === undefined && !isUpgrade && (method === "GET" || method === "HEAD");
}

function changesSomething({ method, isUpgrade }: RequestFacts): boolean {
  return !isUpgrade && method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
}

function mediaType({ contentType = "" }: RequestFacts): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

function quote(header: string | undefined): string {
  return header === undefined ? "(none)" : `"${header.slice(0, LONGEST_QUOTE)}"`;
}

function refused(
  status: 403 | 415,
  because: "host" | "origin" | "fetch-site" | "content-type",
  message: string,
): RequestVerdict {
  return { isAllowed: false, status, because, message };
}
