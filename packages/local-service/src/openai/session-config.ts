import type { AudioEncoding } from "../audio/formats.js";
import type { VadSettings } from "../audio/vad.js";
import { isJsonObject, objectOr, stringOr, type JsonObject } from "../json.js";
import type { VadDefaults } from "../options.js";
import { ProtocolMistake } from "./protocol-error.js";
import { sessionCheck } from "./session-check.js";

/** Longest wait of semantic_vad by eagerness, in ms. There is no model here that could tell sooner: an eighth of it. */
const SEMANTIC_WAITS: Readonly<Record<string, number>> = { low: 8000, medium: 4000, high: 2000, auto: 4000 };
const SEMANTIC_SCALE = 1 / 8;
const PCM_FORMAT = { type: "audio/pcm", rate: 24_000 };

function withDefaults(turnDetection: JsonObject, vad: Required<VadDefaults>): JsonObject {
  const rest = { create_response: true, interrupt_response: true, ...turnDetection };
  if (turnDetection.type === "semantic_vad") return { eagerness: "auto", ...rest };
  return {
    threshold: vad.threshold,
    prefix_padding_ms: vad.prefixPaddingMs,
    silence_duration_ms: vad.silenceDurationMs,
    idle_timeout_ms: null,
    ...rest,
  };
}

/** How a session stands: always the whole, effective GA object. */
export class SessionConfig {
  readonly #vad: Required<VadDefaults>;
  #session: JsonObject;

  constructor(id: string, model: string, expiresAt: number, vad: Required<VadDefaults>) {
    this.#vad = vad;
    this.#session = {
      type: "realtime",
      object: "realtime.session",
      id,
      model,
      output_modalities: ["audio"],
      instructions: "You repeat what the user says.",
      tools: [],
      tool_choice: "auto",
      max_output_tokens: "inf",
      tracing: null,
      truncation: "auto",
      prompt: null,
      expires_at: expiresAt,
      audio: {
        input: {
          format: PCM_FORMAT,
          transcription: null,
          noise_reduction: null,
          turn_detection: withDefaults({ type: "server_vad" }, vad),
        },
        output: { format: PCM_FORMAT, voice: "marin", speed: 1 },
      },
      include: null,
    };
  }

  get effective(): JsonObject {
    return this.#session;
  }

  get #input(): JsonObject {
    return objectOr(objectOr(this.#session.audio).input);
  }

  get output(): JsonObject {
    return objectOr(objectOr(this.#session.audio).output);
  }

  get model(): string {
    return stringOr(this.#session.model) ?? "";
  }

  get inputFormat(): AudioEncoding {
    return readFormat(this.#input.format);
  }

  get transcribes(): boolean {
    return isJsonObject(this.#input.transcription);
  }

  /** Undefined for push to talk. */
  get turnDetection(): TurnDetection | undefined {
    const settings = this.#input.turn_detection;
    return isJsonObject(settings) ? readTurnDetection(settings, this.#vad) : undefined;
  }

  /**
   * Takes over the keys that are present. All or nothing.
   * @throws ProtocolMistake when one of them is unknown, wrong, or may not change any more.
   */
  update(patch: unknown, hasSpoken: boolean): void {
    sessionCheck(patch, "session");
    const { type: _type, model, audio, ...rest } = objectOr(patch);
    if (model !== undefined && model !== this.model) {
      throw new ProtocolMistake({
        code: "model_change_not_allowed",
        message: `The model of a session cannot change: it is '${this.model}'.`,
        param: "session.model",
      });
    }
    const { input: inputPatch, output: outputPatch } = objectOr(audio);
    const output = { ...this.output, ...objectOr(outputPatch) };
    if (hasSpoken && JSON.stringify(output.voice) !== JSON.stringify(this.output.voice)) {
      throw new ProtocolMistake({
        code: "cannot_update_voice",
        message: "Cannot update a conversation's voice if assistant audio is present.",
        param: "session.audio.output.voice",
      });
    }
    const input = { ...this.#input, ...objectOr(inputPatch) };
    if (isJsonObject(input.turn_detection)) input.turn_detection = withDefaults(input.turn_detection, this.#vad);
    this.#session = { ...this.#session, ...rest, audio: { input, output } };
  }
}

/** What ends a turn, and what follows from it. */
export interface TurnDetection extends VadSettings {
  readonly createsResponse: boolean;
  readonly interruptsResponse: boolean;
  readonly idleMs: number | undefined;
}

function numberOr(value: unknown, fallback: number): number {
  return typeof value === "number" ? value : fallback;
}

function readTurnDetection(settings: JsonObject, vad: Required<VadDefaults>): TurnDetection {
  const semantic = settings.type === "semantic_vad";
  const wait = (SEMANTIC_WAITS[stringOr(settings.eagerness) ?? "auto"] ?? 4000) * SEMANTIC_SCALE;
  return {
    threshold: numberOr(settings.threshold, vad.threshold),
    prefixMs: numberOr(settings.prefix_padding_ms, vad.prefixPaddingMs),
    silenceMs: semantic ? wait : numberOr(settings.silence_duration_ms, vad.silenceDurationMs),
    createsResponse: settings.create_response !== false,
    interruptsResponse: settings.interrupt_response !== false,
    idleMs: typeof settings.idle_timeout_ms === "number" ? settings.idle_timeout_ms : undefined,
  };
}

/** The type of a format object; PCM when there is none. */
export function readFormat(format: unknown): AudioEncoding {
  const type = objectOr(format).type;
  return type === "audio/pcmu" || type === "audio/pcma" ? type : "audio/pcm";
}
