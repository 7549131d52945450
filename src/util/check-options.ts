import { InvalidOptionsError } from "../errors.js";
import { because } from "./reason.js";
import { fieldOf, isRecord, type JsonRecord } from "./records.js";

/** What an option may be. */
export interface Rule {
  readonly fits: (value: unknown) => boolean;
  /** Completes "must be". */
  readonly expected: string;
  /** Where the value is an object: all that may be in it. */
  readonly fields?: OptionTable;
  /** A number is shown, because it is no secret. */
  readonly isAmount?: boolean;
}

/** The options of one object, by their keys. */
export type OptionTable = Readonly<Record<string, Rule>>;

/** Options that belong into another argument, and the words for it. */
export interface Elsewhere {
  readonly table: OptionTable;
  /** What such an option is called, with its article. */
  readonly kind: string;
  /** Where it is to be passed. */
  readonly place: string;
}

const isText = (value: unknown): value is string => typeof value === "string";

export const TEXT: Rule = { fits: isText, expected: "a string" };
/** An empty one would be taken for one that is missing. */
export const WORDS: Rule = { fits: (value) => isText(value) && value !== "", expected: "a non-empty string" };
export const FLAG: Rule = { fits: (value) => typeof value === "boolean", expected: "a boolean" };
export const RECORD: Rule = { fits: isRecord, expected: "an object" };
export const FUNCTION: Rule = { fits: (value) => typeof value === "function", expected: "a function" };
export const NULL: Rule = { fits: (value) => value === null, expected: "null" };
export const NUMBER: Rule = { fits: Number.isFinite, expected: "a number", isAmount: true };
export const LIST: Rule = { fits: Array.isArray, expected: "a list" };
export const TEXT_LIST: Rule = listOf(TEXT, "a list of strings");
export const RECORD_LIST: Rule = listOf(RECORD, "a list of objects");

/** A list of values that fit. */
function listOf({ fits }: Rule, expected: string): Rule {
  return { fits: (value) => Array.isArray(value) && value.every(fits), expected };
}

/** One of some values. */
export function oneOf(...values: readonly (string | boolean)[]): Rule {
  const known: readonly unknown[] = values;
  return { fits: (value) => known.includes(value), expected: values.map((each) => JSON.stringify(each)).join(" or ") };
}

/** What fits one of the rules. */
export function either(...rules: readonly Rule[]): Rule {
  const fields = rules.find((rule) => rule.fields !== undefined)?.fields;
  return {
    fits: (value) => rules.some((rule) => rule.fits(value)),
    expected: rules.map(({ expected }) => expected).join(" or "),
    isAmount: rules.some(({ isAmount }) => isAmount === true),
    ...(fields !== undefined && { fields }),
  };
}

/** A number in its bounds, both included; `Infinity` fits where `most` is that. */
export function amount(unit: string, least: number, most: number): Rule {
  const bounds = most === Infinity ? `${String(least)} or more` : `from ${String(least)} to ${String(most)}`;
  return {
    fits: (value) => typeof value === "number" && value >= least && value <= most,
    expected: `a number of ${unit}, ${bounds}`,
    isAmount: true,
  };
}

/** The same without fractions. */
export function whole(unit: string, least: number, most: number): Rule {
  const { fits, expected } = amount(unit, least, most);
  return {
    fits: (value) => fits(value) && (Number.isInteger(value) || value === Infinity),
    expected: expected.replace("a number", "a whole number"),
    isAmount: true,
  };
}

/** An object with methods. */
export function methods(...names: readonly string[]): Rule {
  return { fits: (value) => hasMethods(value, names), expected: `an object with the methods ${names.join(", ")}` };
}

/** Whether it is an object that has all of them. */
export function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === "function");
}

/** An object with options of its own. */
export function inside(fields: OptionTable): Rule {
  return { ...RECORD, fields };
}

/** @throws InvalidOptionsError naming the key, what is expected and the type of the value. */
export function checkValue(name: string, value: unknown, rule: Rule): void {
  if (!rule.fits(value)) {
    throw new InvalidOptionsError(`${name} must be ${rule.expected}, not ${kindOf(value, rule)}.`);
  }
  if (rule.fields !== undefined && isRecord(value)) checkFields(value, rule.fields, { within: name });
}

/** What is known of the object whose fields are checked. */
interface Context {
  /** Its name, where it is an option itself: nothing but the table's options may be in it. */
  readonly within?: string;
  /** Where options that are not the table's may belong. */
  readonly elsewhere?: readonly Elsewhere[];
  /** Other keys are let through unless one was meant that is known. */
  readonly isOpen?: boolean;
}

/**
 * Checks an object of options by its table. What is undefined counts as not given.
 * @throws InvalidOptionsError naming the key that has a wrong value, is unknown, or belongs elsewhere.
 */
export function checkFields(given: JsonRecord, table: OptionTable, context: Context): void {
  const { within, elsewhere = [] } = context;
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const name = within === undefined ? key : `${within}.${key}`;
    const rule = fieldOf(table, key);
    if (rule !== undefined) checkValue(name, value, rule);
    else {
      for (const other of elsewhere) checkPlace(key, other);
      checkUnknown(key, name, table, context);
    }
  }
}

/** Levels of an option: no schema has as many, and what refers to itself has more. */
const DEEPEST = 256;

/** @throws InvalidOptionsError for what JSON cannot hold (a BigInt, what refers to itself); functions are left out of it, as ever. */
export function checkJson(name: string, value: unknown): void {
  try {
    checkDepth(value, 0);
    JSON.stringify(value);
  } catch (cause) {
    throw new InvalidOptionsError(because(`${name} cannot be written as JSON`, cause), { cause });
  }
}

/** Some browsers write what is so deep that our own walks over it would overflow the stack. */
function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth === DEEPEST) throw new RangeError("it refers to itself, or lies too deep.");
  for (const each of Object.values(value)) checkDepth(each, depth + 1);
}

/** @throws InvalidOptionsError when the option belongs elsewhere. */
export function checkPlace(key: string, { table, kind, place }: Elsewhere): void {
  if (fieldOf(table, key) === undefined) return;
  throw new InvalidOptionsError(`\`${key}\` is ${kind}: pass it in ${place}.`);
}

/** @throws InvalidOptionsError for a promise of a value, or an answer that it has to be read from: objects whose fields nobody has written. */
export function checkAwaited(given: unknown, what: string): void {
  if (!isRecord(given)) return;
  // Of their prototypes.
  const { then, json } = given;
  if (typeof then === "function") throw new InvalidOptionsError(`${what} must not be a promise: await it first.`);
  if (typeof json === "function") {
    throw new InvalidOptionsError(`${what} must not be a Response: pass \`await response.json()\`.`);
  }
}

/** The id of a device that an app has chosen; "" where it wants none in particular. @throws InvalidOptionsError */
export function deviceIdOf(given: unknown): string {
  if (given === undefined || given === null) return "";
  if (typeof given === "string") return given;
  const text = isRecord(given) && "deviceId" in given ? "an object: pass its `deviceId`" : kindOf(given, TEXT);
  throw new InvalidOptionsError(`The id of a device must be a string, not ${text}.`);
}

/** @throws InvalidOptionsError when it is no object. @returns it, or an empty one where nothing was given. */
export function recordOf(given: unknown, what: string): JsonRecord {
  if (given === undefined) return {};
  checkAwaited(given, what);
  if (isRecord(given)) return given;
  throw new InvalidOptionsError(`${what} must be an object, not ${kindOf(given, RECORD)}.`);
}

function checkUnknown(key: string, name: string, table: OptionTable, { isOpen, elsewhere = [] }: Context): void {
  const own = meantBy(key, table);
  if (own !== undefined) throw new InvalidOptionsError(`\`${name}\` is no option: did you mean \`${own}\`?`);
  for (const { table: other, kind, place } of elsewhere) {
    const meant = meantBy(key, other);
    if (meant === undefined) continue;
    throw new InvalidOptionsError(`\`${name}\` is no option: did you mean \`${meant}\`, ${kind}? Pass it in ${place}.`);
  }
  if (isOpen === true) return;
  throw new InvalidOptionsError(`\`${name}\` is no option: there are ${Object.keys(table).join(", ")}.`);
}

/** What a value is instead: its type, where that is not what it should be, and of numbers that are no secret the value. */
function kindOf(value: unknown, { isAmount, expected }: Rule): string {
  if (value === null || (typeof value === "number" && isAmount === true)) return String(value);
  if (Array.isArray(value)) return expected.startsWith("a list") ? "a list of other things" : "a list";
  if (value === "" && expected.includes("non-empty string")) return "an empty one";
  if (typeof value === "string" && expected.startsWith('"')) return "a string that is none of them";
  if (typeof value !== "object") return `a ${typeof value}`;
  return expected.includes("an object with") ? "one without them" : "an object";
}

/** The option that was meant by a key: in another spelling, or up to two letters away. */
function meantBy(key: string, table: OptionTable): string | undefined {
  const wanted = plain(key);
  const letters = wanted.length < 5 ? 1 : 2;
  return Object.keys(table).find((name) => distance(plain(name), wanted) <= letters);
}

function plain(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** How many letters must be added, taken out or changed (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [at, letter] of Array.from(from).entries()) {
    const next = [at + 1];
    for (const [index, other] of Array.from(to).entries()) {
      const changed = (row[index] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
