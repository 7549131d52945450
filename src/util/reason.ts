import { wordsOf } from "./error-words.js";
import { isRecord } from "./records.js";

const LONGEST = 300;

/** What looks like a credential: values of a URL's query, known prefixes, and long runs with a digit in them. */
const SECRETS = [
  /(?<=[?&][\w.-]+=)[^&\s"']+/g,
  /(?<=\bBearer\s+)\S+/gi,
  /(?<=:\/\/)[^\s/@]+@/g,
  /\b(?:sk|ek|pk)[-_][\w-]{6,}|\bAIza[\w-]{4,}|\bauth_tokens\/[\w-]+|\beyJ[\w.-]{10,}/g,
  /\b(?=[\w-]*\d)[\w-]{24,}/g,
];

/** Why something of the app failed, in its own words and without what looks like a credential; undefined where it says nothing. */
export function reasonOf(cause: unknown): string | undefined {
  const said =
    cause instanceof Error ? cause.message : isRecord(cause) || Array.isArray(cause) ? wordsOf(cause).message : cause;
  if (typeof said !== "string" && typeof said !== "number") return undefined;
  const safe = SECRETS.reduce((text, secret) => text.replace(secret, "[redacted]"), String(said).trim());
  return safe === "" ? undefined : safe.slice(0, LONGEST);
}

/** A sentence that names the reason: `what` without its full stop. */
export function because(what: string, cause: unknown): string {
  const reason = reasonOf(cause);
  return reason === undefined ? `${what}; see \`cause\`.` : `${what}: ${reason}`;
}
