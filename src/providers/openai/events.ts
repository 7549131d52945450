import { ProtocolError } from "../../errors.js";
import { gaEventType } from "./dialect.js";
import { itemSaid } from "./item-said.js";
import { SERVICE } from "./names.js";
import { FieldReader } from "../../util/field-reader.js";
import type { HistoryItem } from "../../dialogue/conversation-history.js";
import { parseRecord } from "../../util/parse.js";
import { stringAt, type JsonRecord } from "../../util/records.js";

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
  | { readonly type: "other"; readonly name: string };

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
  const type = stringAt(record, "type");
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
      return { type, itemId: read.id("item_id"), error: readError(read.optionalInner("error")) };
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
      return { type, error: readError(read.inner("error")) };
    default:
      return { type: "other", name: type.slice(0, 80) };
  }
}

/** A response of which nothing more is waited for. */
export function abandoned(id: string): ResponseInfo {
  return { id, status: "cancelled", reason: undefined, error: undefined, output: [], outOfBand: false };
}

function readResponse(read: FieldReader): ResponseInfo {
  const details = read.optionalInner("status_details");
  const error = details?.optionalInner("error");
  return {
    id: read.id("id"),
    status: read.optionalId("status"),
    reason: details?.optionalText("reason", LONGEST_TEXT),
    error: error && readError(error),
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
  };
}

function readError(read: FieldReader | undefined): ErrorDetails {
  return {
    type: read?.optionalText("type", LONGEST_TEXT),
    code: read?.optionalText("code", LONGEST_TEXT),
    message: read?.optionalText("message", LONGEST_TEXT) ?? "no reason given",
    param: read?.optionalText("param", LONGEST_TEXT),
    eventId: read?.optionalText("event_id", LONGEST_TEXT),
  };
}
