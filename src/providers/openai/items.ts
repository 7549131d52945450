import { InvalidOptionsError } from "../../errors.js";
import { readMessage, roleOf } from "../../services/responder/context.js";
import type { OpenAIDialect } from "./dialect.js";
import type { OpenAIClientEvent } from "./effects.js";
import type { OpenAIMessage } from "./options.js";
import type { HistoryItem } from "../../dialogue/conversation-history.js";
import { checkJson } from "../../util/check-options.js";
import { fieldOf, isRecord, stringAt, type JsonRecord } from "../../util/records.js";

/**
 * A conversation item of a message.
 * @param name What the caller calls the message, for errors.
 * @throws InvalidOptionsError naming `role` or `content`.
 */
export function messageItem(message: OpenAIMessage, dialect: OpenAIDialect, name: string): JsonRecord {
  const role = roleOf(message.role);
  if (role === undefined) {
    throw new InvalidOptionsError(`${name}.role must be "user", "assistant" or "system".`);
  }
  const textType = role !== "assistant" ? "input_text" : dialect === "beta" ? "text" : "output_text";
  return { type: "message", role, content: contentParts(message.content, textType, `${name}.content`) };
}

/** The same for anything that a history knows. @throws InvalidOptionsError naming what is wrong with a message. */
export function historyItem(said: HistoryItem, dialect: OpenAIDialect, name: string): JsonRecord {
  switch (said.type) {
    case "message":
      return messageItem(said, dialect, name);
    case "tool-call":
      return { type: "function_call", call_id: said.callId, name: said.name, arguments: said.arguments };
    case "tool-result":
      return { type: "function_call_output", call_id: said.callId, output: said.output };
  }
}

/** The event that adds an item. */
export function createItem(item: JsonRecord): OpenAIClientEvent {
  return { type: "conversation.item.create", item };
}

/** The messages as they are, once each can be sent: a role and a content, calls of functions, or their results. */
export function checkMessages(messages: unknown, name: string): OpenAIMessage[] {
  if (!Array.isArray(messages)) throw new InvalidOptionsError(`${name} must be a list of messages.`);
  return messages.map((message: unknown, index) => {
    const where = `${name}[${index}]`;
    if (!isRecord(message)) throw new InvalidOptionsError(`${where} must be an object with \`role\` and \`content\`.`);
    checkJson(`${where}.content`, fieldOf(message, "content"));
    const toolCallId = stringAt(message, "tool_call_id");
    const checked = {
      role: stringAt(message, "role") ?? "",
      content: fieldOf(message, "content"),
      ...(Array.isArray(message.tool_calls) && { tool_calls: message.tool_calls as unknown[] }),
      ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
    };
    messageItems(checked, "ga", where);
    return checked;
  });
}

/** The items of a message, in the order in which they were said. @throws InvalidOptionsError naming what is wrong. */
export function messageItems(message: OpenAIMessage, dialect: OpenAIDialect, name: string): JsonRecord[] {
  return readMessage({ ...message }, name).map((said) => historyItem(said, dialect, name));
}

function contentParts(content: unknown, textType: string, name: string): JsonRecord[] {
  const parts: unknown[] = Array.isArray(content) ? content : [content];
  if (parts.length === 0) throw new InvalidOptionsError(`${name} is empty.`);
  return parts.map((part) => contentPart(part, textType, name));
}

function contentPart(part: unknown, textType: string, name: string): JsonRecord {
  if (typeof part === "string") return { type: textType, text: part };
  if (!isRecord(part)) throw new InvalidOptionsError(`${name} must be a string or a list of parts.`);
  const type = stringAt(part, "type");
  const text = stringAt(part, "text");
  // One name for text, whatever the sender calls it: the API wants a different one for each role and dialect.
  if (text !== undefined && (type === undefined || /^(input_|output_)?text$/.test(type)))
    return { type: textType, text };
  if (type === "image_url") return imagePart(part, name);
  if (type === undefined) throw new InvalidOptionsError(`${name} has a part without a \`type\`.`);
  return part;
}

/** Chat completions' image part, as the Realtime API spells it. */
function imagePart(part: JsonRecord, name: string): JsonRecord {
  const image = fieldOf(part, "image_url");
  const url = isRecord(image) ? stringAt(image, "url") : image;
  if (typeof url !== "string") throw new InvalidOptionsError(`${name} has an image part without a URL.`);
  const detail = isRecord(image) ? stringAt(image, "detail") : undefined;
  return { type: "input_image", image_url: url, ...(detail !== undefined && { detail }) };
}
