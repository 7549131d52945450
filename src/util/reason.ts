import { wordsOf } from "./error-words.js";
import { isRecord } from "./records.js";

const LONGEST = 300;
const SILENT = "It failed, and nothing says why.";

/** What a credential can be written in, with all that is attached to it. */
const RUNS = /\bBearer\s+\S+|[^\s"'`<>]+/gi;
/** Known prefixes; the values of a URL's query, and a password in it. */
const KNOWN = /^Bearer\s|\b(?:sk|ek|pk)[-_]|\bAIza|\bauth_tokens\b|\beyJ|[?&#;][^=]*=|:\/\/[^/]*@/i;
/** Characters; shorter runs are words and numbers. */
const SUSPICIOUS = 16;

const looksSecret = (run: string): boolean => KNOWN.test(run) || (run.length >= SUSPICIOUS && /\d/.test(run));

/** Why something of the app failed, in its own words and without what looks like a credential; undefined where it says nothing. */
export function reasonOf(cause: unknown): string | undefined {
  const said =
    cause instanceof Error ? cause.message : isRecord(cause) || Array.isArray(cause) ? wordsOf(cause).message : cause;
  if (typeof said !== "string" && typeof said !== "number") return undefined;
  const safe = String(said)
    .trim()
    .replace(RUNS, (run) => (looksSecret(run) ? "[redacted]" : run));
  return safe === "" ? undefined : safe.slice(0, LONGEST);
}

/** A sentence that names the reason: `what` without its full stop. */
export function because(what: string, cause: unknown): string {
  const reason = reasonOf(cause);
  return reason === undefined ? `${what}; see \`cause\`.` : `${what}: ${reason}`;
}

/** What was thrown, as an error: programs throw texts, objects and events, too. */
export function asError(
  thrown: unknown,
  Kind: new (message: string, facts: { readonly cause: unknown }) => Error = Error,
): Error {
  return thrown instanceof Error ? thrown : new Kind(wordsOfThrown(thrown), { cause: thrown });
}

function wordsOfThrown(thrown: unknown): string {
  // As a text, a list is all that is in it.
  if (Array.isArray(thrown)) return reasonOf(thrown) ?? SILENT;
  if (!isRecord(thrown)) return reasonOf(thrown) ?? `It failed with ${String(thrown)}.`;
  // Of an ErrorEvent, and of errors of other frames, they are inherited.
  const { message, type } = thrown;
  if (typeof message === "string" && message !== "") return reasonOf(message) ?? message;
  if (typeof Event === "function" && thrown instanceof Event) return `It failed with the event "${String(type)}".`;
  return reasonOf(thrown) ?? SILENT;
}
