import { serviceActions, type ActionPorts } from "../../../services/responder/actions.js";
import { modelOptions, type ServiceDefinition, type ServiceOption } from "../../../services/responder/service-table.js";
import type { ValueType } from "../../../services/responder/protocol.js";
import { checkMessages } from "../items.js";
import {
  fieldOfSetting,
  settingOf,
  withFieldOfSetting,
  withSetting,
  type OpenAIServiceSettings,
} from "./service-settings.js";
import { choiceOf, restoredTools, shownChoice, shownTools, shownVoice, voiceOf } from "./tools.js";
import { enabled, params } from "./vad.js";

type Option = ServiceOption<OpenAIServiceSettings>;

/** A session setting whose value is the option's. */
function setting(key: string, type: ValueType): Option {
  return { type, get: (all) => settingOf(all, key), set: (all, value) => withSetting(all, key, value) };
}

/** A field of the setting for the user's transcripts. */
function transcription(field: string): Option {
  const key = "input_audio_transcription";
  return {
    type: "string",
    get: (all) => fieldOfSetting(all, key, field),
    set: (all, value) => withFieldOfSetting(all, key, field, value),
  };
}

const maxTokens: Option = {
  type: "number",
  get: (all) => {
    const most = ["max_output_tokens", "max_tokens", "max_response_output_tokens"].map((key) => settingOf(all, key));
    const inForce = most.find((value) => value !== undefined);
    return typeof inForce === "number" ? inForce : undefined;
  },
  set: (all, value) => withSetting(all, "max_output_tokens", value),
};

const tools: Option = {
  type: "array",
  get: (all) => shownTools(settingOf(all, "tools")),
  set: (all, value) => withSetting(all, "tools", restoredTools(value, settingOf(all, "tools"))),
};

const toolChoice: Option = {
  type: "string",
  get: (all) => shownChoice(settingOf(all, "tool_choice")),
  set: (all, value) => withSetting(all, "tool_choice", choiceOf(value)),
};

const voice: Option = {
  type: "string",
  get: (all) => shownVoice(settingOf(all, "voice")),
  set: (all, value) => withSetting(all, "voice", voiceOf(value)),
};

/** The services of the OpenAI transports, in the names of RTVI's own server. */
export function openAIServices(ports: ActionPorts) {
  const actions = serviceActions(ports);
  return {
    vad: { options: { enabled, params }, actions: {} },
    stt: {
      options: {
        model: transcription("model"),
        language: transcription("language"),
        prompt: transcription("prompt"),
      },
      actions: {},
    },
    llm: {
      options: {
        ...modelOptions<OpenAIServiceSettings>(checkMessages),
        instructions: setting("instructions", "string"),
        temperature: setting("temperature", "number"),
        max_tokens: maxTokens,
        tools,
        tool_choice: toolChoice,
      },
      actions: actions.llm,
    },
    tts: { options: { voice, speed: setting("speed", "number") }, actions: actions.tts },
  } satisfies Record<string, ServiceDefinition<OpenAIServiceSettings>>;
}
