import { InvalidOptionsError } from "../../errors.js";
import { isRecord } from "../../util/records.js";
import type { ValueType } from "./protocol.js";

const RULES: Readonly<Record<ValueType, { readonly fits: (value: unknown) => boolean; readonly expected: string }>> = {
  bool: { fits: (value) => typeof value === "boolean", expected: "a boolean" },
  number: { fits: (value) => typeof value === "number" && Number.isFinite(value), expected: "a number" },
  string: { fits: (value) => typeof value === "string", expected: "a string" },
  array: { fits: Array.isArray, expected: "a list" },
  object: { fits: isRecord, expected: "an object" },
};

/** @param name What the caller calls the value. @throws InvalidOptionsError saying what it must be. */
export function checkType(name: string, value: unknown, type: ValueType): void {
  const { fits, expected } = RULES[type];
  if (!fits(value)) throw new InvalidOptionsError(`${name} must be ${expected}.`);
}

/** Whether two JSON values are the same, whatever the order of their keys. */
export function sameValue(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, index) => sameValue(value, other[index]));
  }
  if (!isRecord(one) || !isRecord(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameValue(one[key], other[key]))
  );
}

/** A list of names as a sentence has it: `"a", "b" and "c"`. */
export function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  const last = quoted.pop();
  if (last === undefined) return "none";
  return quoted.length === 0 ? last : `${quoted.join(", ")} and ${last}`;
}
