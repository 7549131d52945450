import type {
  OpenAISemanticVAD,
  OpenAIServerVad,
  OpenAIServiceOptions,
  OpenAIVoice,
} from "../../providers/openai/options.js";
import { fieldOf, isRecord } from "../../util/records.js";
import { either, NULL, RECORD, RECORD_LIST, type Rule, TEXT, TEXT_LIST, WORDS } from "../../util/check-options.js";

/** A function that the model may call. */
export interface WebSocketTransportTool {
  /** `"function"`. */
  type: string;
  name: string;
  description: string;
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown>;
}

/** What the bot is. Every field is optional. */
export interface WebSocketTransportConfig {
  /** The model's voice, e.g. "alloy". Default: the service's. */
  voice?: OpenAIVoice;
  /** Who the bot is. Sent before `instructions`, as part of the same text. */
  persona?: string;
  /** What the bot is to do. */
  instructions?: string;
  /**
   * What the session can do. "audio": the bot speaks, and the microphone is used. "text" without "audio": the bot
   * writes, and the microphone is never asked for. "tools": `tools` are sent. Others are ignored. Default: audio and
   * tools.
   */
  capabilities?: string[];
  /** Accepted for compatibility and sent nowhere: the Realtime API has no such switch. */
  featureFlags?: { memory?: string; [flag: string]: unknown };
  /** What the bot may call; needs the capability "tools". */
  tools?: WebSocketTransportTool[];

  /** Addition. Fields laid over `SERVER_VAD`, another kind of turn detection, or null for push to talk. */
  turn_detection?: Partial<OpenAIServerVad> | OpenAISemanticVAD | null;
  /** Addition. The model where the session token does not name one. Default "gpt-realtime". */
  model?: string;
  /** Addition. Where the service is, `ws(s)` or `http(s)`. Default `wss://api.openai.com/v1/realtime`. */
  base_url?: string;
}

/** The documented turn detection. */
export const SERVER_VAD = {
  type: "server_vad",
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 200,
} as const satisfies OpenAIServerVad;

/** What a configuration may hold. */
export const THRIVE_CONFIG = {
  voice: either(TEXT, RECORD),
  persona: TEXT,
  instructions: TEXT,
  capabilities: TEXT_LIST,
  featureFlags: RECORD,
  tools: RECORD_LIST,
  turn_detection: either(RECORD, NULL),
  model: WORDS,
  base_url: WORDS,
} satisfies Record<keyof WebSocketTransportConfig, Rule>;

/** What a configuration means. */
export interface ReadConfig {
  readonly service: OpenAIServiceOptions;
  /** Whether the microphone is wanted. */
  readonly hears: boolean;
}

/** The configuration, which was checked, in the terms of the OpenAI transport. */
export function readConfig(config: WebSocketTransportConfig): ReadConfig {
  const { voice, model, base_url, tools, capabilities } = config;
  const writes = capabilities?.includes("text") === true && !capabilities.includes("audio");
  const instructions = instructionsOf(config);
  const callsTools = tools !== undefined && (capabilities?.includes("tools") ?? true);
  return {
    hears: !writes,
    service: {
      dialect: "auto",
      raw_events: "all",
      ...(model !== undefined && { model }),
      ...(base_url !== undefined && { base_url }),
      session_config: {
        modalities: writes ? "text" : "audio",
        turn_detection: turnDetectionOf(config),
        input_audio_transcription: { model: "whisper-1" },
        ...(voice !== undefined && { voice }),
        ...(instructions !== undefined && { instructions }),
        ...(callsTools && { tools: tools.map((tool) => ({ ...tool })) }),
      },
    },
  };
}

/** The persona, then the instructions; once where they are the same, as in the documented example. */
function instructionsOf({ persona, instructions }: WebSocketTransportConfig): string | undefined {
  const parts = [persona, instructions].map((part) => part?.trim() ?? "").filter((part) => part !== "");
  return parts.length === 0 ? undefined : [...new Set(parts)].join("\n\n");
}

function turnDetectionOf({
  turn_detection: given,
}: WebSocketTransportConfig): OpenAIServerVad | OpenAISemanticVAD | null {
  if (given === null) return null;
  if (given?.type === "semantic_vad") return given;
  return { ...SERVER_VAD, ...given };
}

/** The model that an answer of a session endpoint names: beta has it at the top, GA in `session`. */
export function modelIn(answer: unknown): string | undefined {
  if (!isRecord(answer)) return undefined;
  const session = fieldOf(answer, "session");
  const named = fieldOf(answer, "model") ?? (isRecord(session) ? fieldOf(session, "model") : undefined);
  return typeof named === "string" && named !== "" ? named : undefined;
}
