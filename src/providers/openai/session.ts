import type { OpenAIDialect } from "./dialect.js";
import { fieldOf, isRecord, mergeRecords, recordAt, stringAt, type JsonRecord } from "../../util/records.js";
import { SAMPLE_RATE } from "./names.js";
import { modalityOf } from "./settings.js";

/** How a session object is made. */
export interface SessionShape {
  readonly dialect: OpenAIDialect;
  /** Add what the service does not assume by itself: 24 kHz PCM16 (over a WebSocket) and the user's transcripts. */
  readonly defaults: boolean;
  /** Whether audio travels in events, so that its format is ours to say; over WebRTC it is negotiated. */
  readonly formats: boolean;
  /** A GA session object to lay over the result. */
  readonly over?: JsonRecord;
}

/** A session object, and what a developer should know about it. */
export interface BuiltSession {
  readonly session: Record<string, unknown>;
  readonly warnings: readonly string[];
}

const DEFAULT_TRANSCRIPTION = { model: "gpt-4o-transcribe" };
const PCM = { type: "audio/pcm", rate: SAMPLE_RATE };
const NATIVE_KEYS = ["truncation", "tracing", "prompt", "include", "reasoning", "parallel_tool_calls"] as const;

/** Maps settings (already checked) to the session object of `session.update`. Only what is present is sent. */
export function buildSession(settings: JsonRecord, shape: SessionShape): BuiltSession {
  return shape.dialect === "beta" ? betaSession(settings, shape) : gaSession(settings, shape);
}

function gaSession(settings: JsonRecord, shape: SessionShape): BuiltSession {
  const modality = modalityOf(firstOf(settings, "output_modalities", "modalities", "modailities"));
  const mapped = {
    type: "realtime",
    output_modalities: modality && [modality],
    instructions: fieldOf(settings, "instructions"),
    max_output_tokens: maxTokensOf(settings),
    tools: toolsOf(settings),
    tool_choice: toolChoiceOf(settings),
    ...Object.fromEntries(NATIVE_KEYS.map((key) => [key, fieldOf(settings, key)])),
    audio: {
      input: {
        transcription: transcriptionOf(settings, shape.defaults),
        noise_reduction: fieldOf(settings, "input_audio_noise_reduction"),
        turn_detection: fieldOf(settings, "turn_detection"),
      },
      output: { voice: fieldOf(settings, "voice"), speed: fieldOf(settings, "speed") },
    },
  };
  let session = mergeRecords(mapped, { audio: recordAt(settings, "audio") });
  session = mergeRecords(session, shape.over ?? {});
  // Whatever was asked for: the pipes carry 24 kHz PCM16 and nothing else.
  const formats = { audio: { input: { format: PCM }, output: { format: PCM } } };
  const wantsFormats = shape.formats && (shape.defaults || namesFormat(session));
  if (wantsFormats) session = mergeRecords(session, formats);
  const warnings =
    fieldOf(settings, "temperature") === undefined
      ? []
      : ["`temperature` was removed from OpenAI's Realtime API and is ignored."];
  return { session: withoutEmptyAudio(session), warnings };
}

function betaSession(settings: JsonRecord, shape: SessionShape): BuiltSession {
  const modality = modalityOf(firstOf(settings, "modalities", "modailities", "output_modalities"));
  const mapped = {
    modalities: modality && (modality === "audio" ? ["audio", "text"] : ["text"]),
    instructions: fieldOf(settings, "instructions"),
    voice: fieldOf(settings, "voice"),
    speed: fieldOf(settings, "speed"),
    temperature: fieldOf(settings, "temperature"),
    input_audio_transcription: transcriptionOf(settings, shape.defaults),
    input_audio_noise_reduction: fieldOf(settings, "input_audio_noise_reduction"),
    turn_detection: fieldOf(settings, "turn_detection"),
    max_response_output_tokens: maxTokensOf(settings),
    tools: toolsOf(settings),
    tool_choice: toolChoiceOf(settings),
    tracing: fieldOf(settings, "tracing"),
  };
  const formats = shape.formats && shape.defaults ? { input_audio_format: "pcm16", output_audio_format: "pcm16" } : {};
  return { session: mergeRecords(mergeRecords(mapped, shape.over ?? {}), formats), warnings: [] };
}

function firstOf(settings: JsonRecord, ...keys: string[]): unknown {
  return keys.map((key) => fieldOf(settings, key)).find((value) => value !== undefined);
}

function maxTokensOf(settings: JsonRecord): unknown {
  return firstOf(settings, "max_output_tokens", "max_tokens", "max_response_output_tokens");
}

/** Without transcription there would be no user transcripts, which RTVI apps live on: on unless turned off. */
function transcriptionOf(settings: JsonRecord, defaults: boolean): unknown {
  const wanted = fieldOf(settings, "input_audio_transcription");
  if (wanted === undefined) return defaults ? DEFAULT_TRANSCRIPTION : undefined;
  if (!isRecord(wanted)) return wanted;
  const prompt = fieldOf(wanted, "prompt");
  const joined = Array.isArray(prompt) ? { prompt: prompt.join(", ") } : {};
  return { model: DEFAULT_TRANSCRIPTION.model, ...wanted, ...joined };
}

function toolsOf(settings: JsonRecord): unknown {
  const tools = fieldOf(settings, "tools");
  return Array.isArray(tools) ? tools.map((tool: unknown) => (isRecord(tool) ? flatTool(tool) : tool)) : undefined;
}

/** Chat completions nest a function's fields in `function`; the Realtime API wants them flat. */
function flatTool(tool: JsonRecord): JsonRecord {
  const nested = fieldOf(tool, "function");
  return isRecord(nested) ? { type: "function", ...nested } : tool;
}

function toolChoiceOf(settings: JsonRecord): unknown {
  const choice = fieldOf(settings, "tool_choice");
  if (!isRecord(choice)) return choice;
  const name = stringAt(recordAt(choice, "function"), "name");
  return name === undefined ? choice : { type: "function", name };
}

function namesFormat(session: JsonRecord): boolean {
  const audio = recordAt(session, "audio");
  return ["input", "output"].some((side) => fieldOf(recordAt(audio, side), "format") !== undefined);
}

function withoutEmptyAudio(session: Record<string, unknown>): Record<string, unknown> {
  const { audio, ...rest } = session;
  if (!isRecord(audio)) return rest;
  const sides = Object.entries(audio).filter(([, side]) => !isRecord(side) || Object.keys(side).length > 0);
  return sides.length === 0 ? rest : { ...rest, audio: Object.fromEntries(sides) };
}
