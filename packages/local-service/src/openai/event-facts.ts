import type { EventFacts } from "../event-log.js";
import { objectOr, stringOr, type JsonObject } from "../json.js";

/** What the log keeps of an event; undefined for incoming sound, which would push everything else out. */
export function eventFacts(event: JsonObject): EventFacts | undefined {
  const type = stringOr(event.type) ?? "?";
  if (type === "input_audio_buffer.append") return undefined;
  const response = objectOr(event.response);
  const itemId = stringOr(event.item_id) ?? stringOr(objectOr(event.item).id);
  const responseId = stringOr(event.response_id) ?? stringOr(response.id);
  const code = stringOr(objectOr(event.error).code) ?? stringOr(response.status);
  const ms = event.audio_end_ms ?? event.audio_start_ms;
  return {
    type,
    ...(itemId === undefined ? {} : { itemId }),
    ...(responseId === undefined ? {} : { responseId }),
    ...(code === undefined ? {} : { code }),
    ...(typeof ms === "number" ? { ms } : {}),
  };
}
