import { ProtocolError } from "../../errors.js";
import type { FieldReader } from "../../util/field-reader.js";
import { countIn } from "./fields.js";
import { fieldOf, isRecord, type JsonRecord } from "../../util/records.js";

/** Most characters of one piece of audio, in base64. */
export const LONGEST_AUDIO = 8 * 1024 * 1024;
/** Most characters of one piece of text. */
export const LONGEST_TEXT = 1024 * 1024;
/** Most parts or ids in one message. */
export const MOST_ENTRIES = 256;
/** Most calls in one message: those that are too many to be taken are answered, too. */
export const MOST_CALLS = 4096;

const DEFAULT_RATE = 24_000;

/** The rate in a MIME type such as `audio/pcm;rate=24000`; 24 kHz where it says none. @throws ProtocolError */
export function audioRate(mimeType: string): number {
  const text = /;\s*rate=\s*([^;\s]*)/i.exec(mimeType)?.[1];
  const rate = text === undefined ? DEFAULT_RATE : Number(text);
  // 24 kHz is what it sends; whatever else it may say must be a rate of speech or music.
  if (Number.isInteger(rate) && rate >= 8_000 && rate <= 96_000) return rate;
  throw new ProtocolError("Gemini sent audio whose rate is not a whole number from 8000 to 96000 Hz.");
}

/** Ms in a protocol buffer's `Duration`, such as "9.5s". @throws ProtocolError */
export function durationMs(text: string): number {
  const seconds = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(text)?.[1];
  if (seconds === undefined) throw new ProtocolError('Gemini sent a duration that is not like "9.5s".');
  return Number(seconds) * 1000;
}

/** A function that the model calls, as far as it can be read. */
export interface WrittenCall {
  /** Optional in the protocol: a call without one is answered by name. */
  readonly id: string | undefined;
  readonly name: string | undefined;
  /** As an object, or as JSON; undefined for what are no arguments. */
  readonly args: JsonRecord | string | undefined;
}

/** @throws ProtocolError for a call that could not be answered. */
export function readCall(read: FieldReader): WrittenCall {
  // The API writes them as strings: it takes no answer to an id that it has not given.
  const id = readable(() => read.optionalName("id"));
  const name = readable(() => read.name("name"));
  // What neither is named nor has an id cannot be answered: the reason is the name's.
  if (id === undefined && name === undefined) return { id, name: read.name("name"), args: undefined };
  const args = read.any("args");
  return {
    id,
    name,
    args: typeof args === "string" ? args : readable(() => read.given("args", () => read.raw("args")) ?? {}),
  };
}

/** What can be read; undefined for what cannot. */
function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** The counts of tokens, by their names in Pipecat's metrics. */
const COUNTS: readonly (readonly [string, readonly string[]])[] = [
  ["prompt_tokens", ["promptTokenCount"]],
  // The second is what the API's other methods, and gateways, call it.
  ["completion_tokens", ["responseTokenCount", "candidatesTokenCount"]],
  ["total_tokens", ["totalTokenCount"]],
  ["cache_read_input_tokens", ["cachedContentTokenCount"]],
  ["reasoning_tokens", ["thoughtsTokenCount"]],
];

/**
 * How many tokens were used; undefined when the service does not say.
 * @param tried Takes each reading, because what is wrong with one count touches no other: undefined for what cannot be read.
 */
export function readUsage(
  read: FieldReader,
  tried: (reading: () => number | undefined) => number | undefined,
): Record<string, number> | undefined {
  const told = COUNTS.flatMap(([name, keys]) => {
    const key = keys.find((each) => read.has(each)) ?? "";
    const count = tried(() => countIn(read, key));
    return count === undefined ? [] : [[name, count] as const];
  });
  return told.length === 0 ? undefined : Object.fromEntries(told);
}

/**
 * A message as the app may see it: without the resumption handle, and without audio unless it is wanted. Undefined when
 * nothing is left.
 */
export function redactRawEvent(message: JsonRecord, withAudio: boolean): JsonRecord | undefined {
  const update = fieldOf(message, "sessionResumptionUpdate");
  const hidden = isRecord(update) ? { ...message, sessionResumptionUpdate: withoutHandle(update) } : message;
  const content = fieldOf(hidden, "serverContent");
  const turn = isRecord(content) ? fieldOf(content, "modelTurn") : undefined;
  const parts = isRecord(turn) ? fieldOf(turn, "parts") : undefined;
  if (withAudio || !isRecord(content) || !isRecord(turn) || !Array.isArray(parts)) return hidden;
  const silent = parts.filter((part: unknown) => !isRecord(part) || fieldOf(part, "inlineData") === undefined);
  if (silent.length === parts.length) return hidden;
  const { modelTurn: _turn, ...others } = content;
  if (silent.length > 0) return { ...hidden, serverContent: { ...others, modelTurn: { ...turn, parts: silent } } };
  const { serverContent: _content, ...rest } = hidden;
  const left = Object.keys(others).length > 0 ? { ...rest, serverContent: others } : rest;
  return Object.keys(left).length > 0 ? left : undefined;
}

function withoutHandle({ newHandle: _handle, ...rest }: JsonRecord): JsonRecord {
  return rest;
}
