import { UnsupportedFeatureError, type RTVIMessage } from "@pipecat-ai/client-js";
import { InvalidOptionsError } from "../errors.js";
import { fieldOf, isRecord, stringAt, type JsonRecord } from "../util/records.js";

/** What an RTVI message of the app asks for. */
export type ClientCommand =
  | { readonly type: "nothing" }
  | {
      readonly type: "say";
      readonly role: string;
      readonly content: unknown;
      /** Whether the bot is to answer; undefined where the app does not say. */
      readonly run: boolean | undefined;
      readonly audio: boolean;
      readonly acknowledge: boolean;
    }
  | { readonly type: "tool-result"; readonly callId: string; readonly result: unknown }
  | { readonly type: "raw"; readonly event: JsonRecord }
  | { readonly type: "run" }
  | { readonly type: "end" };

/** Messages of the service's own protocol, as an app may send them. */
export interface RawMessages {
  /** Checks one as far as it must be to be sent. @throws InvalidOptionsError */
  readonly read: (message: unknown) => JsonRecord;
  /** What they are called, for the message. */
  readonly what: string;
}

/**
 * Reads an RTVI message of the app.
 * @param source Who cannot do what is not supported, for the message.
 * @throws UnsupportedFeatureError, its `feature` the message's type; InvalidOptionsError naming a field that is wrong.
 */
export function readCommand(message: RTVIMessage, source: string, raw: RawMessages): ClientCommand {
  const { type } = message;
  const data = isRecord(message.data) ? message.data : {};
  switch (type) {
    case "client-ready":
      return { type: "nothing" };
    case "send-text":
      return readText(data);
    case "append-to-context":
      return {
        type: "say",
        role: stringAt(data, "role") ?? "user",
        content: requiredContent(data, type),
        run: flagAt(data, "run_immediately"),
        audio: true,
        acknowledge: true,
      };
    case "llm-function-call-result":
      return readResult(data);
    // What Pipecat's own class for OpenAI takes: the bot answers the conversation as it stands.
    case "run":
      return { type: "run" };
    case "disconnect-bot":
      return { type: "end" };
    case "client-message":
      if (fieldOf(data, "t") === "raw") return { type: "raw", event: raw.read(fieldOf(data, "d")) };
      throw new UnsupportedFeatureError(type, source, `only \`t: "raw"\`, with ${raw.what} as \`d\``);
    default:
      throw new UnsupportedFeatureError(type, source);
  }
}

/**
 * A function's result as a string: strings as they are, everything else as JSON, nothing as
 * "null". @throws InvalidOptionsError for what has no JSON.
 */
export function resultText(result: unknown): string {
  if (typeof result === "string") return result;
  try {
    const json: unknown = JSON.stringify(result);
    if (typeof json === "string") return json;
  } catch (error) {
    throw new InvalidOptionsError("llm-function-call-result.result cannot be written as JSON.", { cause: error });
  }
  if (result === undefined) return "null";
  throw new InvalidOptionsError(`llm-function-call-result.result is a ${typeof result}, which JSON cannot hold.`);
}

function readText(data: JsonRecord): ClientCommand {
  const options = fieldOf(data, "options");
  const flags = isRecord(options) ? options : {};
  return {
    type: "say",
    role: "user",
    content: requiredContent(data, "send-text"),
    run: fieldOf(flags, "run_immediately") !== false,
    audio: fieldOf(flags, "audio_response") !== false,
    acknowledge: false,
  };
}

function readResult(data: JsonRecord): ClientCommand {
  const callId = stringAt(data, "tool_call_id");
  if (callId === undefined) throw new InvalidOptionsError("llm-function-call-result.tool_call_id must be a string.");
  const result = fieldOf(data, "result");
  // Refused before anything happens, also where nobody waits for it.
  resultText(result);
  return { type: "tool-result", callId, result };
}

function requiredContent(data: JsonRecord, type: string): unknown {
  const content = fieldOf(data, "content");
  if (content === undefined || content === null) throw new InvalidOptionsError(`${type}.content is missing.`);
  return content;
}

function flagAt(data: JsonRecord, key: string): boolean | undefined {
  const flag = fieldOf(data, key);
  return typeof flag === "boolean" ? flag : undefined;
}
