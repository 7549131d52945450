import type { IncomingMessage } from "node:http";
import type { Frame, LiarProtocol, Said, Turn } from "../liar-protocol.js";

const PCM_100_MS = Buffer.alloc(4_800, 1).toString("base64");
const KEY = "openai-insecure-api-key.";

interface ClientEvent {
  readonly type?: unknown;
  readonly event_id?: string;
  readonly audio?: unknown;
  readonly item?: { readonly content?: readonly { readonly text?: unknown }[] };
}

let events = 0;
/** An event of the service, with an id of its own. */
export const event = (type: string, fields: object = {}): Frame =>
  JSON.stringify({ type, event_id: `event_liar${String((events += 1))}`, ...fields });

const itemOf = (id: string): string => `item_${id}`;
const at = (id: string): object => ({
  response_id: `resp_${id}`,
  item_id: itemOf(id),
  output_index: 0,
  content_index: 0,
});

/** OpenAI Realtime, GA. */
export const openAiLiar: LiarProtocol = {
  name: "openai",
  path: "/v1/realtime",
  subprotocol: "realtime",
  answersOn: "ask",

  credentialOf: ({ headers }: IncomingMessage) =>
    (headers["sec-websocket-protocol"] ?? "")
      .split(",")
      .map((offered) => offered.trim())
      .find((offered) => offered.startsWith(KEY))
      ?.slice(KEY.length),

  read(data): Said {
    const { type, event_id: eventId, audio, item } = JSON.parse(data.toString("utf8")) as ClientEvent;
    if (type === "session.update") return { kind: "setup" };
    if (type === "input_audio_buffer.append") return { kind: "sound", bytes: String(audio).length };
    if (type === "response.create") return { kind: "ask" };
    if (type === "response.cancel") return { kind: "cancel", ...(eventId !== undefined && { eventId }) };
    const text = item?.content?.[0]?.text;
    return type === "conversation.item.create" && typeof text === "string" ? { kind: "text", text } : { kind: "other" };
  },

  welcome: () => [
    event("session.created", { session: { type: "realtime", id: "sess_liar", object: "realtime.session" } }),
  ],
  ready: () => [event("session.updated", { session: { type: "realtime", id: "sess_liar" } })],

  turn(words, id): Turn {
    const item = { id: itemOf(id), type: "message", role: "assistant" };
    const response = { id: `resp_${id}`, object: "realtime.response" };
    const part = { type: "audio", transcript: words };
    return {
      begin: [
        event("response.created", { response: { ...response, status: "in_progress", output: [] } }),
        event("response.output_item.added", {
          response_id: response.id,
          output_index: 0,
          item: { ...item, status: "in_progress", content: [] },
        }),
        event("response.content_part.added", { ...at(id), part: { type: "audio", transcript: "" } }),
      ],
      middle: [event("response.output_audio_transcript.delta", { ...at(id), delta: words }), openAiLiar.sound(id)],
      end: [
        event("response.output_audio.done", at(id)),
        event("response.output_audio_transcript.done", { ...at(id), transcript: words }),
        event("response.content_part.done", { ...at(id), part }),
        event("response.output_item.done", {
          response_id: response.id,
          output_index: 0,
          item: { ...item, status: "completed", content: [{ type: "output_audio", transcript: words }] },
        }),
        event("response.done", { response: { ...response, status: "completed", status_details: null, output: [] } }),
      ],
    };
  },

  nothingToCancel: (eventId) => [
    event("error", {
      error: { type: "invalid_request_error", code: "response_cancel_not_active", message: "No.", event_id: eventId },
    }),
  ],
  interrupted: () => [event("input_audio_buffer.speech_started", { audio_start_ms: 0, item_id: "item_user" })],
  failure: (words) => [event("error", { error: { type: "server_error", code: "liar", message: words, param: null } })],
  quotation: (words) => {
    const error = { type: words, code: words, message: `What about ${words}`, param: words };
    const response = { id: "resp_quoting", status: "failed", status_details: { type: "failed", error } };
    return [event(words, { [words]: [words] }), event("response.done", { response })];
  },
  toolCall: (id) => [
    event("response.output_item.done", {
      response_id: `resp_${id}`,
      output_index: 0,
      item: { id: itemOf(id), type: "function_call", call_id: `call_${id}`, name: "no_such_tool", arguments: "{" },
    }),
  ],
  sound: (id) => event("response.output_audio.delta", { ...at(id), delta: PCM_100_MS }),
  unknown: () => event("no.such.event", { at: "all" }),
  decode: (frame) => JSON.parse(Buffer.from(frame).toString("utf8")) as unknown,
  encode: (value) => JSON.stringify(value),
};
