import { isJsonObject, type JsonObject } from "../json.js";
import { invalidArgument } from "./refusal.js";

/**
 * Reads one value of a protobuf message written as JSON; `path` names it in complaints. The mapping is
 * https://protobuf.dev/programming-guides/json: names in camelCase or snake_case, null for an absent field, 64-bit
 * integers as text, bytes as base64 of either alphabet.
 * @throws Refusal when the value has another type.
 */
export type Reader<T> = (value: unknown, path: string) => T;

function wrong(path: string, type: string, value: unknown): Error {
  const shown = typeof value === "object" ? "" : `, ${JSON.stringify(value)}`;
  return invalidArgument(`Invalid value at '${path}' (${type})${shown}`);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

export const text: Reader<string> = (value, path) => {
  if (typeof value !== "string") throw wrong(path, "TYPE_STRING", value);
  return value;
};

export const flag: Reader<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw wrong(path, "TYPE_BOOL", value);
  return value;
};

/** A number, or text that is one. */
export const number: Reader<number> = (value, path) => {
  const read = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof read !== "number" || !Number.isFinite(read)) throw wrong(path, "TYPE_FLOAT", value);
  return read;
};

/** A whole number, or text that is one. */
export const integer: Reader<number> = (value, path) => {
  const read = number(value, path);
  if (!Number.isSafeInteger(read)) throw wrong(path, "TYPE_INT32", value);
  return read;
};

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

export const bytes: Reader<Buffer> = (value, path) => {
  if (typeof value !== "string" || !BASE64.test(value))
    throw invalidArgument(`Invalid value at '${path}' (TYPE_BYTES)`);
  return Buffer.from(value, "base64");
};

/** Any object: its keys are not looked at. */
export const struct: Reader<JsonObject> = (value, path) => {
  if (!isJsonObject(value)) throw wrong(path, "google.protobuf.Struct", value);
  return value;
};

/** One of these names. */
export function oneOf(...names: readonly string[]): Reader<string> {
  return (value, path) => {
    const name = typeof value === "string" ? value : undefined;
    if (name === undefined || !names.includes(name)) throw wrong(path, "TYPE_ENUM", value);
    return name;
  };
}

/** A list; one value alone stands for a list of one, as Google's parser has it. */
export function repeated<T>(reader: Reader<T>): Reader<T[]> {
  return (value, path) => {
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.map((entry, index) => reader(entry, `${path}[${String(index)}]`));
  };
}

/** What a message of these fields reads as. */
export type Message<F> = { readonly [K in keyof F]?: F[K] extends Reader<infer T> ? T : never };

/** A message with these fields and no others. Read keys are in camelCase. */
export function message<F extends Readonly<Record<string, Reader<unknown>>>>(fields: F): Reader<Message<F>> {
  const known = new Map<string, Reader<unknown>>(Object.entries(fields));
  return (value, path) => {
    if (!isJsonObject(value)) throw wrong(path, "TYPE_MESSAGE", value);
    const read: Record<string, unknown> = {};
    for (const [name, entry] of Object.entries(value)) {
      const key = camelCase(name);
      const reader = known.get(key);
      if (!reader) {
        const place = path === "" ? "" : ` at '${path}'`;
        throw invalidArgument(`Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`);
      }
      if (entry !== null) read[key] = reader(entry, path === "" ? name : `${path}.${name}`);
    }
    return read as Message<F>; // Every key was read by the reader of that name.
  };
}
