import type { VadSettings } from "../audio/vad.js";
import type { JsonObject } from "../json.js";
import type { VadDefaults } from "../options.js";
import type { SetupMessage } from "./client-message.js";
import { invalidArgument, Refusal } from "./refusal.js";

/** A session's settings, as its first message gave them. */
export interface Setup {
  /** The setup itself, names in camelCase. */
  readonly config: JsonObject;
  readonly model: string;
  readonly modality: "AUDIO" | "TEXT";
  /** Undefined when the client says itself where an activity begins and ends. */
  readonly detection: VadSettings | undefined;
  /** Whether the start of an activity cuts an answer. */
  readonly interrupts: boolean;
  readonly transcribesInput: boolean;
  readonly transcribesOutput: boolean;
  /** Names of the functions that may be called. */
  readonly tools: readonly string[];
  /** Those that the model does not wait for. */
  readonly nonBlocking: ReadonlySet<string>;
  /** Whether handles are wanted. */
  readonly resumable: boolean;
  readonly handle: string | undefined;
  /** Whether the first `clientContent`, up to `turnComplete`, is history and wants no answer. */
  readonly initialHistory: boolean;
  /** Whether `clientContent` is for that history only: so with models from Gemini 3.1 on. */
  readonly historyOnly: boolean;
}

const UNKNOWN_MODEL = "models/no-such-model";
const HISTORY_ONLY = /^models\/gemini-(3\.[1-9]|[4-9])/;

function readModality(setup: SetupMessage): "AUDIO" | "TEXT" {
  const asked = setup.generationConfig?.responseModalities ?? [];
  if (asked.length > 1) {
    throw invalidArgument("At most one response modality can be specified in the setup request.");
  }
  const [only = "AUDIO"] = asked;
  if (only !== "AUDIO" && only !== "TEXT") throw invalidArgument(`Response modality ${only} is not supported.`);
  return only;
}

function readDetection(setup: SetupMessage, defaults: Required<VadDefaults>): VadSettings | undefined {
  const detection = setup.realtimeInputConfig?.automaticActivityDetection ?? {};
  if (detection.disabled === true) return undefined;
  const { prefixPaddingMs: prefixMs = defaults.prefixPaddingMs, silenceDurationMs: silenceMs } = detection;
  if (prefixMs < 0 || (silenceMs ?? 0) < 0) throw invalidArgument("Detection times must not be negative.");
  // Sensitivities move the threshold a little; what they mean in numbers is not published.
  const { startOfSpeechSensitivity: start, endOfSpeechSensitivity: end } = detection;
  const threshold = defaults.threshold + (start === "START_SENSITIVITY_LOW" ? 0.1 : 0);
  const patience = end === "END_SENSITIVITY_LOW" ? 1.5 : 1;
  return { threshold, prefixMs, silenceMs: silenceMs ?? defaults.silenceDurationMs * patience };
}

/**
 * Settles what a setup asks for.
 * @throws Refusal when it asks for what cannot be.
 */
export function settleSetup(setup: SetupMessage, defaults: Required<VadDefaults>, version: string): Setup {
  const { model = "" } = setup;
  if (!/^models\/[^/\s]+$/.test(model)) {
    throw invalidArgument(`Invalid value at 'setup.model': expected 'models/<id>', not '${model}'.`);
  }
  if (model === UNKNOWN_MODEL) {
    throw new Refusal(
      1008,
      `${model} is not found for API version ${version}, or is not supported for bidiGenerateContent.`,
    );
  }
  const functions = (setup.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);
  const names = functions.map(({ name = "" }, index) => {
    if (name === "") throw invalidArgument(`Function declaration ${String(index)} of 'setup.tools' has no name.`);
    return name;
  });
  const nonBlocking = functions.filter(({ behavior }) => behavior === "NON_BLOCKING").map(({ name = "" }) => name);
  return {
    config: setup,
    model,
    modality: readModality(setup),
    detection: readDetection(setup, defaults),
    interrupts: setup.realtimeInputConfig?.activityHandling !== "NO_INTERRUPTION",
    transcribesInput: setup.inputAudioTranscription !== undefined,
    transcribesOutput: setup.outputAudioTranscription !== undefined,
    tools: names,
    nonBlocking: new Set(nonBlocking),
    resumable: setup.sessionResumption !== undefined,
    handle: setup.sessionResumption?.handle === "" ? undefined : setup.sessionResumption?.handle,
    initialHistory: setup.historyConfig?.initialHistoryInClientContent === true,
    historyOnly: HISTORY_ONLY.test(model),
  };
}
