import {
  checkJson,
  checkValue,
  either,
  FLAG,
  LIST,
  NULL,
  NUMBER,
  RECORD,
  RECORD_LIST,
  recordOf,
  type Rule,
  TEXT,
  TEXT_LIST,
} from "../../util/check-options.js";
import { isRecord, mergeRecords, type JsonRecord } from "../../util/records.js";
import { checkTools } from "./tools.js";

const isText = (value: unknown): value is string => typeof value === "string";

const SWITCH = either(FLAG, RECORD);
const OPTIONAL_SWITCH = either(FLAG, RECORD, NULL);
const MODALITIES: Rule = {
  fits: (value) => modalityOf(value) !== undefined,
  expected: '"AUDIO", "TEXT" or a list of them',
};
const INSTRUCTION: Rule = { ...either(TEXT, RECORD, LIST), expected: "a string, a list of parts or a content" };

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
  ["tools", RECORD_LIST],
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
  let fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(recordOf(settings, name))) {
    if (value === undefined) continue;
    fields = mergeRecords(fields, fieldOfSetup(camelCase(key), value, `${name}.${key}`));
  }
  return fields;
}

/** Generation settings in either spelling, as the fields of a `generationConfig`. @throws InvalidOptionsError */
export function generationFields(settings: unknown, name: string): Record<string, unknown> {
  const fields = Object.entries(recordOf(settings, name)).flatMap(([key, value]) => {
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
  if (value === undefined) return;
  if (rule !== undefined) checkValue(name, value, rule);
  checkJson(name, value);
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
