import { sameValue } from "../../../services/responder/values.js";
import { fieldOf, isRecord, recordAt, type JsonRecord } from "../../../util/records.js";
import type { GeminiMessage } from "../options.js";

/** What the options of the services are about: the running session's settings, or the next one's. */
export interface GeminiServiceSettings {
  readonly inSession: boolean;
  readonly model: string;
  readonly initialMessages: readonly GeminiMessage[];
  /** As fields of a `setup`. */
  readonly fields: JsonRecord;
}

/** The value at a path inside the fields of the `setup`. */
export function valueAt({ fields }: GeminiServiceSettings, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isRecord(value) ? fieldOf(value, key) : undefined), fields);
}

/** Settings with another value at such a path. */
export function withValue(
  all: GeminiServiceSettings,
  value: unknown,
  ...path: readonly string[]
): GeminiServiceSettings {
  return { ...all, fields: replaced(all.fields, value, path) };
}

function replaced(record: JsonRecord, value: unknown, [key = "", ...rest]: readonly string[]): JsonRecord {
  return { ...record, [key]: rest.length === 0 ? value : replaced(recordAt(record, key), value, rest) };
}

/** What of `next` is not so in `before`: as few fields as possible. */
export function changesOf(before: JsonRecord, next: JsonRecord): JsonRecord {
  const changed = Object.entries(next).flatMap(([key, value]) => {
    const was = fieldOf(before, key);
    if (sameValue(value, was)) return [];
    return [[key, isRecord(value) && isRecord(was) ? changesOf(was, value) : value] as const];
  });
  return Object.fromEntries(changed);
}

/** `record` without the fields that `changes` has. */
export function withoutFields(record: JsonRecord, changes: JsonRecord): Record<string, unknown> {
  const kept = Object.entries(record).flatMap(([key, value]) => {
    const change = fieldOf(changes, key);
    if (change === undefined) return [[key, value] as const];
    return isRecord(value) && isRecord(change) ? [[key, withoutFields(value, change)] as const] : [];
  });
  return Object.fromEntries(kept);
}
