import { RTVIMessage, RTVIMessageType } from "@pipecat-ai/client-js";
import type { RealtimeEvent } from "rtvi-machine/thrive";

/** Who the transcripts are of. */
const USER = { user_id: "user" } as const;

type Read = (event: RealtimeEvent) => readonly RTVIMessage[];

const message = (type: RTVIMessageType, data: unknown = {}): RTVIMessage => new RTVIMessage(type, data);
const textIn = (event: RealtimeEvent, field: string): string => {
  const value = event[field];
  return typeof value === "string" ? value : "";
};
const heard = (text: string, final: boolean): RTVIMessage =>
  message(RTVIMessageType.USER_TRANSCRIPTION, { text, final, timestamp: new Date().toISOString(), ...USER });

const words: Read = (event) => [message(RTVIMessageType.BOT_LLM_TEXT, { text: textIn(event, "delta") })];
const output: Read = (event) => {
  const text = textIn(event, "transcript") || textIn(event, "text");
  const spoken = event.type === "response.audio_transcript.done";
  return [message(RTVIMessageType.BOT_OUTPUT, { text, aggregated_by: "sentence", will_be_spoken: spoken })];
};

/** What RTVI calls the platform's events; others reach the app as server messages. */
const READ: Readonly<Record<string, Read>> = {
  "input_audio_buffer.speech_started": () => [message(RTVIMessageType.USER_STARTED_SPEAKING)],
  "input_audio_buffer.speech_stopped": () => [message(RTVIMessageType.USER_STOPPED_SPEAKING)],
  "conversation.item.input_audio_transcription.delta": (event) => [heard(textIn(event, "delta"), false)],
  "conversation.item.input_audio_transcription.completed": (event) => [heard(textIn(event, "transcript"), true)],
  "response.created": () => [message(RTVIMessageType.BOT_LLM_STARTED)],
  "response.audio_transcript.delta": words,
  "response.text.delta": words,
  "response.audio_transcript.done": output,
  "response.text.done": output,
  "response.done": () => [message(RTVIMessageType.BOT_LLM_STOPPED)],
  "response.function_call_arguments.done": (event) => [
    message(RTVIMessageType.LLM_FUNCTION_CALL_IN_PROGRESS, {
      function_name: textIn(event, "name"),
      tool_call_id: textIn(event, "call_id"),
      arguments: parsed(textIn(event, "arguments")),
    }),
  ],
  error: ({ error }) => [message(RTVIMessageType.ERROR, problem(error))],
};

/** Too many to be told one by one: sound. */
const UNTOLD: ReadonlySet<string> = new Set(["response.audio.delta"]);

/** An event of the platform in RTVI's words. */
export function rtviMessages(event: RealtimeEvent): readonly RTVIMessage[] {
  const read = READ[event.type];
  if (read !== undefined) return read(event);
  return UNTOLD.has(event.type) ? [] : [message(RTVIMessageType.SERVER_MESSAGE, event)];
}

/** What a message of the client asks of the platform; nothing where it has no word for it. */
export function clientEvents({ type, data }: RTVIMessage): readonly RealtimeEvent[] {
  if (typeof data !== "object" || data === null) return [];
  const answer = { type: "response.create" };
  if (type === "send-text" && "content" in data) {
    const item = { type: "message", role: "user", content: data.content };
    return [{ type: "conversation.item.create", item }, answer];
  }
  if (type === "llm-function-call-result" && "tool_call_id" in data && "result" in data) {
    const output = typeof data.result === "string" ? data.result : JSON.stringify(data.result);
    const item = { type: "function_call_output", call_id: data.tool_call_id, output };
    return [{ type: "conversation.item.create", item }, answer];
  }
  return [];
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {}; // The function is told that it was called; arguments that are no JSON cannot be told.
  }
}

function problem(error: unknown): unknown {
  const said = typeof error === "object" && error !== null ? error : {};
  const text = "message" in said ? String(said.message) : "The service reported an error.";
  return { error: text, message: text, fatal: "fatal" in said && said.fatal === true };
}
