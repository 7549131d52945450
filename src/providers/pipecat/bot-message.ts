import { errorWords, wordsOf } from "../../util/error-words.js";
import { fieldOf, isRecord } from "../../util/records.js";

const LABEL = "rtvi-ai";
const CALLS = new Set(["llm-function-call", "llm-function-call-in-progress"]);

/** An RTVI message of the server, with data that client-js can bear. */
export interface BotMessage {
  readonly type: string;
  readonly data: unknown;
  readonly id: string | undefined;
}

/** Whether a message is for somebody else: it says so by its label, or has none. */
export function isOthers(message: unknown): boolean {
  return isRecord(message) && fieldOf(message, "label") !== LABEL;
}

/** What an `error` of the server says. */
export interface BotError {
  readonly text: string;
  readonly fatal: boolean;
}

/** The message, or undefined where it is none: another label, no type. */
export function readBotMessage(message: unknown): BotMessage | undefined {
  if (!isRecord(message) || fieldOf(message, "label") !== LABEL) return undefined;
  const type = fieldOf(message, "type");
  const id = fieldOf(message, "id");
  if (typeof type !== "string") return undefined;
  const data = fieldOf(message, "data");
  return {
    type,
    data: bearable(type, data),
    id: typeof id === "string" ? id : undefined,
  };
}

/** Servers write `error`, as Python's does, or `message`, as client-js declares it. */
export function readError(data: unknown): BotError {
  const fields = isRecord(data) ? data : { error: data };
  const { fatal, ...said } = fields;
  const { message } = isRecord(fields.error)
    ? errorWords(said)
    : wordsOf({ ...said, message: said.error ?? said.message });
  return {
    text: message ?? "The bot reported an error without saying which.",
    fatal: fatal === true,
  };
}

/** Whether a `bot-ready` says that the bot goes on with a conversation of before: `resumed: true`, beside `version`. */
export function resumes(data: unknown): boolean {
  return isRecord(data) && fieldOf(data, "resumed") === true;
}

/** Of calls it reads the name before it asks whether there is one. */
function bearable(type: string, data: unknown): unknown {
  if (type === "bot-ready") return botReady(data);
  return CALLS.has(type) && !isRecord(data) ? {} : data;
}

/** client-js takes the version apart, and its `connect()` never settles when it cannot. */
function botReady(data: unknown): object {
  if (!isRecord(data)) return {};
  const { version, ...rest } = data;
  return typeof version === "string" ? { version, ...rest } : rest;
}
