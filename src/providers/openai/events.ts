import { ProtocolError } from "../../errors.js";
import { gaEventType } from "./dialect.js";
import { itemSaid } from "./item-said.js";
import { SERVICE } from "./names.js";
import { errorWords, tellsError, wordsOf, type ErrorWords } from "../../util/error-words.js";
import { FieldReader } from "../../util/field-reader.js";
import { decodePcm } from "../../codec/base64-pcm.js";
import type { HistoryItem } from "../../dialogue/conversation-history.js";
import type { ReplyEnd, ReplyKind, VoiceEvent } from "../../dialogue/voice-event.js";
import { parseRecord } from "../../util/parse.js";
import { fieldOf, isRecord, stringAt, type JsonRecord } from "../../util/records.js";

/** The service's own description of an error. */
export interface ErrorDetails {
  readonly type: string | undefined;
  readonly code: string | undefined;
  readonly message: string;
  readonly param: string | undefined;
  /** The client event that caused it, where it had an id. */
  readonly eventId: string | undefined;
}

/** The part of a conversation item that is read here. */
export interface ItemInfo {
  readonly id: string | undefined;
  readonly type: string;
  readonly status: string | undefined;
  readonly callId: string | undefined;
  readonly name: string | undefined;
  readonly arguments: string | undefined;
  /** The item as it is. */
  readonly whole: JsonRecord;
}

/** How a response came out, as the service tells it. */
export interface Outcome {
  readonly status: string | undefined;
  readonly reason: string | undefined;
  readonly error: ErrorDetails | undefined;
}

/** What is the Realtime API's own, fields checked. */
export type OpenAIEvent =
  | { readonly type: "session.created" | "session.updated"; readonly session: JsonRecord }
  | { readonly type: "item.added"; readonly item: string | undefined; readonly said: HistoryItem | undefined }
  | { readonly type: "item.deleted"; readonly item: string }
  /** The model has made something else than words and calls. */
  | { readonly type: "item.made"; readonly reply: string; readonly item: ItemInfo }
  | ({ readonly type: "response.outcome" } & Outcome)
  /** A response is over that cannot be told by its name. */
  | { readonly type: "response.over"; readonly how: ReplyEnd }
  | { readonly type: "error"; readonly error: ErrorDetails }
  /** Something else failed: a transcription, or a tool of a server. */
  | { readonly type: "failure"; readonly error: ErrorDetails }
  | { readonly type: "other"; readonly name: string };

/** What one event of the service says, in order. */
export type ServerEvent = VoiceEvent | OpenAIEvent;

/** The names of events that say that something failed. */
const FAILURE = /[._](?:error|failed)$/;

/** What a response came to; with any other status it failed. */
const ENDS: ReadonlyMap<string | undefined, ReplyEnd> = new Map([
  ["completed", "completed"],
  ["incomplete", "completed"],
  ["in_progress", "completed"],
  ["cancelled", "cut"],
]);

/** Items that reach the app as messages of RTVI, or are none of its business. */
const TOLD = new Set(["message", "function_call_output", "reasoning", "unknown"]);

/** Longest audio delta, in base64 characters: about two minutes of 24 kHz PCM16. */
const LONGEST_AUDIO = 8 * 1024 * 1024;
const LONGEST_TEXT = 1024 * 1024;
const LONGEST_NAME = 512;
const MOST_ITEMS = 1024;

/**
 * Parses one message of the service.
 * @throws ProtocolError when it is not a JSON object with a string `type`.
 */
export function parseMessage(data: unknown): { readonly type: string; readonly record: JsonRecord } {
  const record = parseRecord(data, SERVICE);
  const type = stringAt(record, "type") ?? (tellsError(record) ? "error" : undefined);
  if (type === undefined) throw new ProtocolError("OpenAI sent a message that is not an event.");
  return { type: gaEventType(type), record };
}

/** The error that a message tells of, whatever else is in it. */
export function errorIn(record: JsonRecord): ErrorDetails | undefined {
  return tellsError(record) ? detailsOf(errorWords(record)) : undefined;
}

/**
 * What an event says, GA names; `other` for one that is not acted upon.
 * @throws ProtocolError naming the event and the field that is missing or has the wrong type, also while it is iterated: what could
 * be read comes before that.
 */
export function readEvent(type: string, record: JsonRecord): Iterable<ServerEvent> {
  const read = new FieldReader(record, type, SERVICE);
  const part = (): { reply: string; item: string } => ({ reply: read.id("response_id"), item: read.id("item_id") });
  const form = type.includes("_text.") ? "written" : "spoken";
  switch (type) {
    case "session.created":
    case "session.updated":
      return readSession(type, read);
    case "input_audio_buffer.speech_started":
      return [{ type: "user.started" }];
    case "input_audio_buffer.speech_stopped":
      return [{ type: "user.stopped" }];
    case "input_audio_buffer.committed":
      return [{ type: "user.committed", item: read.optionalId("item_id") }];
    case "conversation.item.added":
    case "conversation.item.created":
      return [{ type: "item.added", item: readItem(read.inner("item")).id, said: itemSaid(read.raw("item")) }];
    case "conversation.item.deleted":
      return [{ type: "item.deleted", item: read.id("item_id") }];
    case "conversation.item.input_audio_transcription.delta":
      return [{ type: "user.words", item: read.id("item_id"), text: read.optionalText("delta", LONGEST_TEXT) ?? "" }];
    case "conversation.item.input_audio_transcription.completed": {
      const [item, text] = [read.id("item_id"), read.optionalText("transcript", LONGEST_TEXT)];
      return [text === undefined ? { type: "user.not-understood", item } : { type: "user.understood", item, text }];
    }
    case "conversation.item.input_audio_transcription.failed":
      return [
        { type: "user.not-understood", item: read.id("item_id") },
        { type: "failure", error: detailsOf(errorWords(record)) },
      ];
    case "conversation.item.truncated":
      return [{ type: "item.truncated", item: read.id("item_id") }];
    case "response.created": {
      const response = read.inner("response");
      return [{ type: "reply.began", reply: response.id("id"), kind: kindOf(response) }];
    }
    case "response.done":
      return readDone(read);
    case "response.output_item.added": {
      const [reply, { type: itemType, callId, name }] = [read.id("response_id"), readItem(read.inner("item"))];
      const isCall = itemType === "function_call" && callId !== undefined;
      return isCall ? [{ type: "call.announced", reply, callId, name }] : [];
    }
    case "response.output_item.done":
      return made(read.id("response_id"), readMade(read.inner("item")));
    case "response.output_audio.delta":
      return [{ type: "audio", ...part(), pcm: () => decodePcm(read.text("delta", LONGEST_AUDIO), SERVICE) }];
    case "response.output_audio.done":
      return [{ type: "audio.ended", ...part() }];
    case "response.output_audio_transcript.delta":
    case "response.output_text.delta":
      return [{ type: "words", ...part(), text: read.text("delta", LONGEST_TEXT), form }];
    case "response.output_audio_transcript.done":
    case "response.output_text.done": {
      const text = read.optionalText(form === "written" ? "text" : "transcript", LONGEST_TEXT);
      return [{ type: "words.complete", ...part(), text, form }];
    }
    case "response.function_call_arguments.done": {
      const [reply, callId, name] = [read.id("response_id"), read.id("call_id"), nameIn(read)];
      return [
        { type: "call", reply, callId, name, arguments: argumentsIn(read) ?? read.text("arguments", LONGEST_TEXT) },
      ];
    }
    case "output_audio_buffer.started":
      return [{ type: "playback.began", reply: read.optionalId("response_id") }];
    case "output_audio_buffer.stopped":
      return [{ type: "playback.ended", reply: read.optionalId("response_id") }];
    case "output_audio_buffer.cleared":
      return [{ type: "playback.cut", reply: read.optionalId("response_id") }];
    case "error":
      return [{ type: "error", error: detailsOf(errorWords(record)) }];
    default:
      if (FAILURE.test(type) || isError(fieldOf(record, "error"))) {
        const error = detailsOf(errorWords(record));
        return [{ type: "failure", error: { ...error, message: `${type.slice(0, 80)}: ${error.message}` } }];
      }
      return [{ type: "other", name: type.slice(0, 80) }];
  }
}

/** That there is a session is news, also where it cannot be read: it would never be configured, or never be ready. */
function* readSession(type: "session.created" | "session.updated", read: FieldReader): Generator<ServerEvent> {
  const given = read.any("session");
  yield { type, session: isRecord(given) ? given : {} };
  // Throws where it is none.
  read.raw("session");
}

function kindOf(response: FieldReader | undefined): ReplyKind {
  return response?.isNull("conversation_id") === true ? "aside" : "conversation";
}

/** `response.done`: what it made is in it once more. It ends the response, whatever else of it cannot be read. */
function* readDone(event: FieldReader): Generator<ServerEvent> {
  const missed: unknown[] = [];
  const tried = <Read>(reading: () => Read): Read | undefined => {
    try {
      return reading();
    } catch (error) {
      missed.push(error);
      return undefined;
    }
  };
  const read = tried(() => event.inner("response"));
  const reply = tried(() => read?.id("id")) ?? tried(() => event.optionalId("response_id"));
  const outcome = outcomeOf(read?.whole ?? {});
  const how = endOf(outcome);
  if (reply === undefined) yield { type: "response.over", how };
  else {
    const kind = kindOf(read);
    const output = tried(() => read?.list("output", MOST_ITEMS)) ?? [];
    const events = output.flatMap((item) => tried(() => made(reply, readItem(item))) ?? []);
    // Known already, unless something of it was lost.
    if (output.length > 0) yield { type: "reply.began", reply, kind };
    yield* events;
    yield { type: "reply.ended", reply, how, kind };
  }
  yield { type: "response.outcome", ...outcome };
  if (missed.length > 0) throw missed[0];
}

/** Where a response says how it came out, and where gateways do. */
const OUTCOMES = ["status_details", "error", "last_error", "incomplete_details"];

function outcomeOf(response: JsonRecord): Outcome {
  const status = scalarOf(fieldOf(response, "status"));
  const key = OUTCOMES.find((each) => isError(fieldOf(response, each)));
  if (key === undefined) return { status, reason: undefined, error: undefined };
  const given = fieldOf(response, key);
  const { type, reason, ...rest }: JsonRecord =
    isRecord(given) && key.endsWith("_details") ? given : { reason: given, error: given };
  const error = fieldOf(rest, "error") ?? (Object.values(rest).some(isError) ? rest : undefined);
  return {
    status: status ?? scalarOf(type),
    reason: isError(reason) ? wordsOf(reason).message : undefined,
    error: isError(error) ? detailsOf(wordsOf(error)) : undefined,
  };
}

/** One that does not say how it came out has failed where it tells of an error. */
function endOf({ status, error }: Outcome): ReplyEnd {
  if (status === undefined) return error === undefined ? "completed" : "failed";
  return ENDS.get(status) ?? "failed";
}

function scalarOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, 80) : undefined;
}

/** An item that the model has made; a call that was broken off is none. */
function made(reply: string, item: ItemInfo): ServerEvent[] {
  const { type, status, callId } = item;
  if (type !== "function_call") return TOLD.has(type) ? [] : [{ type: "item.made", reply, item }];
  if (status === "incomplete") return [];
  // A call that is complete has no more to come: without a name or arguments it is answered with an error.
  const missing = status === "completed" ? "" : undefined;
  return [{ type: "call", reply, callId, name: item.name ?? missing, arguments: item.arguments ?? missing }];
}

/** An item as the model has made it. @throws ProtocolError also for a call that cannot be answered, because it has no id. */
function readMade(read: FieldReader): ItemInfo {
  const item = readItem(read);
  if (item.type === "function_call") read.id("call_id");
  return { ...item, status: item.status ?? "completed" };
}

function readItem(read: FieldReader): ItemInfo {
  return {
    id: read.optionalId("id"),
    type: read.optionalName("type") ?? "unknown",
    status: scalarOf(read.any("status")),
    callId: read.optionalId("call_id"),
    name: nameIn(read),
    arguments: argumentsIn(read),
    whole: read.whole,
  };
}

/** A function's name; undefined also for what is none. */
function nameIn(read: FieldReader): string | undefined {
  const given = read.any("name");
  return typeof given === "string" && given.length <= LONGEST_NAME ? given : undefined;
}

/** A call's arguments as JSON: some gateways do not write them as a string. What is too long is no object either. */
function argumentsIn(read: FieldReader): string | undefined {
  const given = read.any("arguments");
  if (given === undefined || given === null) return undefined;
  if (typeof given === "string") return given.length > LONGEST_TEXT ? "null" : given;
  try {
    return JSON.stringify(given);
  } catch {
    // It lies too deep.
    return "null";
  }
}

function isError(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== "";
}

function detailsOf({ message = "no reason given", ...rest }: ErrorWords): ErrorDetails {
  return { ...rest, message };
}
