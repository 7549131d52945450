import { randomBytes } from "node:crypto";

/** How every credential of these tests begins. */
const BEGINNING = "sk-canary+";

/** A credential that nothing else looks like, with a character that URLs encode; after that comes what nobody could guess. */
export function canary(): string {
  return `${BEGINNING}${randomBytes(12).toString("hex")}`;
}

/**
 * The secret as it may hide in a text: as it is, URL-encoded, and in base64 at each of the three alignments. A secret of
 * which only the beginning was blanked is still a secret, so that its latter half is looked for on its own.
 */
export function formsOf(secret: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(secret);
  const forms = new Map([
    ["raw", secret],
    ["URL-encoded", encodeURIComponent(secret)],
    ["the latter half", secret.slice(Math.floor(secret.length / 2))],
  ]);
  for (const offset of [0, 1, 2]) {
    // The characters at either end depend on the neighbours: what is left in between is the secret's alone.
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + bytes.length) * 8) / 6);
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]);
    forms.set(`base64 at ${String(offset)}`, encoded.toString("base64").slice(first, last));
    forms.set(`base64url at ${String(offset)}`, encoded.toString("base64url").slice(first, last));
  }
  return forms;
}

/** In which forms the credential of any run occurs in a text; empty when none does. For files that are kept. */
export function traceOfSecrets(text: string): string[] {
  return [...formsOf(BEGINNING)].filter(([, form]) => text.includes(form)).map(([form]) => form);
}

/** Everything that a session has let out, and whether a secret is in it. */
export class Ledger {
  readonly #pages: { readonly where: string; readonly text: string }[] = [];

  /** Writes down what was let out; objects with their errors, causes and stacks. */
  add(where: string, ...values: readonly unknown[]): void {
    for (const value of values) this.#pages.push({ where, text: textOf(value, new Set()) });
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
function textOf(value: unknown, seen: Set<object>): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (seen.has(value)) return "";
  seen.add(value);
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
  if (value instanceof Map || value instanceof Set)
    return [...value].map((each: unknown) => textOf(each, seen)).join("\n");
  const own = Object.getOwnPropertyNames(value).map((name) => {
    const descriptor = Object.getOwnPropertyDescriptor(value, name);
    return descriptor !== undefined && "value" in descriptor ? `${name}: ${textOf(descriptor.value, seen)}` : name;
  });
  return own.join("\n");
}
