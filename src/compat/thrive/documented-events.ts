import { purposeOf } from "../../providers/openai/effects.js";
import type { OpenAIDialect } from "../../providers/openai/dialect.js";
import { fieldOf, isRecord, recordAt, stringAt } from "../../util/records.js";

/** An event of the session, as `onEvent` receives it: its `type`, and the fields that the Realtime API gives it. */
export interface RealtimeEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

const COMPLETED = "conversation.item.completed";

/** GA names whose documented name is another. */
const DOCUMENTED: ReadonlyMap<string, string> = new Map([
  ["response.output_audio.delta", "response.audio.delta"],
  ["response.output_audio.done", "response.audio.done"],
  ["response.output_audio_transcript.delta", "response.audio_transcript.delta"],
  ["response.output_audio_transcript.done", "response.audio_transcript.done"],
  ["response.output_text.delta", "response.text.delta"],
  ["response.output_text.done", "response.text.done"],
  ["conversation.item.added", "conversation.item.created"],
  ["conversation.item.done", COMPLETED],
]);

/**
 * An event of the service by its documented name, whichever dialect brought it. Fields are left as they are. The beta
 * dialect has no word for an item that is complete: there a second event is made of the one that shows it.
 */
export function documentedEvents(event: RealtimeEvent, dialect: OpenAIDialect): RealtimeEvent[] {
  const named = { ...event, type: DOCUMENTED.get(event.type) ?? event.type };
  if (dialect === "ga" || !completesItem(event)) return [named];
  return [named, { type: COMPLETED, item: fieldOf(event, "item") }];
}

/** The user's items are complete when they are created, the bot's when they are done. */
function completesItem(event: RealtimeEvent): boolean {
  const item = fieldOf(event, "item");
  if (!isRecord(item)) return false;
  if (event.type === "response.output_item.done") return true;
  return event.type === "conversation.item.created" && stringAt(item, "status") === "completed";
}

/** An event inside an RTVI server message; undefined in any other. */
export function rawEvent(data: unknown): RealtimeEvent | undefined {
  if (!isRecord(data) || fieldOf(data, "t") !== "raw") return undefined;
  const event = recordAt(data, "d");
  const type = stringAt(event, "type");
  return type === undefined ? undefined : { ...event, type };
}

/** Whether an event is the answer to something that this library sent by itself and that came too late to matter. */
export function isOwnRace(event: RealtimeEvent): boolean {
  if (event.type !== "error") return false;
  const purpose = purposeOf(stringAt(recordAt(event, "error"), "event_id"));
  return purpose === "cancel" || purpose === "truncate" || purpose === "clear";
}
