import { fieldOf, isRecord, recordAt, stringAt, type JsonRecord } from "../../../util/records.js";

/** What opens somebody's MCP server: not to be read back. */
const CREDENTIALS = ["authorization", "headers"];

/** Tools as a configuration may show them. */
export function shownTools(tools: unknown): unknown {
  if (!Array.isArray(tools)) return undefined;
  return tools.map((tool: unknown) => {
    if (!isRecord(tool)) return tool;
    return Object.fromEntries(Object.entries(tool).filter(([key]) => !CREDENTIALS.includes(key)));
  });
}

/** Tools that come back out of a configuration get their credentials again. */
export function restoredTools(tools: unknown, before: unknown): unknown {
  if (!Array.isArray(tools)) return tools;
  const known = Array.isArray(before) ? before.filter(isRecord) : [];
  return tools.map((tool: unknown) => (isRecord(tool) ? { ...credentialsOf(tool, known), ...tool } : tool));
}

function credentialsOf(tool: JsonRecord, known: readonly JsonRecord[]): JsonRecord {
  const label = stringAt(tool, "server_label");
  const url = stringAt(tool, "server_url");
  // For the server that they were given for, and no other.
  const same = known.find(
    (other) =>
      label !== undefined && stringAt(other, "server_label") === label && stringAt(other, "server_url") === url,
  );
  if (same === undefined) return {};
  return Object.fromEntries(Object.entries(same).filter(([key]) => CREDENTIALS.includes(key)));
}

/** A choice as one word: `auto`, `none`, `required`, or a function's name. */
export function shownChoice(choice: unknown): string | undefined {
  if (typeof choice === "string") return choice;
  if (!isRecord(choice)) return undefined;
  return stringAt(choice, "name") ?? stringAt(recordAt(choice, "function"), "name");
}

/** The API's form of it. */
export function choiceOf(word: unknown): unknown {
  return word === "auto" || word === "none" || word === "required" ? word : { type: "function", name: word };
}

/** A voice as one word: a custom one's id begins with `voice_`. */
export function shownVoice(voice: unknown): unknown {
  return isRecord(voice) ? fieldOf(voice, "id") : voice;
}

/** The API's form of it. */
export function voiceOf(word: unknown): unknown {
  return typeof word === "string" && word.startsWith("voice_") ? { id: word } : word;
}
