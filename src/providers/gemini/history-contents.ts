import { resultText } from "../../dialogue/client-commands.js";
import type { HistoryItem } from "../../dialogue/conversation-history.js";
import { InvalidOptionsError } from "../../errors.js";
import { parseRecord } from "../../util/parse.js";
import { readMessage } from "../../services/responder/context.js";
import { checkJson } from "../../util/check-options.js";
import { fieldOf, isRecord, recordAt, stringAt, type JsonRecord } from "../../util/records.js";
import { readContent, type Content, type Role } from "./contents.js";
import { SERVICE } from "./names.js";
import type { GeminiMessage } from "./options.js";

/** A message, as the history keeps it. */
export function messageOf({ role, parts }: Content): HistoryItem {
  const [only, ...others] = parts;
  const text = only === undefined || others.length > 0 ? undefined : stringAt(only, "text");
  return { type: "message", role: role === "model" ? "assistant" : role, content: text ?? parts };
}

/** The same of what may hold calls of functions and their results, too. */
export function itemsOf(content: Content): HistoryItem[] {
  const items = content.parts.flatMap((part): HistoryItem[] => {
    const call = recordAt(part, "functionCall");
    const response = recordAt(part, "functionResponse");
    const [called, answered] = [stringAt(call, "id"), stringAt(response, "id")];
    if (called !== undefined) {
      const args = JSON.stringify(recordAt(call, "args"));
      return [{ type: "tool-call", callId: called, name: stringAt(call, "name") ?? called, arguments: args }];
    }
    if (answered === undefined) return [];
    return [{ type: "tool-result", callId: answered, output: resultText(recordAt(response, "response").output) }];
  });
  return items.length === content.parts.length ? items : [messageOf(content)];
}

/** The conversation in a list of messages. @throws InvalidOptionsError naming the message that makes no sense. */
export function readMessages(messages: unknown, name: string): Content[] {
  if (!Array.isArray(messages)) throw new InvalidOptionsError(`${name} must be a list of messages.`);
  const read = messages.map((message: unknown, index) => {
    const where = `${name}[${index}]`;
    if (!isRecord(message)) throw new InvalidOptionsError(`${where} must be an object with \`role\` and \`content\`.`);
    const { role, content } = message;
    checkJson(`${where}.content`, content);
    const ofCalls = role === "tool" || Array.isArray(message.tool_calls);
    if (!ofCalls) return [messageOf(readContent(role, content, where))];
    const items = readMessage({ ...message, role: role === "model" ? "assistant" : role }, where);
    contentsOf(items, where);
    return items;
  });
  return contentsOf(read.flat(), name);
}

/** The messages as they are, once each can be sent. @throws InvalidOptionsError */
export function checkMessages(messages: unknown, name: string): GeminiMessage[] {
  readMessages(messages, name);
  const list = Array.isArray(messages) ? messages.filter(isRecord) : [];
  return list.map((message) => {
    const toolCallId = stringAt(message, "tool_call_id");
    return {
      role: stringAt(message, "role") ?? "",
      content: fieldOf(message, "content"),
      ...(Array.isArray(message.tool_calls) && { tool_calls: message.tool_calls as unknown[] }),
      ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
    };
  });
}

/**
 * A conversation of the history, as the API wants it. A call that was never answered is left out: the service would wait.
 * @param name What the caller calls the list, for errors.
 * @throws InvalidOptionsError naming the message that cannot be sent.
 */
export function contentsOf(items: readonly HistoryItem[], name: string): Content[] {
  const names = new Map<string, string>();
  const answered = new Set(items.flatMap((item) => (item.type === "tool-result" ? [item.callId] : [])));
  const contents: Content[] = [];
  for (const [index, item] of items.entries()) {
    if (item.type === "tool-call") names.set(item.callId, item.name);
    if (item.type === "message") contents.push(readContent(item.role, item.content, `${name}[${index}]`));
    else if (item.type === "tool-result") {
      const { callId: id, output } = item;
      join(contents, "user", { functionResponse: { id, name: names.get(id) ?? id, response: { output } } });
    } else if (answered.has(item.callId)) {
      const { callId: id, name: called } = item;
      join(contents, "model", { functionCall: { id, name: called, args: argumentsOf(item.arguments) } });
    }
  }
  return contents;
}

/** Calls made together are one turn, and so are their results: the service wants as many of one as of the other. */
function join(contents: Content[], role: Role, part: JsonRecord): void {
  const last = contents.at(-1);
  const kind = Object.keys(part)[0] ?? "";
  const fits = last?.role === role && last.parts.every((other) => Object.hasOwn(other, kind));
  if (fits) contents[contents.length - 1] = { role, parts: [...last.parts, part] };
  else contents.push({ role, parts: [part] });
}

function argumentsOf(json: string): JsonRecord {
  try {
    return parseRecord(json, SERVICE);
  } catch {
    // An app's own history may hold anything.
    return {};
  }
}
