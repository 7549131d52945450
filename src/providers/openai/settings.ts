import { InvalidOptionsError } from "../../errors.js";
import type { OpenAISessionConfig } from "./options.js";
import { fieldOf, isRecord, type JsonRecord } from "../../util/records.js";

interface Rule {
  readonly fits: (value: unknown) => boolean;
  readonly expected: string;
}

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isTextList = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

const TEXT: Rule = { fits: isText, expected: "a string" };
const NUMBER: Rule = { fits: isNumber, expected: "a number" };
const FLAG: Rule = { fits: (value) => typeof value === "boolean", expected: "a boolean" };
const RECORD: Rule = { fits: isRecord, expected: "an object" };
const RECORD_OR_NULL: Rule = { fits: (value) => value === null || isRecord(value), expected: "an object or null" };
const TEXT_OR_RECORD: Rule = { fits: (value) => isText(value) || isRecord(value), expected: "a string or an object" };
const TEXT_LIST: Rule = { fits: isTextList, expected: "a list of strings" };
const MODALITIES: Rule = {
  fits: (value) => (isText(value) || isTextList(value)) && modalityOf(value) !== undefined,
  expected: '"audio", "text" or a list of them',
};
const TOKENS: Rule = { fits: (value) => isNumber(value) || value === "inf", expected: 'a number or "inf"' };
const RULES: Readonly<Record<keyof OpenAISessionConfig, Rule>> = {
  modalities: MODALITIES,
  modailities: MODALITIES,
  output_modalities: MODALITIES,
  instructions: TEXT,
  voice: TEXT_OR_RECORD,
  speed: NUMBER,
  input_audio_transcription: RECORD_OR_NULL,
  input_audio_noise_reduction: RECORD_OR_NULL,
  turn_detection: RECORD_OR_NULL,
  temperature: NUMBER,
  max_tokens: TOKENS,
  max_output_tokens: TOKENS,
  max_response_output_tokens: TOKENS,
  tools: { fits: (value) => Array.isArray(value) && value.every(isRecord), expected: "a list of objects" },
  tool_choice: TEXT_OR_RECORD,
  audio: RECORD,
  truncation: TEXT_OR_RECORD,
  tracing: { fits: (value) => value === null || TEXT_OR_RECORD.fits(value), expected: "a string, an object or null" },
  prompt: RECORD_OR_NULL,
  include: TEXT_LIST,
  reasoning: RECORD,
  parallel_tool_calls: FLAG,
};

/**
 * The settings as they are, once every known key has a type that can be sent. Unknown keys pass, and are not sent.
 * @param name What the caller calls them, for the message.
 * @throws InvalidOptionsError naming the key.
 */
export function checkSettings(settings: unknown, name: string): JsonRecord {
  if (!isRecord(settings)) throw new InvalidOptionsError(`${name} must be an object.`);
  for (const [key, rule] of Object.entries(RULES)) {
    const value = fieldOf(settings, key);
    if (value !== undefined && !rule.fits(value)) {
      throw new InvalidOptionsError(`${name}.${key} must be ${rule.expected}.`);
    }
  }
  return settings;
}

/** The one modality that an answer has: audio comes with its transcript, so "audio and text" means audio. */
export function modalityOf(value: unknown): "audio" | "text" | undefined {
  const names = isText(value) ? value.split(/[\s,+]+/) : Array.isArray(value) ? value : [];
  if (names.includes("audio")) return "audio";
  return names.includes("text") ? "text" : undefined;
}
