import { UnsupportedFeatureError, type RTVIMessage } from "@pipecat-ai/client-js";
import type { CallFailure, CallReference, Command } from "../contracts/dialogue.js";
import { InvalidOptionsError } from "../errors.js";
import type { EffectSink } from "./effects.js";
import { fieldOf, isRecord, stringAt, type JsonRecord } from "../util/records.js";

/** What the app puts into the conversation. */
export interface Said {
  readonly role: string;
  readonly content: unknown;
  /** Whether the bot is to answer; undefined where the app does not say. */
  readonly run: boolean | undefined;
  /** Whether the answer is to be heard. */
  readonly audio: boolean;
}

/**
 * What a service does about the commands of the app; what each may throw, `Dialogue.command` says. One without `update`, `mic`,
 * `activity` or `missedSpeech` needs not know of them.
 */
export interface ServiceCommands {
  /** `message`: the app's, for errors. */
  say(said: Said, message: RTVIMessage): void;
  interrupt(): void;
  /** A function's result. Returns whether a call waited for it. */
  result(callId: string, result: unknown): boolean;
  failCall(call: CallReference, failure: CallFailure): void;
  /** A message of the service's own protocol, checked. */
  raw(event: JsonRecord): void;
  run(): void;
  append(messages: unknown, run: boolean): void;
  replace(messages: unknown, interrupt: boolean): void;
  speak(text: string): void;
  update?(settings: JsonRecord): void;
  mic?(on: boolean, pause: boolean): void;
  activity?(on: boolean): void;
  missedSpeech?(pcm: readonly ArrayBuffer[], rate: number): void;
}

/** What commands are carried out with. */
export interface CommandSetup {
  readonly service: ServiceCommands;
  readonly sink: EffectSink;
  /** Who cannot do what is not supported, for the message. */
  readonly name: string;
  readonly raw: RawMessages;
}

/** Messages of the service's own protocol, as an app may send them. */
export interface RawMessages {
  /** Checks one as far as it must be to be sent. @throws InvalidOptionsError */
  readonly read: (message: unknown) => JsonRecord;
  /** What they are called, for the message. */
  readonly what: string;
}

/**
 * Carries out what the app, or the session, wants.
 * @throws UnsupportedFeatureError, its `feature` the command's or the message's type; InvalidOptionsError naming a field that
 * is wrong; what the service throws.
 */
export function carryOut(command: Command, setup: CommandSetup): void {
  const { service, raw } = setup;
  switch (command.type) {
    case "message":
      carryOutMessage(command.message, setup);
      break;
    case "raw":
      service.raw(raw.read(command.event));
      break;
    case "fail-call":
      service.failCall(command.call, command.failure);
      break;
    case "interrupt":
      service.interrupt();
      break;
    case "append":
      service.append(command.messages, command.run);
      break;
    case "replace":
      service.replace(command.messages, command.interrupt);
      break;
    case "run":
      service.run();
      break;
    case "speak":
      service.speak(command.text);
      break;
    case "update":
      service.update?.(command.settings);
      break;
    case "mic":
      service.mic?.(command.on, command.pause === true);
      break;
    case "activity":
      service.activity?.(command.on);
      break;
    case "missed-speech":
      service.missedSpeech?.(command.pcm, command.rate);
      break;
    case "client-ready":
      break;
  }
}

function carryOutMessage(message: RTVIMessage, { service, sink, name, raw }: CommandSetup): void {
  const { type } = message;
  const data = isRecord(message.data) ? message.data : {};
  switch (type) {
    case "client-ready":
      break;
    case "send-text":
      service.say(readText(data), message);
      break;
    case "append-to-context":
      service.say(readSaid(data, type), message);
      sink.deliver("append-to-context-result", { result: "success" }, message.id);
      break;
    case "llm-function-call-result": {
      const { callId, result } = readResult(data);
      if (service.result(callId, result)) break;
      sink.debug("A function result came for a call that is not open; it is ignored.");
      break;
    }
    // What Pipecat's own class for OpenAI takes: the bot answers the conversation as it stands.
    case "run":
      service.run();
      break;
    case "disconnect-bot":
      sink.add({ type: "end" });
      break;
    case "client-message":
      if (fieldOf(data, "t") !== "raw") {
        throw new UnsupportedFeatureError(type, name, `only \`t: "raw"\`, with ${raw.what} as \`d\``);
      }
      service.raw(raw.read(fieldOf(data, "d")));
      sink.deliver("server-response", { t: "raw" }, message.id);
      break;
    default:
      throw new UnsupportedFeatureError(type, name);
  }
}

/**
 * A function's result as a string: strings as they are, everything else as JSON, nothing as "null".
 * @param name What the caller calls it. @throws InvalidOptionsError for what has no JSON.
 */
export function resultText(result: unknown, name = "llm-function-call-result.result"): string {
  if (typeof result === "string") return result;
  try {
    const json: unknown = JSON.stringify(result);
    if (typeof json === "string") return json;
  } catch (error) {
    throw new InvalidOptionsError(`${name} cannot be written as JSON.`, { cause: error });
  }
  if (result === undefined) return "null";
  throw new InvalidOptionsError(`${name} is a ${typeof result}, which JSON cannot hold.`);
}

function readText(data: JsonRecord): Said {
  const options = fieldOf(data, "options");
  const flags = isRecord(options) ? options : {};
  return {
    role: "user",
    content: requiredContent(data, "send-text"),
    run: fieldOf(flags, "run_immediately") !== false,
    audio: fieldOf(flags, "audio_response") !== false,
  };
}

function readSaid(data: JsonRecord, type: string): Said {
  return {
    role: roleIn(data, type),
    content: requiredContent(data, type),
    run: flagAt(data, "run_immediately"),
    audio: true,
  };
}

function roleIn(data: JsonRecord, type: string): string {
  const role = fieldOf(data, "role") ?? "user";
  if (typeof role !== "string") throw new InvalidOptionsError(`${type}.role must be a string.`);
  return role;
}

function readResult(data: JsonRecord): { readonly callId: string; readonly result: unknown } {
  const callId = stringAt(data, "tool_call_id");
  if (callId === undefined) throw new InvalidOptionsError("llm-function-call-result.tool_call_id must be a string.");
  const result = fieldOf(data, "result");
  // Refused before anything happens, also where nobody waits for it.
  resultText(result);
  return { callId, result };
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

/** What a service that speaks only answers is told, to have it say a text. */
export function orderToSay(text: string): string {
  return `Say the following text aloud, word for word, in its own language. Add nothing.\n\n${text}`;
}
