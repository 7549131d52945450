import { InvalidOptionsError } from "../../errors.js";
import { FLAG, LIST, NUMBER, RECORD, type Rule, TEXT } from "../../util/check-options.js";
import { isRecord } from "../../util/records.js";
import type { ValueType } from "./protocol.js";

const RULES: Readonly<Record<ValueType, Rule>> = {
  bool: FLAG,
  number: NUMBER,
  string: TEXT,
  array: LIST,
  object: RECORD,
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
