import { ProtocolError } from "../../../errors.js";
import type { ConversationHistory, HistoryItem } from "../../../dialogue/conversation-history.js";
import { isRecord, stringAt, type JsonRecord } from "../../../util/records.js";
import type { OpenAIDialect } from "../dialect.js";
import type { OpenAISink } from "../effects.js";
import { createItem, historyItem } from "../items.js";
import type { ItemRegister } from "./item-register.js";

const SOUND = new Set(["input_audio", "output_audio", "audio"]);

/**
 * Tells a new session the conversation, in its order. Sound is not told, only its transcript; nor is a call that nobody has
 * answered, for the model would wait for it. What the connection does not take is let go, and reported.
 */
export function replay(
  history: ConversationHistory,
  register: ItemRegister,
  dialect: OpenAIDialect,
  sink: OpenAISink,
): void {
  const excessive = new Set(history.items.filter((said) => isExcessive(said, dialect, sink)));
  const told = history.items.filter((said) => !excessive.has(said));
  const [called, answered] = [idsOf("tool-call", told), idsOf("tool-result", told)];
  history.retell((said) => {
    if (excessive.has(said)) return null;
    const isAlone = said.type !== "message" && !(said.type === "tool-call" ? answered : called).has(said.callId);
    const item = isAlone ? undefined : itemOf(said, dialect);
    return item && register.create(item);
  });
}

function idsOf(type: "tool-call" | "tool-result", items: readonly HistoryItem[]): ReadonlySet<string> {
  return new Set(items.flatMap((item) => (item.type !== "message" && item.type === type ? [item.callId] : [])));
}

function isExcessive(said: HistoryItem, dialect: OpenAIDialect, sink: OpenAISink): boolean {
  const item = itemOf(said, dialect);
  const cause = item && sink.excess(createItem(item));
  if (cause === undefined) return false;
  const name = said.type === "message" ? `A message (${said.role})` : `The ${said.type} of "${said.callId}"`;
  sink.report(new ProtocolError(`${name} is left out of the conversation: ${cause.message}`, { cause }));
  return true;
}

/** An item as the API takes it; undefined for sound alone. */
function itemOf(item: HistoryItem, dialect: OpenAIDialect): JsonRecord | undefined {
  if (item.type !== "message") return historyItem(item, dialect, "item");
  const content = withoutSound(item.content);
  return content === undefined ? undefined : historyItem({ ...item, content }, dialect, "item");
}

function withoutSound(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const parts = content.flatMap((part: unknown): unknown[] => {
    if (!isRecord(part) || !SOUND.has(stringAt(part, "type") ?? "")) return [part];
    const transcript = stringAt(part, "transcript") ?? "";
    return transcript === "" ? [] : [{ type: "text", text: transcript }];
  });
  return parts.length === 0 ? undefined : parts;
}
