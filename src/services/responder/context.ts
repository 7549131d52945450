import { InvalidOptionsError } from "../../errors.js";
import { resultText } from "../../dialogue/client-commands.js";
import type { HistoryItem } from "../../dialogue/conversation-history.js";
import { fieldOf, isRecord, recordAt, stringAt, type JsonRecord } from "../../util/records.js";

const ROLES: ReadonlyMap<unknown, "system" | "user" | "assistant"> = new Map([
  ["user", "user"],
  ["assistant", "assistant"],
  ["system", "system"],
  ["developer", "system"],
]);

/** Who says a message; undefined for a role that no message has. */
export function roleOf(role: unknown): "system" | "user" | "assistant" | undefined {
  return ROLES.get(role);
}

/** A conversation as `llm:get_context` gives it: messages in the shape of chat completions. */
export function contextMessages(items: readonly HistoryItem[]): JsonRecord[] {
  return items.map((item) => {
    switch (item.type) {
      case "message":
        return { role: item.role, content: item.content };
      case "tool-call": {
        const call = { id: item.callId, type: "function", function: { name: item.name, arguments: item.arguments } };
        return { role: "assistant", content: null, tool_calls: [call] };
      }
      case "tool-result":
        return { role: "tool", tool_call_id: item.callId, content: item.output };
    }
  });
}

/**
 * The conversation in a list of such messages.
 * @param name What the caller calls the list.
 * @throws InvalidOptionsError naming the message that makes no sense.
 */
export function readContext(messages: unknown, name: string): HistoryItem[] {
  if (!Array.isArray(messages)) throw new InvalidOptionsError(`${name} must be a list of messages.`);
  return messages.flatMap((message: unknown, index) => {
    if (!isRecord(message)) throw new InvalidOptionsError(`${name}[${index}] must be an object with a \`role\`.`);
    return readMessage(message, `${name}[${index}]`);
  });
}

/** What one message holds: what was said, then calls of functions; or a result. @throws InvalidOptionsError */
export function readMessage(message: JsonRecord, name: string): HistoryItem[] {
  const role = fieldOf(message, "role");
  const content = fieldOf(message, "content");
  if (role === "tool") {
    const callId = stringAt(message, "tool_call_id");
    if (callId === undefined) throw new InvalidOptionsError(`${name}.tool_call_id must be a string.`);
    return [{ type: "tool-result", callId, output: resultText(content, `${name}.content`) }];
  }
  const known = roleOf(role);
  if (known === undefined) {
    throw new InvalidOptionsError(`${name}.role must be "user", "assistant", "system" or "tool".`);
  }
  const calls = fieldOf(message, "tool_calls");
  const read = Array.isArray(calls)
    ? calls.map((call: unknown, at) => readCall(call, `${name}.tool_calls[${at}]`))
    : [];
  const absent = content === undefined || content === null;
  if (absent && read.length === 0) throw new InvalidOptionsError(`${name}.content is missing.`);
  return absent ? read : [{ type: "message", role: known, content }, ...read];
}

function readCall(call: unknown, name: string): HistoryItem {
  const record = isRecord(call) ? call : {};
  const called = recordAt(record, "function");
  const callId = stringAt(record, "id");
  const functionName = stringAt(called, "name");
  if (callId === undefined || functionName === undefined) {
    throw new InvalidOptionsError(`${name} needs a string \`id\` and a \`function\` with a string \`name\`.`);
  }
  return { type: "tool-call", callId, name: functionName, arguments: stringAt(called, "arguments") ?? "{}" };
}
