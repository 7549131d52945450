import { isJsonObject, objectOr, stringOr, type JsonObject } from "../json.js";
import { readShape } from "./client-sound.js";
import type { MessageHandler, MessageParts } from "./message-parts.js";
import { ClientMistake, invalidMessage } from "./mistake.js";
import { SERVICE_MESSAGES } from "./service-messages.js";

function sendText({ content, options }: JsonObject, { bot, context }: MessageParts): void {
  if (typeof content !== "string") throw invalidMessage("content must be a string");
  const { run_immediately: runs, audio_response: inSound } = objectOr(options);
  if (runs !== false) bot.interrupt();
  context.userSaid(content);
  if (runs !== false) bot.run(inSound !== false);
}

/** Echoes. `fail` is refused, and `error` makes the service report one: for what a server never does when asked nicely. */
function clientMessage({ t, d }: JsonObject, { writer, isDeaf }: MessageParts, id: string | undefined): void {
  if (typeof t !== "string") throw invalidMessage("t must be a string");
  if (isDeaf) return;
  if (t === "fail") throw new ClientMistake(stringOr(d) ?? "The request failed, as it was asked to.");
  if (t === "error") {
    const { error, fatal } = objectOr(d);
    writer.send({ type: "error", data: { error: stringOr(error) ?? "An error, on demand.", fatal: fatal === true } });
  }
  writer.send({ type: "server-response", id, data: { t, d } });
}

function dtmf({ button, buttons }: JsonObject, { bot, context }: MessageParts): void {
  const pressed: unknown[] = Array.isArray(buttons) ? buttons : [button];
  const isPad = pressed.every((key) => typeof key === "string" && /^[0-9*#]$/.test(key));
  if (pressed.length === 0 || !isPad) throw invalidMessage("buttons must be 0 to 9, * or #");
  bot.interrupt();
  context.userSaid(`DTMF: ${pressed.join("")}`);
  bot.run();
}

function functionResult(data: JsonObject, { bot }: MessageParts): void {
  const { function_name: name, tool_call_id: callId, arguments: args, result } = data;
  if (typeof callId !== "string" || typeof name !== "string" || !isJsonObject(args)) {
    throw invalidMessage("function_name, tool_call_id and arguments are required");
  }
  if (!bot.returned(callId, result)) throw new ClientMistake(`No function call ${callId} is in progress`);
}

function rawAudio(data: JsonObject, { hearing }: MessageParts): void {
  const shape = readShape(data.sampleRate, data.numChannels);
  if (!shape) throw invalidMessage("sampleRate must be 8000 to 192000, numChannels 1 or 2");
  const batch: unknown[] = Array.isArray(data.base64AudioBatch) ? data.base64AudioBatch : [data.base64Audio];
  for (const piece of batch) {
    if (typeof piece !== "string") throw invalidMessage("audio must be base64");
    hearing.push(Buffer.from(piece, "base64"), shape);
  }
}

/** What must not happen twice. Messages that have an answer are not among them: the answer may be what was lost. */
function once(handler: MessageHandler): MessageHandler {
  return (data, parts, id) => {
    if (!parts.heardBefore(id)) handler(data, parts, id);
  };
}

/** Taken notice of in the event log; there is nothing here that would act on them. */
const noted: MessageHandler = () => undefined;

const HANDLERS = new Map<string, MessageHandler>([
  ["client-ready", (data, parts, id) => parts.ready(id, data)],
  ["disconnect-bot", (_data, parts) => parts.end()],
  ["client-message", clientMessage],
  ["send-text", once(sendText)],
  ["dtmf", once(dtmf)],
  ["llm-function-call-result", once(functionResult)],
  ["raw-audio", rawAudio],
  ["raw-audio-batch", rawAudio],
  ["ui-event", noted],
  ["ui-snapshot", noted],
  ["ui-cancel-job-group", noted],
]);

/** Acts on one RTVI message. What is unknown or wrong is answered with `error-response`; the session goes on. */
export function handleClientMessage(message: JsonObject, parts: MessageParts): void {
  const id = stringOr(message.id);
  const type = stringOr(message.type) ?? "";
  const handler = HANDLERS.get(type) ?? (parts.hasServices ? SERVICE_MESSAGES.get(type) : undefined);
  try {
    if (!handler) throw new ClientMistake(`Unsupported type ${type}`);
    handler(objectOr(message.data), parts, id);
  } catch (error) {
    if (!(error instanceof ClientMistake)) throw error;
    parts.writer.refuse(id, error.message);
  }
}
