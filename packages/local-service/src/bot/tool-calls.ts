import { objectOr, parseJsonObject, stringOr, type JsonObject } from "../json.js";

/** A function call, ready to be sent: `arguments` is text, as the protocol has it. */
export interface PlannedCall {
  readonly name: string;
  readonly arguments: string;
}

/** The balanced `{…}` at the start of a text, if there is one and it is JSON. */
function leadingObject(text: string): string | undefined {
  if (!text.startsWith("{")) return undefined;
  for (let end = text.indexOf("}"); end >= 0; end = text.indexOf("}", end + 1)) {
    const candidate = text.slice(0, end + 1);
    if (parseJsonObject(candidate)) return candidate;
  }
  return undefined;
}

function usualArguments(name: string, defaults: Readonly<Record<string, JsonObject>>): string {
  return JSON.stringify((Object.hasOwn(defaults, name) ? defaults[name] : undefined) ?? {});
}

/**
 * The calls that a text asks for: each tool that it names, in the order of the text. `get_weather {"city":"Paris"}` gives
 * the arguments; a bare name takes those of `defaults`, or `{}`.
 */
export function callsInText(
  text: string,
  names: readonly string[],
  defaults: Readonly<Record<string, JsonObject>>,
): PlannedCall[] {
  const found: { readonly at: number; readonly call: PlannedCall }[] = [];
  for (const name of names) {
    const escaped = name.replace(/[^\w]/g, "\\$&");
    for (const match of text.matchAll(new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, "g"))) {
      const given = leadingObject(text.slice(match.index + name.length).replace(/^[\s(:]+/, ""));
      found.push({ at: match.index, call: { name, arguments: given ?? usualArguments(name, defaults) } });
    }
  }
  return found.sort((a, b) => a.at - b.at).map(({ call }) => call);
}

/** What `tool_choice` forces, when the text asked for nothing. */
export function forcedCall(
  choice: unknown,
  names: readonly string[],
  defaults: Readonly<Record<string, JsonObject>>,
): PlannedCall[] {
  const wanted = choice === "required" ? names[0] : stringOr(objectOr(choice).name);
  if (wanted === undefined || !names.includes(wanted)) return [];
  return [{ name: wanted, arguments: usualArguments(wanted, defaults) }];
}
