import { ProtocolError } from "../errors.js";
import { fieldOf, isRecord, type JsonRecord } from "./records.js";

const LONGEST_ID = 512;

/** Reads the fields of one server event, by type. Every miss is a `ProtocolError` that names the event and the field. */
export class FieldReader {
  constructor(
    private readonly record: JsonRecord,
    private readonly event: string,
    /** Whose event it is, for the message. */
    private readonly service: string,
  ) {}

  /** A name, or a whole number, which is taken for its digits. */
  id(key: string): string {
    const value = this.any(key);
    return Number.isSafeInteger(value) ? String(value) : this.name(key);
  }

  optionalId(key: string): string | undefined {
    return this.given(key, () => this.id(key));
  }

  /** A non-empty string short enough to be kept. */
  name(key: string): string {
    const value = this.text(key, LONGEST_ID);
    return value === "" ? this.miss(key, "a non-empty string") : value;
  }

  optionalName(key: string): string | undefined {
    return this.given(key, () => this.name(key));
  }

  /** @param longest In characters. */
  text(key: string, longest: number): string {
    const value = this.any(key);
    if (typeof value !== "string") return this.miss(key, "a string");
    return value.length > longest ? this.miss(key, `a string of at most ${longest} characters`) : value;
  }

  optionalText(key: string, longest: number): string | undefined {
    return this.given(key, () => this.text(key, longest));
  }

  raw(key: string): JsonRecord {
    const value = this.any(key);
    return isRecord(value) ? value : this.miss(key, "an object");
  }

  /** The fields of an object inside this one. */
  inner(key: string): FieldReader {
    return this.#of(this.raw(key), key);
  }

  optionalInner(key: string): FieldReader | undefined {
    return this.given(key, () => this.inner(key));
  }

  /** The objects of a list; a missing list is empty, and so is everything in it that is not an object. */
  list(key: string, most: number): FieldReader[] {
    return this.entries(key, most)
      .filter(isRecord)
      .map((entry) => this.#of(entry, key));
  }

  /** Whatever is in a list; a missing list is empty. */
  entries(key: string, most: number): readonly unknown[] {
    const value = this.any(key) ?? [];
    return Array.isArray(value) && value.length <= most ? value : this.miss(key, `a list of at most ${most}`);
  }

  /** Whether a field is there: what writes every field of a message writes null for those that it has not. */
  has(key: string): boolean {
    return this.given(key, () => true) === true;
  }

  /** What `read` makes of a field that is there; undefined where it is missing, or null. */
  given<Value>(key: string, read: (value: unknown) => Value): Value | undefined {
    const value = this.any(key);
    return value === undefined || value === null ? undefined : read(value);
  }

  /** All fields. */
  get whole(): JsonRecord {
    return this.record;
  }

  /** Whatever a field holds. */
  any(key: string): unknown {
    return fieldOf(this.record, key);
  }

  /** Whether a field is there and null: "no" rather than "not said". */
  isNull(key: string): boolean {
    return this.any(key) === null;
  }

  /** @throws ProtocolError that names the event and the field, and what was expected. */
  miss(key: string, expected: string): never {
    throw new ProtocolError(`${this.service} sent ${this.event} whose \`${key}\` is not ${expected}.`);
  }

  #of(record: JsonRecord, key: string): FieldReader {
    return new FieldReader(record, `${this.event}.${key}`, this.service);
  }
}

/** Anything thrown while reading the connection, as a `ProtocolError`. */
export function asProtocolError(error: unknown, service: string): ProtocolError {
  if (error instanceof ProtocolError) return error;
  return new ProtocolError(`${service} sent an event that could not be understood.`, { cause: error });
}
