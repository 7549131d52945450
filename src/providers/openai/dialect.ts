import { fieldOf, stringAt, type JsonRecord } from "../../util/records.js";

/** The two generations of the Realtime API. OpenAI itself answers only to `ga`; some gateways still speak `beta`. */
export type OpenAIDialect = "ga" | "beta";

const BETA_TO_GA: ReadonlyMap<string, string> = new Map([
  ["response.audio.delta", "response.output_audio.delta"],
  ["response.audio.done", "response.output_audio.done"],
  ["response.audio_transcript.delta", "response.output_audio_transcript.delta"],
  ["response.audio_transcript.done", "response.output_audio_transcript.done"],
  ["response.text.delta", "response.output_text.delta"],
  ["response.text.done", "response.output_text.done"],
]);

/** The GA name of a server event; names that are already GA, or common to both, pass unchanged. */
export function gaEventType(type: string): string {
  return BETA_TO_GA.get(type) ?? type;
}

/** Which dialect a `session.created` speaks; undefined when it does not show. */
export function dialectOf(session: JsonRecord): OpenAIDialect | undefined {
  const type = stringAt(session, "type");
  if (type === "realtime" || type === "transcription") return "ga";
  const flat = fieldOf(session, "modalities") !== undefined || fieldOf(session, "input_audio_format") !== undefined;
  return flat ? "beta" : undefined;
}
