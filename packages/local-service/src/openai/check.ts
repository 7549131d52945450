import { isJsonObject } from "../json.js";
import { invalidValue, missingParameter, ProtocolMistake, unknownParameter } from "./protocol-error.js";

/** Throws a {@link ProtocolMistake} that names `path` when the value is not allowed there. */
export type Check = (value: unknown, path: string) => void;

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function wrongType(path: string, expected: string, value: unknown): ProtocolMistake {
  return new ProtocolMistake({
    code: "invalid_type",
    message: `Invalid type for '${path}': expected ${expected}, but got ${kindOf(value)} instead.`,
    param: path,
  });
}

export const text: Check = (value, path) => {
  if (typeof value !== "string") throw wrongType(path, "a string", value);
};

export const flag: Check = (value, path) => {
  if (typeof value !== "boolean") throw wrongType(path, "a boolean", value);
};

/** Any object: its keys are not looked at. */
export const object: Check = (value, path) => {
  if (!isJsonObject(value)) throw wrongType(path, "an object", value);
};

/** A number from `min` to `max`, both included. */
export function between(min: number, max: number, integer = false): Check {
  return (value, path) => {
    if (typeof value !== "number" || (integer && !Number.isInteger(value))) {
      throw wrongType(path, integer ? "an integer" : "a decimal", value);
    }
    if (value < min || value > max) {
      throw invalidValue(path, `Invalid value: ${String(value)}. Expected ${String(min)} to ${String(max)}.`);
    }
  };
}

/** One of these strings. */
export function oneOf(...allowed: readonly string[]): Check {
  return (value, path) => {
    text(value, path);
    if (typeof value === "string" && allowed.includes(value)) return;
    const names = allowed.map((name) => `'${name}'`).join(", ");
    throw invalidValue(path, `Invalid value: '${String(value)}'. Supported values are: ${names}.`);
  };
}

/** Null, or what `check` allows. */
export function nullable(check: Check): Check {
  return (value, path) => {
    if (value !== null) check(value, path);
  };
}

/** A string is held against the first check, everything else against the second. */
export function stringOrElse(string: Check, other: Check): Check {
  return (value, path) => {
    (typeof value === "string" ? string : other)(value, path);
  };
}

export function listOf(check: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrongType(path, "an array", value);
    value.forEach((entry, index) => {
      check(entry, `${path}[${String(index)}]`);
    });
  };
}

/** An object with these keys and no others. */
export function record(fields: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, path) => {
    if (!isJsonObject(value)) throw wrongType(path, "an object", value);
    const at = (key: string): string => (path === "" ? key : `${path}.${key}`);
    for (const key of required) {
      if (value[key] === undefined) throw missingParameter(at(key));
    }
    for (const [key, entry] of Object.entries(value)) {
      const check = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (!check) throw unknownParameter(at(key));
      check(entry, at(key));
    }
  };
}

/** An object whose `type` says which check it must pass. */
export function variant(checks: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (!isJsonObject(value)) throw wrongType(path, "an object", value);
    if (value.type === undefined) throw missingParameter(`${path}.type`);
    oneOf(...Object.keys(checks))(value.type, `${path}.type`);
    if (typeof value.type === "string") checks[value.type]?.(value, path);
  };
}
