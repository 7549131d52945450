import type { HistoryItem } from "../../dialogue/conversation-history.js";
import { roleOf } from "../../services/responder/context.js";
import { fieldOf, isRecord, stringAt, type JsonRecord } from "../../util/records.js";

/**
 * What an item of the service's conversation says: a message in writing, or the result of a function. Undefined for what
 * is spoken, whose words come in events of their own; for a function call; and for what makes no sense.
 */
export function itemSaid(item: JsonRecord): HistoryItem | undefined {
  if (stringAt(item, "type") === "function_call_output") {
    const callId = stringAt(item, "call_id");
    const output = stringAt(item, "output");
    return callId === undefined || output === undefined ? undefined : { type: "tool-result", callId, output };
  }
  const role = roleOf(fieldOf(item, "role"));
  const parts = fieldOf(item, "content");
  if (role === undefined || !Array.isArray(parts) || parts.length === 0) return undefined;
  const content = parts.map(written);
  return content.includes(undefined) ? undefined : { type: "message", role, content };
}

function written(part: unknown): JsonRecord | undefined {
  if (!isRecord(part)) return undefined;
  const type = stringAt(part, "type") ?? "";
  const text = stringAt(part, "text") ?? "";
  if (/^(input_|output_)?text$/.test(type)) return text === "" ? undefined : { type: "text", text };
  return type === "input_image" && stringAt(part, "image_url") !== undefined ? part : undefined;
}
