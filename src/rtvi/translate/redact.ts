import { encodeBase64 } from "../../codec/base64.js";

/** OpenAI's keys and client secrets, Google's keys and ephemeral tokens. */
const KEY_LIKE = /\b(?:(?:sk|ek)[-_][\w*.-]{4,}|AIza[\w*.-]{4,}|auth_tokens\/[\w*.~-]+)/g;
const LONGEST = 600;

/**
 * Makes a service's own words safe to show: known credentials and whatever looks like a key are blanked, and the text
 * is cut at 600 characters.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = secrets.filter((secret) => secret.length >= 4).flatMap(formsOf);
  return (text) => {
    let safe = text;
    for (const secret of known) safe = safe.replaceAll(secret, "[redacted]");
    safe = safe.replace(KEY_LIKE, "[redacted]");
    return safe.length > LONGEST ? `${safe.slice(0, LONGEST)}…` : safe;
  };
}

/** A service may quote what it was sent as it was sent: in a URL, or in a header. */
function formsOf(secret: string): string[] {
  return [secret, encodeURIComponent(secret), encodeBase64(new TextEncoder().encode(secret))];
}
