import { fieldOf, isRecord, mergeRecords, recordAt, type JsonRecord } from "../../util/records.js";
import { instructionParts } from "./contents.js";
import { modalityOf } from "./settings.js";

/** What a `setup` message is made of. */
export interface SetupSource {
  /** With `models/`. */
  readonly model: string;
  /** From `setupFields`. */
  readonly fields: JsonRecord;
  /** A `setup` object laid over the result. */
  readonly over: JsonRecord;
  /** System messages of the conversation so far. */
  readonly instructions: readonly JsonRecord[];
  /** A handle to resume with. */
  readonly handle: string | undefined;
  /** Whether the history must be announced, as models want that take `clientContent` for nothing else. */
  readonly announcesHistory: boolean;
}

/** The `setup` of a session: what was asked for, and what RTVI apps live on unless it was turned off. */
export function buildSetup(source: SetupSource): Record<string, unknown> {
  const { model, fields, over, instructions, handle, announcesHistory } = source;
  const {
    generationConfig,
    systemInstruction,
    inputAudioTranscription,
    outputAudioTranscription,
    sessionResumption,
    contextWindowCompression,
    ...rest
  } = fields;
  const generation = isRecord(generationConfig) ? generationConfig : {};
  const modality = modalityOf(fieldOf(generation, "responseModalities")) ?? "AUDIO";
  const parts = [...instructionParts(systemInstruction, "system_instruction"), ...instructions];
  const mapped = {
    ...rest,
    model,
    generationConfig: { ...generation, responseModalities: [modality] },
    systemInstruction: parts.length === 0 ? undefined : { parts },
    inputAudioTranscription: switched(inputAudioTranscription, true),
    outputAudioTranscription: switched(outputAudioTranscription, modality === "AUDIO"),
    sessionResumption: switched(sessionResumption, true),
    contextWindowCompression: compressionOf(contextWindowCompression),
    historyConfig: announcesHistory
      ? { ...recordAt(rest, "historyConfig"), initialHistoryInClientContent: true }
      : fieldOf(rest, "historyConfig"),
  };
  const setup = mergeRecords(mapped, over);
  return resumed(setup, handle);
}

/** Whether a setup leaves it to the app to say when the user speaks. */
export function isManual(setup: JsonRecord): boolean {
  const detection = recordAt(recordAt(setup, "realtimeInputConfig"), "automaticActivityDetection");
  return fieldOf(detection, "disabled") === true;
}

/** Whether the service stops the bot when the user begins to speak. */
export function isInterruptible(setup: JsonRecord): boolean {
  return fieldOf(recordAt(setup, "realtimeInputConfig"), "activityHandling") !== "NO_INTERRUPTION";
}

/** The handle that the settings themselves bring. */
export function ownHandle(setup: JsonRecord): string | undefined {
  const handle = fieldOf(recordAt(setup, "sessionResumption"), "handle");
  return typeof handle === "string" && handle !== "" ? handle : undefined;
}

function resumed(setup: Record<string, unknown>, handle: string | undefined): Record<string, unknown> {
  const { sessionResumption, ...rest } = setup;
  if (!isRecord(sessionResumption)) return rest;
  const { handle: _handle, ...others } = sessionResumption;
  return { ...rest, sessionResumption: { ...others, ...(handle !== undefined && { handle }) } };
}

function switched(wanted: unknown, byDefault: boolean): JsonRecord | undefined {
  if (isRecord(wanted)) return wanted;
  return (wanted === undefined ? byDefault : wanted === true) ? {} : undefined;
}

function compressionOf(wanted: unknown): JsonRecord | undefined {
  if (wanted === true) return { slidingWindow: {} };
  if (!isRecord(wanted)) return undefined;
  const window = fieldOf(wanted, "slidingWindow");
  return {
    ...int64(wanted, "triggerTokens"),
    ...(isRecord(window) && { slidingWindow: int64(window, "targetTokens") }),
  };
}

/** Protocol buffers write 64-bit numbers as strings. */
function int64(record: JsonRecord, key: string): JsonRecord {
  const value = fieldOf(record, key);
  return typeof value === "number" ? { ...record, [key]: String(value) } : record;
}
