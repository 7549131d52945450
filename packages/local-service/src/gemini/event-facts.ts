import type { EventFacts } from "../event-log.js";
import { isJsonObject, objectOr, stringOr, type JsonObject } from "../json.js";

const SOUND = new Set(["audio", "mediaChunks", "media_chunks", "video"]);

/** The first call id in a message about calls. */
function callIdIn(body: JsonObject): string | undefined {
  const list: unknown[] = [body.functionCalls, body.functionResponses, body.function_responses].flat();
  const ids: unknown[] = [body.ids].flat();
  return stringOr(objectOr(list.find(isJsonObject)).id) ?? stringOr(ids[0]);
}

/**
 * What the log keeps of a message: `setup`, `realtimeInput.text`, `serverContent.turnComplete`. Undefined for incoming
 * sound and video, which would push everything else out.
 */
export function eventFacts(message: JsonObject): EventFacts | undefined {
  const [key = "?"] = Object.keys(message);
  const body = objectOr(message[key]);
  const [field = ""] = Object.keys(body);
  const detailed = key === "serverContent" || /^realtime_?[iI]nput$/.test(key);
  if (detailed && key !== "serverContent" && SOUND.has(field)) return undefined;
  const itemId = callIdIn(body);
  const type = detailed && field !== "" ? `${key}.${field}` : key;
  return { type: type.slice(0, 80), ...(itemId === undefined ? {} : { itemId }) };
}
