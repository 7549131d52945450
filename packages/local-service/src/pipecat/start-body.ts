import { objectOr, stringOr, type JsonObject } from "../json.js";

/**
 * The functions that a bot may call: those of the service's `tools`, and those that the body of `POST /start` names, as
 * strings, as `{ name }`, or in OpenAI's form `{ type: "function", function: { name } }`.
 */
export function toolsOf(body: JsonObject, tools: Readonly<Record<string, JsonObject>>): readonly string[] {
  const list: unknown[] = Array.isArray(body.tools) ? body.tools : [];
  const named = list.map((tool) => {
    const { name, function: inner } = objectOr(tool);
    return stringOr(tool) ?? stringOr(name) ?? stringOr(objectOr(inner).name) ?? "";
  });
  return [...new Set([...Object.keys(tools), ...named])].filter((name) => name !== "");
}
