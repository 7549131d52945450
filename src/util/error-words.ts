import { fieldOf, isRecord, type JsonRecord } from "./records.js";

/** What a service says of an error, whatever shape it or a gateway before it gives that. */
export interface ErrorWords {
  /** Its own words; where it has none, its JSON. Undefined where it says nothing at all. */
  readonly message: string | undefined;
  readonly type: string | undefined;
  readonly code: string | undefined;
  readonly param: string | undefined;
  /** The client event that caused it, where it had an id. */
  readonly eventId: string | undefined;
}

/** Where services put the words, the likeliest first. */
const MESSAGES = [
  "message",
  "error",
  "detail",
  "details",
  "description",
  "error_description",
  "reason",
  "msg",
  "title",
];
const CODES = ["code", "error_code", "errorCode", "status", "statusCode", "status_code"];
/** How deep an error lies in others. */
const DEEPEST = 5;
/** Characters that are kept. */
const LONGEST = 2_000;
const LONGEST_NAME = 200;

/** Whether an object without a type, or with one that is unknown, is about an error. */
export function tellsError(record: JsonRecord): boolean {
  const error = fieldOf(record, "error") ?? fieldOf(record, "errors");
  if (error !== undefined) return error !== null && error !== false;
  const hasWords = typeof fieldOf(record, "message") === "string" && codeIn(record) !== undefined;
  return hasWords || typeof fieldOf(record, "detail") === "string";
}

/** Reads the error in an event: inside `error`, or beside `type`. */
export function errorWords(event: JsonRecord): ErrorWords {
  const found = fieldOf(event, "error") ?? fieldOf(event, "errors");
  if (found !== undefined && found !== null) return wordsOf(found);
  const { type: _type, event_id: _id, ...rest } = event;
  return wordsOf(rest);
}

/** Reads an error: an object, a text (that may be JSON), a number or a list. */
export function wordsOf(value: unknown, depth = 0): ErrorWords {
  const error = opened(value);
  const record = isRecord(error) ? error : {};
  const inner = innerOf(record, depth);
  const type = scalar(fieldOf(record, "type"), LONGEST_NAME) ?? inner?.type;
  const code = codeIn(record) ?? inner?.code;
  return {
    message: messageIn(error, 0) ?? asJson(error),
    type,
    code,
    param: scalar(fieldOf(record, "param"), LONGEST_NAME) ?? inner?.param,
    eventId: scalar(fieldOf(record, "event_id"), LONGEST_NAME) ?? inner?.eventId,
  };
}

function innerOf(record: JsonRecord, depth: number): ErrorWords | undefined {
  const inner = opened(fieldOf(record, "error"));
  return isRecord(inner) && depth < DEEPEST ? wordsOf(inner, depth + 1) : undefined;
}

function codeIn(record: JsonRecord): string | undefined {
  return firstOf(CODES, (key) => scalar(fieldOf(record, key), LONGEST_NAME));
}

function messageIn(value: unknown, depth: number): string | undefined {
  const error = opened(value);
  if (!isRecord(error)) return scalar(error, LONGEST);
  if (depth >= DEEPEST) return undefined;
  return firstOf(MESSAGES, (key) => messageIn(fieldOf(error, key), depth + 1));
}

/** The object in a text or a list; anything else as it is. */
function opened(value: unknown): unknown {
  const said = firstIn(value);
  if (typeof said !== "string" || !/^\s*[{[]/.test(said)) return said;
  try {
    return firstIn(JSON.parse(said));
  } catch {
    return said;
  }
}

/** What lists begin with; a list where they lie too deep, or one holds itself. */
function firstIn(value: unknown): unknown {
  let first = value;
  for (let depth = 0; depth < DEEPEST && Array.isArray(first); depth += 1) first = (first as unknown[])[0];
  return first;
}

function scalar(value: unknown, longest: number): string | undefined {
  const text = typeof value === "number" && Number.isFinite(value) ? String(value) : value;
  return typeof text === "string" && text.trim() !== "" ? text.slice(0, longest) : undefined;
}

function asJson(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  const said = Object.entries(value).filter(([, field]) => field !== null && field !== undefined);
  if (said.length === 0) return undefined;
  try {
    return JSON.stringify(Object.fromEntries(said)).slice(0, LONGEST);
  } catch {
    return undefined;
  }
}

function firstOf<Found>(keys: readonly string[], find: (key: string) => Found | undefined): Found | undefined {
  for (const key of keys) {
    const found = find(key);
    if (found !== undefined) return found;
  }
  return undefined;
}
