import type { OpenAIDialect } from "../../providers/openai/dialect.js";
import type { OpenAIClientEvent } from "../../providers/openai/effects.js";
import { messageItem } from "../../providers/openai/items.js";
import { readServiceEvent } from "../../providers/openai/raw-events.js";
import { fieldOf, isRecord, mergeRecords, stringAt, type JsonRecord } from "../../util/records.js";
import { buildSession } from "../../providers/openai/session.js";
import { checkSettings, modalityOf } from "../../providers/openai/settings.js";

/**
 * An event of the app as the service takes it: documented and older shapes of items, sessions and responses become those
 * of the dialect; everything else goes out as it is.
 * @throws InvalidOptionsError without a `type`, or naming a field that cannot be sent.
 */
export function serviceEvent(event: unknown, dialect: OpenAIDialect): OpenAIClientEvent {
  const read = readServiceEvent(event);
  switch (read.type) {
    case "conversation.item.create":
      return { ...read, item: itemFor(fieldOf(read, "item"), dialect) };
    case "session.update":
      return { ...read, session: sessionFor(fieldOf(read, "session"), dialect) };
    case "response.create": {
      const response = fieldOf(read, "response");
      return isRecord(response) && dialect === "ga" ? { ...read, response: gaResponse(response) } : read;
    }
    default:
      return read;
  }
}

/** A message's content may be a plain string, and its parts may have their older names. */
function itemFor(item: unknown, dialect: OpenAIDialect): unknown {
  if (!isRecord(item) || (stringAt(item, "type") ?? "message") !== "message") return item;
  const message = { role: stringAt(item, "role") ?? "", content: fieldOf(item, "content") };
  return { ...item, ...messageItem(message, dialect, "item") };
}

/** A session with a `type` is a GA one already. */
function sessionFor(session: unknown, dialect: OpenAIDialect): unknown {
  if (!isRecord(session)) return session;
  const typed = stringAt(session, "type") !== undefined;
  if (typed && dialect === "beta") return session;
  const shape = { dialect, defaults: false, formats: true };
  if (typed) return buildSession({}, { ...shape, over: session }).session;
  return buildSession(checkSettings(session, "session"), shape).session;
}

/** Fields that only the beta dialect has are renamed, or left out where GA has nothing for them. */
function gaResponse(response: JsonRecord): JsonRecord {
  const {
    modalities,
    voice,
    max_response_output_tokens: maxTokens,
    temperature: _temperature,
    output_audio_format: _format,
    input,
    ...rest
  } = response;
  const modality = modalityOf(modalities);
  const renamed = {
    output_modalities: modality && [modality],
    max_output_tokens: maxTokens,
    ...(voice !== undefined && { audio: { output: { voice } } }),
    input: Array.isArray(input) ? input.map((item: unknown) => itemFor(item, "ga")) : input,
  };
  return mergeRecords(renamed, rest);
}
