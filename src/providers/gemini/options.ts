import { either, FLAG, FUNCTION, LIST, oneOf, RECORD, type Rule, TEXT, WORDS } from "../../util/check-options.js";
import type { CredentialRequest } from "../../util/credential-source.js";

/** What an `api_key` function is told about the attempt that needs a key. */
export type GeminiKeyRequest = CredentialRequest;

/**
 * A credential: an API key or the name of an ephemeral token (`auth_tokens/…`), bare or as the answer of
 * `POST /v1alpha/auth_tokens`, unchanged.
 */
export type GeminiCredential = string | { readonly name: string };

/** Asked once per connection attempt, so that a server can mint ephemeral tokens. */
export type GeminiKeyProvider = (request: GeminiKeyRequest) => GeminiCredential | Promise<GeminiCredential>;

/** One message of the conversation so far. */
export interface GeminiMessage {
  /** `user`, `assistant` (or `model`), `system` (or `developer`), `tool`. */
  role: string;
  /** A string, or a list of parts: `{ type: "text", text }`, or parts in the API's own shape. */
  content?: unknown;
  /** Functions that the assistant has called, as `llm:get_context` gives them. */
  tool_calls?: unknown;
  /** With the role `tool`: the call whose result `content` is. */
  tool_call_id?: string;
}

/** Settings of the generation. Every name is taken in snake_case and in camelCase; what is not listed is sent as it is. */
export type GeminiGenerationSettings = {
  candidate_count?: number;
  /** Longest answer, in tokens. */
  max_output_tokens?: number;
  /** The same, as Pipecat spells it. */
  maxOutput_tokens?: number;
  temperature?: number;
  top_p?: number;
  top_k?: number;
  seed?: number;
  presence_penalty?: number;
  frequency_penalty?: number;
  /** "AUDIO" (default) or "TEXT"; a list, or "AUDIO,TEXT", means audio when it holds audio. */
  response_modalities?: string | string[];
  /** Voice and language. */
  speech_config?: {
    language_code?: string;
    voice_config?: { prebuilt_voice_config?: { voice_name?: string } };
    [key: string]: unknown;
  };
  media_resolution?: string;
  thinking_config?: Record<string, unknown>;
  enable_affective_dialog?: boolean;
  [key: string]: unknown;
};

/** Settings of a session. Every name is taken in snake_case and in camelCase; what is not listed is sent under `setup`. */
export type GeminiSettings = GeminiGenerationSettings & {
  /** Nested, as the API has it; the names above may as well stand beside it. */
  generation_config?: GeminiGenerationSettings;
  /** A string, a list of parts, or a content `{ parts }`. */
  system_instruction?: unknown;
  /** In the API's shape, or functions in the shape of chat completions. */
  tools?: Record<string, unknown>[];
  /** `automatic_activity_detection: { disabled: true }` means push to talk. */
  realtime_input_config?: Record<string, unknown>;
  /** Default on: the service hands out handles, and a reconnection offers the last. False turns it off. */
  session_resumption?: boolean | Record<string, unknown>;
  /** True: a sliding window with the service's numbers, and with it sessions without a time limit. */
  context_window_compression?: boolean | Record<string, unknown>;
  /** Default on; false or null turns the user's transcripts off. */
  input_audio_transcription?: boolean | Record<string, unknown> | null;
  /** Default on where the bot answers in audio; false or null turns the bot's transcripts off. */
  output_audio_transcription?: boolean | Record<string, unknown> | null;
  proactivity?: Record<string, unknown>;
  history_config?: Record<string, unknown>;
};

/** Options of `GeminiLiveWebsocketTransport`. */
export interface GeminiLLMServiceOptions {
  /**
   * The key, or a function that is asked for one on every attempt. In a browser use an ephemeral token minted by your
   * server, never a standard key. May be left out when the connection parameters bring one.
   */
  api_key?: string | GeminiKeyProvider;
  /** With or without `models/`. Default "models/gemini-2.5-flash-native-audio-preview-12-2025". */
  model?: string;
  /** Where the service is, `ws(s)` or `http(s)`. Default `wss://generativelanguage.googleapis.com`. */
  base_url?: string;
  /** Default "v1beta" with a key, "v1alpha" with an ephemeral token. */
  api_version?: string;
  /** The conversation so far. System messages at its beginning join the system instruction. */
  initial_messages?: GeminiMessage[];
  /**
   * Whether the bot answers `initial_messages` by itself at the start of a session. Default: it does when there are any
   * and the last is the user's, as Pipecat's transport does. Never after a reconnection.
   */
  run_initial_messages?: boolean;
  /** Session settings. */
  settings?: GeminiSettings;
  /** Generation settings, as Pipecat's README has them; `settings` go over them. */
  generation_config?: GeminiGenerationSettings;
  /** A `setup` object of the API, merged over everything above as it stands. */
  setup?: Record<string, unknown>;
  /**
   * How text reaches a running session. Gemini 3.1 and later take it as `realtimeInput` only, older models as
   * `clientContent`. Default "auto": by the model's name.
   */
  text_input?: "auto" | "client_content" | "realtime";
  /** Offer the last session's resumption handle to the next `connect()`, too. Default false: each begins anew. */
  keep_session?: boolean;
  /**
   * Also deliver every server message, without its audio, as an RTVI server message `{ t: "raw", d: message }`; "all"
   * includes the audio. Default false.
   */
  raw_events?: boolean | "all";
}

/** Where the service is unless `base_url` says otherwise. */
export const DEFAULT_BASE_URL = "wss://generativelanguage.googleapis.com";

/** The model unless `model` says otherwise: Pipecat's. */
export const DEFAULT_MODEL = "models/gemini-2.5-flash-native-audio-preview-12-2025";

/** What the service works with inside; other rates are converted there. In Hz. */
export const INPUT_RATE = 16_000;

/** What the options may be. */
export const GEMINI_OPTIONS = {
  api_key: either(TEXT, FUNCTION),
  model: WORDS,
  base_url: WORDS,
  api_version: {
    fits: (value) => typeof value === "string" && /^v\w+$/.test(value),
    expected: 'a version such as "v1beta"',
  },
  initial_messages: LIST,
  run_initial_messages: FLAG,
  // Their fields are read when connecting, as those of later changes are.
  settings: RECORD,
  generation_config: RECORD,
  setup: RECORD,
  text_input: oneOf("auto", "client_content", "realtime"),
  keep_session: FLAG,
  raw_events: either(FLAG, oneOf("all")),
} satisfies Record<keyof GeminiLLMServiceOptions, Rule>;
