import { InvalidOptionsError } from "../../errors.js";
import { isRecord, mergeRecords, type JsonRecord } from "../../util/records.js";
import { checkTools } from "./tools.js";

interface Rule {
  readonly fits: (value: unknown) => boolean;
  readonly expected: string;
}

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isTextList = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

const TEXT: Rule = { fits: isText, expected: "a string" };
const NUMBER: Rule = { fits: isNumber, expected: "a number" };
const FLAG: Rule = { fits: isFlag, expected: "a boolean" };
const RECORD: Rule = { fits: isRecord, expected: "an object" };
const SWITCH: Rule = { fits: (value) => isFlag(value) || isRecord(value), expected: "a boolean or an object" };
const OPTIONAL_SWITCH: Rule = {
  fits: (value) => value === null || SWITCH.fits(value),
  expected: "a boolean, an object or null",
};
const TEXT_LIST: Rule = { fits: isTextList, expected: "a list of strings" };
const MODALITIES: Rule = {
  fits: (value) => modalityOf(value) !== undefined,
  expected: '"AUDIO", "TEXT" or a list of them',
};
const INSTRUCTION: Rule = {
  fits: (value) => isText(value) || isRecord(value) || Array.isArray(value),
  expected: "a string, a list of parts or a content",
};

/** What belongs inside `generationConfig`. */
const GENERATION: ReadonlyMap<string, Rule> = new Map([
  ["candidateCount", NUMBER],
  ["maxOutputTokens", NUMBER],
  ["temperature", NUMBER],
  ["topP", NUMBER],
  ["topK", NUMBER],
  ["seed", NUMBER],
  ["presencePenalty", NUMBER],
  ["frequencyPenalty", NUMBER],
  ["responseModalities", MODALITIES],
  ["speechConfig", RECORD],
  ["mediaResolution", TEXT],
  ["thinkingConfig", RECORD],
  ["enableAffectiveDialog", FLAG],
  ["stopSequences", TEXT_LIST],
  ["responseMimeType", TEXT],
  ["responseSchema", RECORD],
]);

/** What stands beside it. */
const SETUP: ReadonlyMap<string, Rule> = new Map([
  ["systemInstruction", INSTRUCTION],
  ["tools", { fits: (value: unknown) => Array.isArray(value) && value.every(isRecord), expected: "a list of objects" }],
  ["realtimeInputConfig", RECORD],
  ["sessionResumption", SWITCH],
  ["contextWindowCompression", SWITCH],
  ["inputAudioTranscription", OPTIONAL_SWITCH],
  ["outputAudioTranscription", OPTIONAL_SWITCH],
  ["proactivity", RECORD],
  ["historyConfig", RECORD],
]);

/** Fields whose own names are the app's, not the API's. */
const OPAQUE = new Set([
  "parameters",
  "parametersJsonSchema",
  "response",
  "responseSchema",
  "responseJsonSchema",
  "args",
]);

/**
 * Settings in either spelling as fields of a `setup`: camelCase, and what belongs to the generation inside
 * `generationConfig`, once every known key has a type that can be sent. Unknown keys pass.
 * @param name What the caller calls them, for the message.
 * @throws InvalidOptionsError naming the key.
 */
export function setupFields(settings: unknown, name: string): Record<string, unknown> {
  if (!isRecord(settings)) throw new InvalidOptionsError(`${name} must be an object.`);
  let fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    fields = mergeRecords(fields, fieldOfSetup(camelCase(key), value, `${name}.${key}`));
  }
  return fields;
}

/** Generation settings in either spelling, as the fields of a `generationConfig`. @throws InvalidOptionsError */
export function generationFields(settings: unknown, name: string): Record<string, unknown> {
  if (!isRecord(settings)) throw new InvalidOptionsError(`${name} must be an object.`);
  const fields = Object.entries(settings).flatMap(([key, value]) => {
    const camel = camelCase(key);
    check(GENERATION.get(camel), value, `${name}.${key}`);
    return value === undefined ? [] : [[camel, camelKeys(camel, value)] as const];
  });
  return mergeRecords({}, Object.fromEntries(fields));
}

function fieldOfSetup(key: string, value: unknown, name: string): JsonRecord {
  if (key === "generationConfig") return { generationConfig: generationFields(value, name) };
  const generation = GENERATION.get(key);
  check(generation ?? SETUP.get(key), value, name);
  if (key === "tools") return { tools: checkTools(value, name).map((tool) => camelKeys(key, tool)) };
  const field = { [key]: camelKeys(key, value) };
  return generation === undefined ? field : { generationConfig: field };
}

function check(rule: Rule | undefined, value: unknown, name: string): void {
  if (value === undefined || rule?.fits(value) !== false) return;
  throw new InvalidOptionsError(`${name} must be ${rule.expected}.`);
}

function camelCase(key: string): string {
  return key.startsWith("_") ? key : key.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function camelKeys(key: string, value: unknown): unknown {
  if (OPAQUE.has(key)) return value;
  if (Array.isArray(value)) return value.map((entry) => camelKeys(key, entry));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([inner, field]) => [camelCase(inner), camelKeys(camelCase(inner), field)]);
  return mergeRecords({}, Object.fromEntries(entries) as JsonRecord);
}

/** The one modality that an answer has: audio comes with its transcript, so "audio and text" means audio. */
export function modalityOf(value: unknown): "AUDIO" | "TEXT" | undefined {
  const list: unknown[] = isText(value) ? value.split(/[\s,+]+/) : Array.isArray(value) ? value : [];
  const names = list.map((name) => (isText(name) ? name.toUpperCase() : ""));
  if (names.includes("AUDIO")) return "AUDIO";
  return names.includes("TEXT") ? "TEXT" : undefined;
}
