import { InvalidOptionsError } from "../../../errors.js";
import { serviceActions, type ActionPorts } from "../../../services/responder/actions.js";
import type { ValueType } from "../../../services/responder/protocol.js";
import { modelOptions, type ServiceDefinition, type ServiceOption } from "../../../services/responder/service-table.js";
import { readVadParams, shownVadParams, type VadParamMap } from "../../../services/responder/vad-params.js";
import { isRecord, stringAt } from "../../../util/records.js";
import { instructionParts } from "../contents.js";
import { checkMessages } from "../history-contents.js";
import { valueAt, withValue, type GeminiServiceSettings } from "./service-settings.js";

type Option = ServiceOption<GeminiServiceSettings>;

const DETECTION = ["realtimeInputConfig", "automaticActivityDetection"] as const;

/** The service's sensitivities have names, and no numbers. */
const VAD_PARAMS: VadParamMap = {
  stop_secs: { field: "silenceDurationMs", factor: 1000, most: 60 },
  prefix_secs: { field: "prefixPaddingMs", factor: 1000, most: 60 },
};

/** A field of the `setup` whose value is the option's. */
function field(type: ValueType, ...path: readonly string[]): Option {
  return { type, get: (all) => valueAt(all, ...path), set: (all, value) => withValue(all, value, ...path) };
}

const enabled: Option = {
  type: "bool",
  get: (all) => valueAt(all, ...DETECTION, "disabled") !== true,
  set: (all, on) => withValue(all, on !== true, ...DETECTION, "disabled"),
};

const params: Option = {
  type: "object",
  get: (all) => {
    const detection = valueAt(all, ...DETECTION);
    return enabled.get(all) === true ? shownVadParams(isRecord(detection) ? detection : {}, VAD_PARAMS) : undefined;
  },
  set: (all, value) => {
    if (enabled.get(all) !== true) {
      throw new InvalidOptionsError("vad.params needs turn detection: set vad.enabled first.");
    }
    const before = valueAt(all, ...DETECTION);
    const read = readVadParams(isRecord(value) ? value : {}, VAD_PARAMS);
    return withValue(all, { ...(isRecord(before) && before), ...read }, ...DETECTION);
  },
};

/** Whether the user's words are recognised, and told. */
const transcribes: Option = {
  type: "bool",
  get: (all) => valueAt(all, "inputAudioTranscription") !== false && valueAt(all, "inputAudioTranscription") !== null,
  set: (all, on) => withValue(all, on === true, "inputAudioTranscription"),
};

const instructions: Option = {
  type: "string",
  get: (all) => {
    const parts = instructionParts(valueAt(all, "systemInstruction"), "system_instruction");
    return parts.length === 0 ? undefined : parts.map((part) => stringAt(part, "text") ?? "").join("\n");
  },
  set: (all, value) => withValue(all, value, "systemInstruction"),
};

const generation = (type: ValueType, name: string): Option => field(type, "generationConfig", name);

/** The services of the Gemini transport, in the names of RTVI's own server. */
export function geminiServices(ports: ActionPorts) {
  const actions = serviceActions(ports);
  const speech = ["generationConfig", "speechConfig"] as const;
  return {
    vad: { options: { enabled, params }, actions: {} },
    stt: { options: { enabled: transcribes }, actions: {} },
    llm: {
      options: {
        ...modelOptions<GeminiServiceSettings>(checkMessages),
        instructions,
        temperature: generation("number", "temperature"),
        top_p: generation("number", "topP"),
        top_k: generation("number", "topK"),
        max_tokens: generation("number", "maxOutputTokens"),
        tools: field("array", "tools"),
      },
      actions: actions.llm,
    },
    tts: {
      options: {
        voice: field("string", ...speech, "voiceConfig", "prebuiltVoiceConfig", "voiceName"),
        language: field("string", ...speech, "languageCode"),
      },
      actions: actions.tts,
    },
  } satisfies Record<string, ServiceDefinition<GeminiServiceSettings>>;
}
