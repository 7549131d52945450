import { UnsupportedFeatureError, type RTVIMessage } from "@pipecat-ai/client-js";
import { InvalidOptionsError } from "../../errors.js";
import type { OpenAIClientEvent } from "./effects.js";
import { fieldOf, isRecord, stringAt, type JsonRecord } from "../../rtvi/translate/records.js";

/** What an RTVI message of the app asks for. */
export type AppCommand =
  | { readonly type: "nothing" }
  | {
      readonly type: "say";
      readonly role: string;
      readonly content: unknown;
      readonly run: boolean;
      readonly audio: boolean;
      readonly acknowledge: boolean;
    }
  | { readonly type: "tool-result"; readonly callId: string; readonly output: string; readonly result: unknown }
  | { readonly type: "raw"; readonly event: OpenAIClientEvent }
  | { readonly type: "hang-up" };

/**
 * Reads an RTVI message of the app.
 * @param source Who cannot do what is not supported, for the message.
 * @throws UnsupportedFeatureError, its `feature` the message's type; InvalidOptionsError naming a field that is wrong.
 */
export function readCommand(message: RTVIMessage, source: string): AppCommand {
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
        run: fieldOf(data, "run_immediately") === true,
        audio: true,
        acknowledge: true,
      };
    case "llm-function-call-result":
      return readResult(data);
    case "disconnect-bot":
      return { type: "hang-up" };
    case "client-message":
      if (fieldOf(data, "t") === "raw") return { type: "raw", event: readServiceEvent(fieldOf(data, "d")) };
      throw new UnsupportedFeatureError(
        type,
        source,
        'only `t: "raw"`, with a client event of the Realtime API as `d`',
      );
    default:
      throw new UnsupportedFeatureError(type, source);
  }
}

/** A client event of the service, checked as far as it must be to be sent. @throws InvalidOptionsError */
export function readServiceEvent(event: unknown): OpenAIClientEvent {
  const type = isRecord(event) ? stringAt(event, "type") : undefined;
  if (!isRecord(event) || type === undefined || type === "") {
    throw new InvalidOptionsError("A service event must be an object with a string `type`.");
  }
  return { ...event, type };
}

/**
 * A function's result as the string that the service wants: strings as they are, everything else as JSON, nothing as
 * "null". @throws InvalidOptionsError for what has no JSON.
 */
export function resultText(result: unknown): string {
  if (typeof result === "string") return result;
  try {
    const json: unknown = JSON.stringify(result);
    return typeof json === "string" ? json : "null";
  } catch (error) {
    throw new InvalidOptionsError("llm-function-call-result.result cannot be written as JSON.", { cause: error });
  }
}

function readText(data: JsonRecord): AppCommand {
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

function readResult(data: JsonRecord): AppCommand {
  const callId = stringAt(data, "tool_call_id");
  if (callId === undefined) throw new InvalidOptionsError("llm-function-call-result.tool_call_id must be a string.");
  const result = fieldOf(data, "result");
  return { type: "tool-result", callId, output: resultText(result), result };
}

function requiredContent(data: JsonRecord, type: string): unknown {
  const content = fieldOf(data, "content");
  if (content === undefined || content === null) throw new InvalidOptionsError(`${type}.content is missing.`);
  return content;
}
