import type { HistoryItem } from "../../dialogue/conversation-history.js";
import { parseRecord } from "../../util/parse.js";
import { stringAt, type JsonRecord } from "../../util/records.js";
import { readContent, type Content, type Role } from "./contents.js";
import { SERVICE } from "./names.js";

/** A message, as the history keeps it. */
export function messageOf({ role, parts }: Content): HistoryItem {
  const [only, ...others] = parts;
  const text = only === undefined || others.length > 0 ? undefined : stringAt(only, "text");
  return { type: "message", role: role === "model" ? "assistant" : role, content: text ?? parts };
}

/**
 * A conversation of the history, as the API wants it. A call that was never answered is left out: the service would wait.
 * @param name What the caller calls the list, for errors.
 * @throws InvalidOptionsError naming the message that cannot be sent.
 */
export function contentsOf(items: readonly HistoryItem[], name: string): Content[] {
  const calls = new Map(
    items.flatMap((item) => (item.type === "tool-call" ? [[item.callId, item.name] as const] : [])),
  );
  const answered = new Set(items.flatMap((item) => (item.type === "tool-result" ? [item.callId] : [])));
  const contents: Content[] = [];
  for (const [index, item] of items.entries()) {
    if (item.type === "message") contents.push(readContent(item.role, item.content, `${name}[${index}]`));
    else if (item.type === "tool-result") {
      const { callId: id, output } = item;
      join(contents, "user", { functionResponse: { id, name: calls.get(id) ?? id, response: { output } } });
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
