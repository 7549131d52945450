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
    const value = fieldOf(this.record, key);
    return Number.isSafeInteger(value) ? String(value) : this.name(key);
  }

  optionalId(key: string): string | undefined {
    const value = fieldOf(this.record, key);
    return value === undefined || value === null ? undefined : this.id(key);
  }

  /** A non-empty string short enough to be kept. */
  name(key: string): string {
    const value = this.text(key, LONGEST_ID);
    return value === "" ? this.#miss(key, "a non-empty string") : value;
  }

  optionalName(key: string): string | undefined {
    const value = fieldOf(this.record, key);
    return value === undefined || value === null ? undefined : this.name(key);
  }

  /** @param longest In characters. */
  text(key: string, longest: number): string {
    const value = fieldOf(this.record, key);
    if (typeof value !== "string") return this.#miss(key, "a string");
    return value.length > longest ? this.#miss(key, `a string of at most ${longest} characters`) : value;
  }

  optionalText(key: string, longest: number): string | undefined {
    const value = fieldOf(this.record, key);
    return value === undefined || value === null ? undefined : this.text(key, longest);
  }

  /** A boolean; a missing one is false. */
  flag(key: string): boolean {
    const value = fieldOf(this.record, key);
    if (value === undefined || value === null) return false;
    return typeof value === "boolean" ? value : this.#miss(key, "a boolean");
  }

  /** A whole number that is not negative, also as the string that 64-bit numbers travel as. */
  optionalCount(key: string): number | undefined {
    const value = fieldOf(this.record, key);
    if (value === undefined || value === null) return undefined;
    const count = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
    return Number.isSafeInteger(count) && Number(count) >= 0 ? Number(count) : this.#miss(key, "a count");
  }

  raw(key: string): JsonRecord {
    const value = fieldOf(this.record, key);
    return isRecord(value) ? value : this.#miss(key, "an object");
  }

  optionalRaw(key: string): JsonRecord | undefined {
    const value = fieldOf(this.record, key);
    return value === undefined || value === null ? undefined : this.raw(key);
  }

  /** The fields of an object inside this one. */
  inner(key: string): FieldReader {
    return new FieldReader(this.raw(key), `${this.event}.${key}`, this.service);
  }

  optionalInner(key: string): FieldReader | undefined {
    const value = fieldOf(this.record, key);
    return value === undefined || value === null ? undefined : this.inner(key);
  }

  /** The objects of a list; a missing list is empty, and so is everything in it that is not an object. */
  list(key: string, most: number): FieldReader[] {
    const value = fieldOf(this.record, key);
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value) || value.length > most) return this.#miss(key, `a list of at most ${most}`);
    return value.filter(isRecord).map((entry) => new FieldReader(entry, `${this.event}.${key}`, this.service));
  }

  /** The strings of a list; a missing list is empty, and so is everything in it that is not a string. */
  texts(key: string, most: number): string[] {
    const value = fieldOf(this.record, key);
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value) || value.length > most) return this.#miss(key, `a list of at most ${most}`);
    return value.filter((entry) => typeof entry === "string");
  }

  /** The numbers of a list; a missing list is empty, and so is everything in it that is not a number. */
  numbers(key: string, most: number): number[] {
    const value = fieldOf(this.record, key);
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value) || value.length > most) return this.#miss(key, `a list of at most ${most}`);
    return value.filter((entry) => typeof entry === "number");
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
    return fieldOf(this.record, key) === null;
  }

  #miss(key: string, expected: string): never {
    throw new ProtocolError(`${this.service} sent ${this.event} whose \`${key}\` is not ${expected}.`);
  }
}

/** Anything thrown while reading the connection, as a `ProtocolError`. */
export function asProtocolError(error: unknown, service: string): ProtocolError {
  if (error instanceof ProtocolError) return error;
  return new ProtocolError(`${service} sent an event that could not be understood.`, { cause: error });
}
