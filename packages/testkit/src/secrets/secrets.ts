/** How every credential of these tests begins and ends: nothing else does, and one of them is left if the other was blanked. */
const MARK = "canary+~sings";

/** What the local service mints; its tokens for Pipecat look like nothing in particular. */
const MINTED = /\bek_[0-9a-f]{32}|\bauth_tokens(?:\/|%2F)[0-9a-f]{48}/;

/** A credential that the whole test run is searched for; the marks hold a character that URLs encode, and one that only forms do. */
export function canary(prefix = "sk-"): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const inside = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${prefix}${MARK}+${inside}+${MARK}`;
}

/**
 * The secret as it may hide in a text: as it is, as URLs and forms encode it, and in base64 at each of the three
 * alignments. A secret that was cut, or blanked in part, is still a secret, so that each half is looked for on its own.
 */
export function formsOf(secret: string): ReadonlyMap<string, string> {
  const half = Math.floor(secret.length / 2);
  return encodedForms(secret).set("the former half", secret.slice(0, half)).set("the latter half", secret.slice(half));
}

function encodedForms(secret: string): Map<string, string> {
  const forms = new Map([
    ["raw", secret],
    ["URL-encoded", encodeURIComponent(secret)],
    ["form-encoded", new URLSearchParams([["", secret]]).toString().slice(1)],
  ]);
  for (const offset of [0, 1, 2]) {
    // The characters at either end depend on the neighbours: what is left in between is the secret's alone.
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + secret.length) * 8) / 6);
    const encoded = btoa("\0".repeat(offset) + secret).slice(first, last);
    forms.set(`base64 at ${String(offset)}`, encoded);
    forms.set(`base64url at ${String(offset)}`, encoded.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}

const MARKS = [...encodedForms(MARK)];
/** One search instead of one for each form: millions of texts go through it. */
const ANY = new RegExp(MARKS.map(([, form]) => form.replaceAll("+", "\\+")).join("|"));

/** In which forms the credential of any run occurs in a text; empty when none does. */
export function traceOfSecrets(text: string): string[] {
  const found = ANY.test(text) ? MARKS.filter(([, form]) => text.includes(form)).map(([form]) => form) : [];
  return MINTED.test(text) ? [...found, "minted"] : found;
}

/** Everything that a session has let out, and whether a secret is in it. */
export class LeakWatch {
  readonly #pages: { readonly where: string; readonly text: string }[] = [];

  /** Writes down what was let out; objects with their errors, causes and stacks. */
  add(where: string, ...values: readonly unknown[]): void {
    for (const value of values) this.#pages.push({ where, text: textOf(value) });
  }

  get size(): number {
    return this.#pages.length;
  }

  /** Where the secret is, and in which form; empty when it is nowhere. */
  find(secret: string): string[] {
    const found = new Set<string>();
    for (const [form, text] of formsOf(secret)) {
      for (const page of this.#pages) if (page.text.includes(text)) found.add(`${page.where}: ${form}`);
    }
    return [...found];
  }
}

/** As text, whatever it is: also what JSON leaves out, such as an error's message and cause. */
export function textOf(value: unknown, seen = new Set<object>()): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (seen.has(value)) return "";
  seen.add(value);
  if (ArrayBuffer.isView(value)) return new TextDecoder("latin1").decode(value);
  if (Array.isArray(value)) return value.map((each: unknown) => textOf(each, seen)).join("\n");
  if (value instanceof Map || value instanceof Set)
    return [...value].map((each: unknown) => textOf(each, seen)).join("\n");
  const own = Object.getOwnPropertyNames(value).map((name) => {
    const descriptor = Object.getOwnPropertyDescriptor(value, name);
    return descriptor !== undefined && "value" in descriptor ? `${name}: ${textOf(descriptor.value, seen)}` : name;
  });
  return own.join("\n");
}
