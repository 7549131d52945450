import { InvalidOptionsError } from "../../errors.js";
import { fieldOf, isRecord, stringAt, type JsonRecord } from "../../util/records.js";

/**
 * Tools as the API wants them. Functions in the shape of chat completions, nested or flat, become one list of
 * declarations; everything else passes.
 * @throws InvalidOptionsError for a function without a name.
 */
export function checkTools(tools: unknown, name: string): JsonRecord[] {
  const list = recordsOf(tools);
  const functions = list.filter(isFunction).map((tool) => declarationOf(tool, name));
  const others = list.filter((tool) => !isFunction(tool));
  return functions.length === 0 ? others : [...others, { functionDeclarations: functions }];
}

/** The names of the functions for which the model does not wait, as a `setup` declares them. */
export function nonBlockingFunctions(setup: JsonRecord): ReadonlySet<string> {
  const tools = recordsOf(fieldOf(setup, "tools"));
  const declared = tools.flatMap((tool) => recordsOf(fieldOf(tool, "functionDeclarations")));
  const names = declared.flatMap((declaration) => {
    const name = stringAt(declaration, "behavior") === "NON_BLOCKING" ? stringAt(declaration, "name") : undefined;
    return name === undefined ? [] : [name];
  });
  return new Set(names);
}

function recordsOf(list: unknown): JsonRecord[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function isFunction(tool: JsonRecord): boolean {
  return stringAt(tool, "type") === "function" || stringAt(tool, "name") !== undefined;
}

function declarationOf(tool: JsonRecord, name: string): JsonRecord {
  const nested = fieldOf(tool, "function");
  const { type: _type, parameters, strict: _strict, ...rest } = isRecord(nested) ? nested : tool;
  if (stringAt(rest, "name") === undefined) throw new InvalidOptionsError(`${name} has a function without a \`name\`.`);
  // What chat completions call parameters is JSON Schema; the API's own `parameters` are a dialect of OpenAPI's.
  return { ...rest, ...(parameters !== undefined && { parametersJsonSchema: parameters }) };
}
