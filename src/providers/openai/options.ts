import type { CredentialRequest } from "../../util/credential-source.js";
import type { HistoryLimits } from "../../dialogue/conversation-history.js";
import {
  amount,
  either,
  FLAG,
  FUNCTION,
  inside,
  LIST,
  oneOf,
  RECORD,
  type Rule,
  TEXT,
  whole,
  WORDS,
} from "../../util/check-options.js";
import type { OpenAIDialect } from "./dialect.js";

/** What an `api_key` function is told about the attempt that needs a key. */
export type OpenAIKeyRequest = CredentialRequest;

/**
 * A credential: a bare string, or the answer of `POST /v1/realtime/client_secrets` (GA, the token is `value`) or of
 * `POST /v1/realtime/sessions` (beta, the token is `client_secret.value`), unchanged.
 */
export type OpenAICredential =
  | string
  | { readonly value: string }
  | { readonly client_secret: { readonly value: string } };

/** Asked once per connection attempt, so that a server can mint short-lived client secrets. */
export type OpenAIKeyProvider = (request: OpenAIKeyRequest) => OpenAICredential | Promise<OpenAICredential>;

/** One message of the conversation so far. */
export interface OpenAIMessage {
  /** `user`, `assistant`, `system`, `tool`; `developer` is sent as `system`. */
  role: string;
  /** A string, or a list of parts: `text`, `image_url`, or parts in the API's own shape. */
  content?: unknown;
  /** Functions that the assistant has called, as `llm:get_context` gives them. */
  tool_calls?: unknown;
  /** With the role `tool`: the call whose result `content` is. */
  tool_call_id?: string;
}

/** A function that the model may call. */
export interface OpenAIFunctionTool {
  type: "function";
  name: string;
  description?: string;
  /** JSON Schema of the arguments. */
  parameters?: Record<string, unknown>;
}

/** Turn detection by loudness. */
export interface OpenAIServerVad {
  type: "server_vad";
  /** Answer by itself when the user stops. Default true. */
  create_response?: boolean;
  /** Stop the model when the user starts. Default true. */
  interrupt_response?: boolean;
  /** Audio kept from before the detected start, in ms. Default 300. */
  prefix_padding_ms?: number;
  /** Silence that ends a turn, in ms. Default 500. */
  silence_duration_ms?: number;
  /** 0 to 1; higher wants louder speech. Default 0.5. */
  threshold?: number;
  /** Speak up after this much silence, in ms. */
  idle_timeout_ms?: number;
}

/** Turn detection by meaning. */
export interface OpenAISemanticVAD {
  type: "semantic_vad";
  /** How soon to take the turn. Default "auto", the same as "medium". */
  eagerness?: "low" | "medium" | "high" | "auto";
  create_response?: boolean;
  interrupt_response?: boolean;
}

/** The model's voice, by name or as a custom voice's id. */
export type OpenAIVoice =
  | "alloy"
  | "ash"
  | "ballad"
  | "cedar"
  | "coral"
  | "echo"
  | "marin"
  | "sage"
  | "shimmer"
  | "verse"
  | (string & {})
  | { id: string };

/**
 * Session settings in the names of Pipecat's transport, mapped to the GA session object when they are sent. The GA
 * names (`output_modalities`, `audio`, `max_output_tokens`, …) are accepted beside them and win.
 */
export type OpenAISessionConfig = {
  /** "audio" (with its transcript, the default) or "text"; a list, or "audio,text", means audio when it holds audio. */
  modalities?: string | string[];
  /** The same, as Pipecat's README spells it. */
  modailities?: string | string[];
  instructions?: string;
  /** Cannot change once the model has spoken. */
  voice?: OpenAIVoice;
  /** Speed of the voice, 0.25 to 1.5. */
  speed?: number;
  /** Default `{ model: "gpt-4o-transcribe" }`; null turns the user's transcripts off. */
  input_audio_transcription?: { model?: string; language?: string; prompt?: string | string[] } | null;
  /** Default off. */
  input_audio_noise_reduction?: { type: "near_field" | "far_field" } | null;
  /** Default `server_vad` with the service's numbers; null means push to talk. */
  turn_detection?: OpenAIServerVad | OpenAISemanticVAD | null;
  /** Removed from the GA API: ignored with a warning, unless the dialect is beta. */
  temperature?: number;
  /** Longest answer, in tokens. */
  max_tokens?: number | "inf";
  /** The GA name of `max_tokens`. */
  max_output_tokens?: number | "inf";
  /** The beta name of `max_tokens`. */
  max_response_output_tokens?: number | "inf";
  /** Function tools, flat or in the nested shape of chat completions, and MCP servers. */
  tools?: (OpenAIFunctionTool | Record<string, unknown>)[];
  tool_choice?: string | Record<string, unknown>;
  /** GA: `["audio"]` or `["text"]`. */
  output_modalities?: string[];
  /** GA: merged over what the names above make. The formats are always 24 kHz PCM16. */
  audio?: Record<string, unknown>;
  /** GA. */
  truncation?: string | Record<string, unknown>;
  /** GA. */
  tracing?: string | Record<string, unknown> | null;
  /** GA. */
  prompt?: Record<string, unknown> | null;
  /** GA. */
  include?: string[];
  /** GA, reasoning models only. */
  reasoning?: Record<string, unknown>;
  /** GA, reasoning models only. */
  parallel_tool_calls?: boolean;
};

/** Options of the OpenAI Realtime transports. */
export interface OpenAIServiceOptions {
  /**
   * The key, or a function that is asked for one on every attempt. In a browser use a client secret minted by your
   * server, never a standard key. May be left out when the connection parameters bring one.
   */
  api_key?: string | OpenAIKeyProvider;
  /** Default "gpt-realtime". */
  model?: string;
  /** Where the service is, `ws(s)` or `http(s)`. Default `wss://api.openai.com/v1/realtime`. */
  base_url?: string;
  /** The conversation so far. */
  initial_messages?: OpenAIMessage[];
  /**
   * Whether the bot answers `initial_messages` by itself at the start of a session. Default: it does when there are
   * any and the last is not the assistant's, as Pipecat's transport does. Never after a reconnection.
   */
  run_initial_messages?: boolean;
  /** Session settings. */
  session_config?: OpenAISessionConfig;
  /** Pipecat's later name for `session_config`; merged over it. */
  settings?: OpenAISessionConfig;
  /** A GA session object, merged over everything above as it stands. */
  session?: Record<string, unknown>;
  /** What is spoken to the service. Default "ga"; both are always understood. "auto" follows `session.created`. */
  dialect?: OpenAIDialect | "auto";
  /**
   * Whether a new connection after a loss goes on with the conversation: it is told what was said so far. Default true.
   * Otherwise the bot is a new one. An object limits how much is told, which the service counts as input tokens.
   */
  keep_conversation?: boolean | HistoryLimits;
  /**
   * How long before the service ends a session to look for a quiet moment to change to a new one, in ms. Default 300 000;
   * 0 waits for the end.
   */
  reconnect_before_ms?: number;
  /**
   * After how long the service ends a session, in ms from its opening. Default 3 600 000, OpenAI's 60 minutes; to be
   * set for a service with other limits. The `expires_at` of a session is not used, because the user's clock may disagree
   * with the service's.
   */
  max_session_ms?: number;
  /**
   * Also deliver every server event but audio as an RTVI server message `{ t: "raw", d: event }`; "all" includes the
   * audio. Default false.
   */
  raw_events?: boolean | "all";
}

/** Where the service is unless `base_url` says otherwise. */
export const DEFAULT_BASE_URL = "wss://api.openai.com/v1/realtime";

/** The model unless `model` says otherwise. */
export const DEFAULT_MODEL = "gpt-realtime";

const LIMIT = whole("items or characters", 1, Number.MAX_SAFE_INTEGER);
/** A day: no service lets a session last longer, and a timer bears no more than some weeks. */
const LONGEST_SESSION_MS = 24 * 3_600_000;

/** What the options may be. */
export const OPENAI_OPTIONS = {
  api_key: either(TEXT, FUNCTION),
  model: WORDS,
  base_url: WORDS,
  initial_messages: LIST,
  run_initial_messages: FLAG,
  // Their fields are read when connecting, as those of later changes are.
  session_config: RECORD,
  settings: RECORD,
  session: RECORD,
  dialect: oneOf("ga", "beta", "auto"),
  keep_conversation: either(FLAG, inside({ items: LIMIT, characters: LIMIT })),
  reconnect_before_ms: amount("ms", 0, LONGEST_SESSION_MS),
  max_session_ms: amount("ms", 1, LONGEST_SESSION_MS),
  raw_events: either(FLAG, oneOf("all")),
} satisfies Record<keyof OpenAIServiceOptions, Rule>;
