import { encodeBase64 } from "../codec/base64.js";

/** OpenAI's keys and client secrets, Google's keys and ephemeral tokens, JWTs, and what follows the word of an `Authorization` header. */
const KEY_LIKE =
  /\b(?:(?:sk|ek)[-_][\w*.-]{4,}|AIza[\w*.-]{4,}|auth_tokens\/[\w*.~-]+|eyJ[\w*.-]{8,}|(?:Bearer|Basic) (?=[^ ]*[\d=])[\w*.~+/=-]{8,})/g;
const BLANK = "[redacted]";
const LONGEST = 600;
/** A shorter secret may be a word that somebody says. */
const SHORTEST_DISTINCT = 8;
/** So much of a secret's beginning is a secret that was cut: by a close reason, which has 123 bytes, or by a service that shows no more. */
const SHORTEST_PIECE = 12;
/** Levels of JSON. What lies deeper is not looked at, and not shown. */
const DEEPEST = 64;

/** Makes a service's own words safe to show. */
export interface Redactor {
  /** Blanks known credentials and whatever looks like a key, and cuts at 600 characters. */
  (text: string): string;
  /**
   * Does so in the strings and names of JSON, without cutting; the same object where there is nothing to blank. What only
   * looks like a key, and a secret so short that it may be a word, is blanked in errors alone.
   * @param isError The whole is one. Otherwise what is called `error` is.
   */
  json(value: unknown, isError?: boolean): unknown;
}

/** @param secrets Credentials that were sent, and what else nobody must see; also found in URLs, forms and base64. */
export function redactor(secrets: readonly string[]): Redactor {
  const known = formsOf(secrets.filter(({ length }) => length >= 4));
  const distinct = formsOf(secrets.filter(({ length }) => length >= SHORTEST_DISTINCT));
  const clean = (text: string, isError: boolean): string =>
    isError ? blank(text, known).replace(KEY_LIKE, BLANK) : blank(text, distinct);

  const json = (value: unknown, isError: boolean, depth: number): unknown => {
    if (typeof value === "string") return clean(value, isError);
    if (typeof value !== "object" || value === null) return value;
    if (depth === DEEPEST) return BLANK;
    if (Array.isArray(value)) {
      const shown = value.map((each: unknown) => json(each, isError, depth + 1));
      return shown.every((each, at) => each === value[at]) ? value : shown;
    }
    const fields: [string, unknown][] = Object.entries(value);
    const shown = fields.map(
      ([name, inner]) => [clean(name, isError), json(inner, isError || name === "error", depth + 1)] as const,
    );
    const isSame = shown.every(([name, inner], at) => name === fields[at]?.[0] && inner === fields[at][1]);
    return isSame ? value : Object.fromEntries(shown);
  };

  const text = (said: string): string => {
    const safe = clean(said, true);
    return safe.length > LONGEST ? `${safe.slice(0, LONGEST)}…` : safe;
  };
  return Object.assign(text, { json: (value: unknown, isError = false) => json(value, isError, 0) });
}

function blank(text: string, { forms, long, heads }: Forms): string {
  let safe = text;
  for (const form of forms) safe = safe.replaceAll(form, BLANK);
  return safe.length < SHORTEST_PIECE ? safe : withoutPieces(safe, long, heads);
}

/** Blanks what begins as one of the forms does, as far as it goes on like the one that it follows longest. */
function withoutPieces(text: string, forms: readonly string[], heads: readonly string[]): string {
  const next = (from: number): number => {
    let first = -1;
    for (const head of heads) {
      const at = text.indexOf(head, from);
      if (at !== -1 && (first === -1 || at < first)) first = at;
    }
    return first;
  };
  let [shown, from] = ["", 0];
  for (let at = next(0); at !== -1; at = next(from)) {
    shown += text.slice(from, at) + BLANK;
    from = at + Math.max(...forms.map((form) => commonLength(form, text, at)));
  }
  return from === 0 ? text : shown + text.slice(from);
}

function commonLength(form: string, text: string, at: number): number {
  let length = 0;
  while (length < form.length && text[at + length] === form[length]) length += 1;
  return length;
}

interface Forms {
  /** Long ones first, which may hold others. */
  readonly forms: readonly string[];
  /** Those of which a piece is known when it is seen, and how they begin. */
  readonly long: readonly string[];
  readonly heads: readonly string[];
}

/** As a service may quote what it was sent: in a URL, in a form, in a header. */
function formsOf(secrets: readonly string[]): Forms {
  const all = secrets.flatMap((secret) => {
    const inUrl = encodeURIComponent(secret);
    const inForm = new URLSearchParams([["", secret]]).toString().slice(1);
    return [secret, inUrl, inUrl.replaceAll("%2F", "/"), inForm, ...base64Of(secret)];
  });
  const forms = [...new Set(all)].sort((one, other) => other.length - one.length);
  const long = forms.filter(({ length }) => length >= SHORTEST_PIECE);
  return { forms, long, heads: [...new Set(long.map((form) => form.slice(0, SHORTEST_PIECE)))] };
}

/** A secret in both alphabets of base64, with and without padding; a long one also behind something else. */
function base64Of(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const whole = encodeBase64(bytes);
  // With its padding, half of it, and none.
  const forms = [whole, whole.replace(/=$/, ""), whole.replace(/=+$/, "")];
  for (const before of secret.length < SHORTEST_DISTINCT ? [] : [0, 1, 2]) {
    const shifted = new Uint8Array(before + bytes.length);
    shifted.set(bytes, before);
    // The characters at either end belong to its neighbours, too.
    forms.push(encodeBase64(shifted).slice(Math.ceil((before * 4) / 3), Math.floor((shifted.length * 4) / 3)));
  }
  return forms.flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
}
