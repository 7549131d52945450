import type { Data, RecordedEvent } from "./recording.js";

/** Words of people, of services and of systems, and names of a person's things. */
const TEXTS = new Set(["label", "message", "reason", "text", "content", "transcript", "stack"]);
/** What tells one device from another, and this page's visitor from others. */
const IDS = new Set(["deviceId", "groupId", "deviceIds"]);
/** Names that the page gives to devices itself. */
const COMMON = new Set(["", "default", "communications"]);
/** Stands in place of what is not recorded. */
export const BLANK = "[not recorded]";
/** At the end of a text that is longer than what is recorded of it. */
export const CUT = "…";
const LONGEST = 120;
const DEEPEST = 8;

/** What is recorded as it is. */
interface Kept {
  /** Words and names: messages of errors, labels of devices. */
  readonly texts: boolean;
  /** Ids of devices. */
  readonly ids: boolean;
  /** The longest text, in characters; a longer one is cut. */
  readonly longest: number;
}

/** Makes what charts hold plain data, without what a recording must not hold. Of one recording, equal ids stay equal. */
export class Redaction {
  readonly #keeps: Kept;
  readonly #aliases = new Map<string, string>();

  constructor(keeps: Partial<Kept> = {}) {
    this.#keeps = { texts: false, ids: false, longest: LONGEST, ...keeps };
  }

  event(event: { readonly type: string }): RecordedEvent {
    return { ...this.record(event), type: event.type };
  }

  /** The fields of an object. */
  record(value: object): Readonly<Record<string, Data>> {
    return this.#fields(value, 0);
  }

  data(value: unknown): Data {
    return this.#data(value, "", 0);
  }

  #fields(value: object, depth: number): Readonly<Record<string, Data>> {
    const fields: [string, unknown][] = Object.entries(value);
    return Object.fromEntries(
      fields
        .filter(([, each]) => each !== undefined && typeof each !== "function")
        .map(([key, each]) => [key, this.#data(each, key, depth + 1)]),
    );
  }

  #data(value: unknown, key: string, depth: number): Data {
    switch (typeof value) {
      case "string":
        return this.#text(value, key);
      case "number":
        // JSON has no other numbers.
        return Number.isFinite(value) ? value : { $number: String(value) };
      case "boolean":
        return value;
      case "object":
        return value === null ? null : this.#object(value, key, depth);
      default:
        return null;
    }
  }

  #object(value: object, key: string, depth: number): Data {
    if (depth > DEEPEST) return BLANK;
    if (Array.isArray(value)) return value.map((each: unknown) => this.#data(each, key, depth + 1));
    if (value instanceof Error) {
      const { name } = value;
      const message = this.#text(value.message, "message");
      return "code" in value ? { name, code: this.#data(value.code, "code", depth + 1), message } : { name, message };
    }
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return BLANK;
    // An actor is known by its own entries.
    if ("getSnapshot" in value) return BLANK;
    return this.#fields(value, depth);
  }

  #text(text: string, key: string): string {
    const { texts, ids, longest } = this.#keeps;
    if (IDS.has(key) && !ids) return this.#alias(text);
    if (TEXTS.has(key) && !texts) return text === "" ? "" : BLANK;
    return text.length > longest ? `${text.slice(0, longest)}${CUT}` : text;
  }

  #alias(id: string): string {
    if (COMMON.has(id)) return id;
    const known = this.#aliases.get(id) ?? `device-${this.#aliases.size + 1}`;
    this.#aliases.set(id, known);
    return known;
  }
}
