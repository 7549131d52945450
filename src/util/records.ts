import type { JsonRecord } from "../contracts/json.js";

export type { JsonRecord };

/** Whether a value is an object that is neither null nor an array. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own field of a record, or entry of a table; never one that came from a prototype. */
export function fieldOf<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** An own field where it is an object, else an empty one. */
export function recordAt(record: JsonRecord, key: string): JsonRecord {
  const value = fieldOf(record, key);
  return isRecord(value) ? value : {};
}

/** An own field where it is a string. */
export function stringAt(record: JsonRecord, key: string): string | undefined {
  const value = fieldOf(record, key);
  return typeof value === "string" ? value : undefined;
}

/** An own field where it is an id: a string that is not empty, or a whole number, which is taken for its digits. */
export function idAt(record: JsonRecord, key: string): string | undefined {
  const value = fieldOf(record, key);
  if (Number.isSafeInteger(value)) return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/**
 * `over` laid onto `base`, objects merged field by field, everything else replaced. Fields that are `undefined` are
 * left out, and so is `__proto__`, whoever sent it.
 */
export function mergeRecords(base: JsonRecord, over: JsonRecord): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(base), ...Object.keys(over)])) {
    if (key === "__proto__") continue;
    const below = fieldOf(base, key);
    const above = fieldOf(over, key);
    const value = above === undefined ? below : above;
    if (isRecord(value)) merged[key] = mergeRecords(isRecord(below) ? below : {}, isRecord(above) ? above : {});
    else if (value !== undefined) merged[key] = value;
  }
  return merged;
}
