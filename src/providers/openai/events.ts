import { ProtocolError } from "../../errors.js";
import { gaEventType } from "./dialect.js";
import { itemSaid } from "./item-said.js";
import { SERVICE } from "./names.js";
import { errorWords, tellsError, wordsOf, type ErrorWords } from "../../util/error-words.js";
import { FieldReader } from "../../util/field-reader.js";
import type { HistoryItem } from "../../dialogue/conversation-history.js";
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

/** The part of a response that is read here. */
export interface ResponseInfo {
  readonly id: string;
  readonly status: string | undefined;
  readonly reason: string | undefined;
  readonly error: ErrorDetails | undefined;
  readonly output: readonly ItemInfo[];
  /** Whether it belongs to no conversation (`conversation: "none"`). */
  readonly outOfBand: boolean;
}

interface Part {
  readonly responseId: string;
  readonly itemId: string;
}

/** The server events that are acted upon, GA names, fields checked. */
export type ServerEvent =
  | { readonly type: "session.created" | "session.updated"; readonly session: JsonRecord }
  | {
      readonly type: "input_audio_buffer.speech_started" | "input_audio_buffer.speech_stopped";
    }
  | { readonly type: "input_audio_buffer.committed"; readonly itemId: string | undefined }
  | {
      readonly type: "conversation.item.added" | "conversation.item.created";
      readonly item: ItemInfo;
      readonly said: HistoryItem | undefined;
    }
  | { readonly type: "conversation.item.deleted"; readonly itemId: string }
  | {
      readonly type: "conversation.item.input_audio_transcription.delta";
      readonly itemId: string;
      readonly delta: string;
    }
  | {
      readonly type: "conversation.item.input_audio_transcription.completed";
      readonly itemId: string;
      readonly transcript: string;
    }
  | {
      readonly type: "conversation.item.input_audio_transcription.failed";
      readonly itemId: string;
      readonly error: ErrorDetails;
    }
  | { readonly type: "conversation.item.truncated"; readonly itemId: string }
  | { readonly type: "response.created" | "response.done"; readonly response: ResponseInfo }
  | {
      readonly type: "response.output_item.added" | "response.output_item.done";
      readonly responseId: string;
      readonly item: ItemInfo;
    }
  | ({ readonly type: "response.output_audio.delta"; readonly delta: string } & Part)
  | ({ readonly type: "response.output_audio.done" } & Part)
  | ({
      readonly type: "response.output_audio_transcript.delta" | "response.output_text.delta";
      readonly delta: string;
    } & Part)
  | ({
      readonly type: "response.output_audio_transcript.done" | "response.output_text.done";
      readonly text: string | undefined;
    } & Part)
  | ({
      readonly type: "response.function_call_arguments.done";
      readonly callId: string;
      readonly name: string | undefined;
      readonly arguments: string;
    } & Part)
  | {
      readonly type: "output_audio_buffer.started" | "output_audio_buffer.stopped" | "output_audio_buffer.cleared";
      readonly responseId: string | undefined;
    }
  | { readonly type: "error"; readonly error: ErrorDetails }
  /** Something else failed: a tool of a server, for one. */
  | { readonly type: "failure"; readonly error: ErrorDetails }
  | { readonly type: "other"; readonly name: string };

/** The names of events that say that something failed. */
const FAILURE = /[._](?:error|failed)$/;

/** Longest audio delta, in base64 characters: about two minutes of 24 kHz PCM16. */
const LONGEST_AUDIO = 8 * 1024 * 1024;
const LONGEST_TEXT = 1024 * 1024;
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

/**
 * The event in a message, or `other` for one that is not acted upon.
 * @throws ProtocolError naming the event and the field that is missing or has the wrong type.
 */
export function readEvent(type: string, record: JsonRecord): ServerEvent {
  const read = new FieldReader(record, type, SERVICE);
  const part = (): Part => ({ responseId: read.id("response_id"), itemId: read.id("item_id") });
  switch (type) {
    case "session.created":
    case "session.updated":
      return { type, session: read.raw("session") };
    case "input_audio_buffer.speech_started":
    case "input_audio_buffer.speech_stopped":
      return { type };
    case "input_audio_buffer.committed":
      return { type, itemId: read.optionalId("item_id") };
    case "conversation.item.added":
    case "conversation.item.created":
      return { type, item: readItem(read.inner("item")), said: itemSaid(read.raw("item")) };
    case "conversation.item.deleted":
      return { type, itemId: read.id("item_id") };
    case "conversation.item.input_audio_transcription.delta":
      return { type, itemId: read.id("item_id"), delta: read.optionalText("delta", LONGEST_TEXT) ?? "" };
    case "conversation.item.input_audio_transcription.completed":
      return { type, itemId: read.id("item_id"), transcript: read.text("transcript", LONGEST_TEXT) };
    case "conversation.item.input_audio_transcription.failed":
      return { type, itemId: read.id("item_id"), error: detailsOf(errorWords(record)) };
    case "conversation.item.truncated":
      return { type, itemId: read.id("item_id") };
    case "response.created":
    case "response.done":
      return { type, response: readResponse(read.inner("response")) };
    case "response.output_item.added":
    case "response.output_item.done":
      return { type, responseId: read.id("response_id"), item: readItem(read.inner("item")) };
    case "response.output_audio.delta":
      return { type, ...part(), delta: read.text("delta", LONGEST_AUDIO) };
    case "response.output_audio.done":
      return { type, ...part() };
    case "response.output_audio_transcript.delta":
    case "response.output_text.delta":
      return { type, ...part(), delta: read.text("delta", LONGEST_TEXT) };
    case "response.output_audio_transcript.done":
      return { type, ...part(), text: read.optionalText("transcript", LONGEST_TEXT) };
    case "response.output_text.done":
      return { type, ...part(), text: read.optionalText("text", LONGEST_TEXT) };
    case "response.function_call_arguments.done":
      return {
        type,
        ...part(),
        callId: read.id("call_id"),
        name: read.optionalId("name"),
        arguments: read.text("arguments", LONGEST_TEXT),
      };
    case "output_audio_buffer.started":
    case "output_audio_buffer.stopped":
    case "output_audio_buffer.cleared":
      return { type, responseId: read.optionalId("response_id") };
    case "error":
      return { type, error: detailsOf(errorWords(record)) };
    default:
      if (FAILURE.test(type) || isError(fieldOf(record, "error"))) {
        const error = detailsOf(errorWords(record));
        return { type: "failure", error: { ...error, message: `${type.slice(0, 80)}: ${error.message}` } };
      }
      return { type: "other", name: type.slice(0, 80) };
  }
}

/** A response of which nothing more is waited for. */
export function abandoned(id: string): ResponseInfo {
  return { id, status: "cancelled", reason: undefined, error: undefined, output: [], outOfBand: false };
}

function readResponse(read: FieldReader): ResponseInfo {
  const given = read.any("status_details");
  const details = isRecord(given) ? given : isError(given) ? { reason: given, error: given } : {};
  const error = fieldOf(details, "error");
  return {
    id: read.id("id"),
    status: read.optionalId("status"),
    reason: reasonIn(details),
    error: isError(error) ? detailsOf(wordsOf(error)) : undefined,
    output: read.list("output", MOST_ITEMS).map(readItem),
    outOfBand: read.isNull("conversation_id"),
  };
}

function readItem(read: FieldReader): ItemInfo {
  return {
    id: read.optionalId("id"),
    type: read.optionalId("type") ?? "unknown",
    status: read.optionalId("status"),
    callId: read.optionalId("call_id"),
    name: read.optionalId("name"),
    arguments: read.optionalText("arguments", LONGEST_TEXT),
    whole: read.whole,
  };
}

function reasonIn(details: JsonRecord): string | undefined {
  const reason = fieldOf(details, "reason");
  return isError(reason) ? wordsOf(reason).message : undefined;
}

function isError(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== "";
}

function detailsOf({ message = "no reason given", ...rest }: ErrorWords): ErrorDetails {
  return { ...rest, message };
}
