import { fieldOf, stringAt, type JsonRecord } from "../../util/records.js";

/** The two generations of the Realtime API. OpenAI itself answers only to `ga`; some gateways still speak `beta`. */
export type OpenAIDialect = "ga" | "beta";

/** What the beta dialect calls an output without saying so. */
const BETA_OUTPUT = /^response\.(?=(?:audio|audio_transcript|text)\.(?:delta|done)$)/;

/** The GA name of a server event; names that are already GA, or common to both, pass unchanged. */
export function gaEventType(type: string): string {
  return type.replace(BETA_OUTPUT, "response.output_");
}

/** Which dialect a `session.created` speaks; undefined when it does not show. */
export function dialectOf(session: JsonRecord): OpenAIDialect | undefined {
  const type = stringAt(session, "type");
  if (type === "realtime" || type === "transcription") return "ga";
  const flat = ["modalities", "input_audio_format"].some((key) => (fieldOf(session, key) ?? undefined) !== undefined);
  return flat ? "beta" : undefined;
}
