import type { OpenAISessionConfig } from "./options.js";
import {
  checkJson,
  checkValue,
  either,
  FLAG,
  NULL,
  NUMBER,
  oneOf,
  RECORD,
  RECORD_LIST,
  recordOf,
  type Rule,
  TEXT,
  TEXT_LIST,
} from "../../util/check-options.js";
import { fieldOf, type JsonRecord } from "../../util/records.js";

const RECORD_OR_NULL = either(RECORD, NULL);
const TEXT_OR_RECORD = either(TEXT, RECORD);
const MODALITIES: Rule = {
  fits: (value) => either(TEXT, TEXT_LIST).fits(value) && modalityOf(value) !== undefined,
  expected: '"audio", "text" or a list of them',
};
const TOKENS = either(NUMBER, oneOf("inf"));
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
  tools: RECORD_LIST,
  tool_choice: TEXT_OR_RECORD,
  audio: RECORD,
  truncation: TEXT_OR_RECORD,
  tracing: either(TEXT, RECORD, NULL),
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
  const given = recordOf(settings, name);
  for (const [key, rule] of Object.entries(RULES)) {
    const value = fieldOf(given, key);
    if (value === undefined) continue;
    checkValue(`${name}.${key}`, value, rule);
    checkJson(`${name}.${key}`, value);
  }
  return given;
}

/** The one modality that an answer has: audio comes with its transcript, so "audio and text" means audio. */
export function modalityOf(value: unknown): "audio" | "text" | undefined {
  const names = typeof value === "string" ? value.split(/[\s,+]+/) : Array.isArray(value) ? value : [];
  if (names.includes("audio")) return "audio";
  return names.includes("text") ? "text" : undefined;
}
