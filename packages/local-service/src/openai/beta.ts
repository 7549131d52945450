import { isJsonObject, objectOr, stringOr, type JsonObject } from "../json.js";
import type { ServerEvent } from "./server-event.js";

/** Event names that differ, GA to beta. */
const NAMES: Readonly<Record<string, string>> = {
  "response.output_audio.delta": "response.audio.delta",
  "response.output_audio.done": "response.audio.done",
  "response.output_audio_transcript.delta": "response.audio_transcript.delta",
  "response.output_audio_transcript.done": "response.audio_transcript.done",
  "response.output_text.delta": "response.text.delta",
  "response.output_text.done": "response.text.done",
  "conversation.item.added": "conversation.item.created",
};
/** Events that beta has no word for. */
const UNKNOWN_TO_BETA = new Set(["conversation.item.done", "input_audio_buffer.timeout_triggered"]);
const PART_TYPES: Readonly<Record<string, string>> = { output_audio: "audio", output_text: "text" };
const FORMATS = { pcm16: "audio/pcm", g711_ulaw: "audio/pcmu", g711_alaw: "audio/pcma" } as const;

function formatToGa(name: unknown): JsonObject {
  const type = name === "g711_ulaw" || name === "g711_alaw" ? FORMATS[name] : FORMATS.pcm16;
  return type === "audio/pcm" ? { type, rate: 24_000 } : { type };
}

function formatToBeta(format: unknown): string {
  const type = objectOr(format).type;
  return Object.entries(FORMATS).find(([, ga]) => ga === type)?.[0] ?? "pcm16";
}

/** Only the keys whose value is there. */
function present(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function modalitiesToGa(modalities: unknown): readonly string[] | undefined {
  if (!Array.isArray(modalities)) return undefined;
  return modalities.includes("audio") ? ["audio"] : ["text"];
}

/** A flat beta session as a GA patch. Keys that both have keep their name; `temperature` is dropped. */
export function betaSessionToGa(session: JsonObject): JsonObject {
  const {
    modalities,
    voice,
    speed,
    temperature: _temperature,
    input_audio_format: inputFormat,
    output_audio_format: outputFormat,
    input_audio_noise_reduction: noiseReduction,
    input_audio_transcription: transcription,
    turn_detection: turnDetection,
    max_response_output_tokens: maxTokens,
    ...rest
  } = session;
  const input = present({
    format: inputFormat === undefined ? undefined : formatToGa(inputFormat),
    noise_reduction: noiseReduction,
    transcription,
    turn_detection: turnDetection,
  });
  const format = outputFormat === undefined ? undefined : formatToGa(outputFormat);
  return present({
    ...rest,
    type: "realtime",
    output_modalities: modalitiesToGa(modalities),
    max_output_tokens: maxTokens,
    audio: { input, output: present({ format, voice, speed }) },
  });
}

/** An effective GA session as the flat beta object. */
export function gaSessionToBeta(session: JsonObject): JsonObject {
  const { type: _type, output_modalities: modalities, audio, max_output_tokens: maxTokens, ...rest } = session;
  const { input, output } = objectOr(audio);
  return {
    ...rest,
    modalities: Array.isArray(modalities) && modalities[0] === "text" ? ["text"] : ["audio", "text"],
    voice: objectOr(output).voice,
    speed: objectOr(output).speed,
    temperature: 0.8,
    input_audio_format: formatToBeta(objectOr(input).format),
    output_audio_format: formatToBeta(objectOr(output).format),
    input_audio_noise_reduction: objectOr(input).noise_reduction,
    input_audio_transcription: objectOr(input).transcription,
    turn_detection: objectOr(input).turn_detection,
    max_response_output_tokens: maxTokens,
  };
}

function itemToBeta(item: unknown): unknown {
  if (!isJsonObject(item) || !Array.isArray(item.content)) return item;
  const content = item.content.map((part: unknown) => {
    const type = stringOr(objectOr(part).type) ?? "";
    return { ...objectOr(part), type: PART_TYPES[type] ?? type };
  });
  return { ...item, content };
}

function responseToBeta(response: JsonObject): JsonObject {
  const { output_modalities: modalities, audio, output, ...rest } = response;
  const sound = objectOr(objectOr(audio).output);
  return {
    ...rest,
    modalities: Array.isArray(modalities) && modalities[0] === "text" ? ["text"] : ["audio", "text"],
    voice: sound.voice,
    output_audio_format: formatToBeta(sound.format),
    temperature: 0.8,
    output: Array.isArray(output) ? output.map(itemToBeta) : [],
  };
}

/** A client's event as GA has it. Gateways take what already is GA, so this one does too. */
export function betaToGaEvent(event: JsonObject): JsonObject {
  if (event.type === "session.update" && isJsonObject(event.session)) {
    return event.session.type === undefined ? { ...event, session: betaSessionToGa(event.session) } : event;
  }
  if (event.type === "response.create" && isJsonObject(event.response)) {
    if (event.response.output_modalities !== undefined || event.response.audio !== undefined) return event;
    const { type: _type, audio, ...rest } = betaSessionToGa(event.response);
    const { output } = objectOr(audio);
    return { ...event, response: { ...rest, audio: { output } } };
  }
  if (event.type !== "conversation.item.create" || !isJsonObject(event.item)) return event;
  const content: unknown = event.item.content;
  if (event.item.role !== "assistant" || !Array.isArray(content)) return event;
  const parts = content.map((part: unknown) => ({ ...objectOr(part), type: "output_text" }));
  return { ...event, item: { ...event.item, content: parts } };
}

/** The event as beta has it; none where beta has no such event. */
export function gaToBetaEvents(event: ServerEvent): readonly ServerEvent[] {
  if (UNKNOWN_TO_BETA.has(event.type)) return [];
  const changed: Record<string, unknown> = {};
  if (isJsonObject(event.session)) changed.session = gaSessionToBeta(event.session);
  if (isJsonObject(event.response)) changed.response = responseToBeta(event.response);
  if (event.item !== undefined) changed.item = itemToBeta(event.item);
  return [{ ...event, ...changed, type: NAMES[event.type] ?? event.type }];
}
