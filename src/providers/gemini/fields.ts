import type { FieldReader } from "../../util/field-reader.js";

/** A boolean; a missing one is false. @throws ProtocolError */
export function flagIn(read: FieldReader, key: string): boolean {
  const flag = read.any(key) ?? false;
  return typeof flag === "boolean" ? flag : read.miss(key, "a boolean");
}

/** A whole number that is not negative, also as the string that 64-bit numbers travel as. @throws ProtocolError */
export function countIn(read: FieldReader, key: string): number | undefined {
  return read.given(key, (value) => {
    const count = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
    return Number.isSafeInteger(count) && Number(count) >= 0 ? Number(count) : read.miss(key, "a count");
  });
}

/** The strings of a list; a missing list is empty, and so is everything in it that is not a string. @throws ProtocolError */
export function textsIn(read: FieldReader, key: string, most: number): string[] {
  return read.entries(key, most).filter((entry) => typeof entry === "string");
}

/** The numbers of a list, likewise. @throws ProtocolError */
export function numbersIn(read: FieldReader, key: string, most: number): number[] {
  return read.entries(key, most).filter((entry) => typeof entry === "number");
}
