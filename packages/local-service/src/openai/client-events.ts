import type { ConversationLog } from "../conversation-log.js";
import { stringOr, type JsonObject } from "../json.js";
import { between, object, record, text, type Check } from "./check.js";
import type { Conversation } from "./conversation.js";
import type { InputSound } from "./input-sound.js";
import { parseItem } from "./item-parse.js";
import { itemJson } from "./items.js";
import type { Send } from "./server-event.js";
import { invalidValue } from "./protocol-error.js";
import type { Responder } from "./responder.js";
import type { SessionConfig } from "./session-config.js";

/** What the events of a client act on. */
export interface ClientEventParts {
  readonly send: Send;
  readonly conversation: Conversation;
  readonly config: SessionConfig;
  readonly input: InputSound;
  readonly responder: Responder;
  readonly log: ConversationLog;
  /** `session.update`, with its session. */
  readonly update: (session: unknown) => void;
  /** Silences what is played by RTP; undefined where sound travels in events. */
  readonly clearVoice: (() => void) | undefined;
  /** `response.create`, with its parameters if any. */
  readonly respond: (params: unknown) => void;
}

interface Rule {
  readonly check: Check;
  readonly run: (event: JsonObject, parts: ClientEventParts) => void;
}

function rule(fields: Readonly<Record<string, Check>>, required: readonly string[], run: Rule["run"]): Rule {
  return { check: record({ type: text, event_id: text, ...fields }, required), run };
}

function itemId(event: JsonObject): string {
  return stringOr(event.item_id) ?? "";
}

function createItem(event: JsonObject, { conversation, config, send, log }: ClientEventParts): void {
  const item = parseItem(event.item, "item", config.inputFormat);
  const previous = conversation.insert(item, stringOr(event.previous_item_id));
  send({ type: "conversation.item.added", previous_item_id: previous, item: itemJson(item) });
  send({ type: "conversation.item.done", previous_item_id: previous, item: itemJson(item) });
  if (item.type === "function_call_output") {
    log.line("tool", `${conversation.calledName(item.callId) ?? item.callId} returned ${item.output}`);
  }
  if (item.type !== "message") return;
  const words = item.content.map((part) => ("text" in part ? part.text : `(${part.type})`)).join(" ");
  log.line(item.role === "user" ? "user" : "session", item.role === "user" ? words : `${item.role}: ${words}`);
}

function truncate(event: JsonObject, { conversation, send, log }: ClientEventParts): void {
  const contentIndex = Number(event.content_index);
  const endMs = Number(event.audio_end_ms);
  conversation.truncate(itemId(event), contentIndex, endMs);
  send({
    type: "conversation.item.truncated",
    item_id: itemId(event),
    content_index: contentIndex,
    audio_end_ms: endMs,
  });
  log.line("user", `heard ${String(endMs)} ms of the answer`);
}

const RULES = new Map<string, Rule>([
  ["session.update", rule({ session: object }, ["session"], (event, { update }) => update(event.session))],
  ["input_audio_buffer.append", rule({ audio: text }, ["audio"], (event, { input }) => input.append(event.audio))],
  ["input_audio_buffer.commit", rule({}, [], (_event, { input }) => input.commit())],
  ["input_audio_buffer.clear", rule({}, [], (_event, { input }) => input.clear())],
  ["conversation.item.create", rule({ item: object, previous_item_id: text }, ["item"], createItem)],
  [
    "conversation.item.retrieve",
    rule({ item_id: text }, ["item_id"], (event, { conversation, send }) => {
      const item = conversation.retrieve(itemId(event));
      send({ type: "conversation.item.retrieved", item: itemJson(item, true) });
    }),
  ],
  [
    "conversation.item.delete",
    rule({ item_id: text }, ["item_id"], (event, { conversation, send }) => {
      conversation.remove(itemId(event));
      send({ type: "conversation.item.deleted", item_id: itemId(event) });
    }),
  ],
  [
    "conversation.item.truncate",
    rule(
      { item_id: text, content_index: between(0, 1000, true), audio_end_ms: between(0, 1e9, true) },
      ["item_id", "content_index", "audio_end_ms"],
      truncate,
    ),
  ],
  [
    "output_audio_buffer.clear",
    rule({}, [], (_event, { clearVoice }) => {
      if (clearVoice === undefined) throw invalidValue("type", "'output_audio_buffer.clear' is for WebRTC sessions.");
      clearVoice();
    }),
  ],
  ["response.create", rule({ response: object }, [], (event, { respond }) => respond(event.response))],
  [
    "response.cancel",
    rule({ response_id: text }, [], (event, { responder }) => responder.cancel(stringOr(event.response_id))),
  ],
]);

/**
 * Acts on one event in the GA shape.
 * @throws ProtocolMistake when the event is unknown or wrong.
 */
export function handleClientEvent(event: JsonObject, parts: ClientEventParts): void {
  const found = RULES.get(stringOr(event.type) ?? "");
  if (!found) {
    const names = [...RULES.keys()].map((name) => `'${name}'`).join(", ");
    throw invalidValue("type", `Invalid value: '${String(event.type)}'. Supported values are: ${names}.`);
  }
  found.check(event, "");
  found.run(event, parts);
}
