import { toPcm, type AudioEncoding } from "../audio/formats.js";
import { isJsonObject, objectOr, stringOr } from "../json.js";
import { decodeSound } from "./base64-sound.js";
import { listOf, nullable, object, oneOf, record, text, variant, type Check } from "./check.js";
import { newId } from "./ids.js";
import type { Item, MessageItem, Part } from "./items.js";
import { invalidValue } from "./protocol-error.js";

const IMAGE_URL = /^data:image\/(png|jpe?g);base64,/;

const parts = {
  input_text: record({ type: text, text }, ["text"]),
  output_text: record({ type: text, text }, ["text"]),
  input_audio: record({ type: text, audio: text, transcript: nullable(text) }, ["audio"]),
  input_image: record({ type: text, image_url: text, detail: oneOf("auto", "low", "high") }, ["image_url"]),
};
const CONTENT: Readonly<Record<string, Check>> = {
  user: listOf(
    variant({ input_text: parts.input_text, input_audio: parts.input_audio, input_image: parts.input_image }),
  ),
  assistant: listOf(variant({ output_text: parts.output_text })),
  system: listOf(variant({ input_text: parts.input_text })),
};

const common = { id: text, object: text, status: oneOf("completed", "incomplete", "in_progress"), type: text };
const itemCheck = variant({
  message: record({ ...common, role: oneOf("user", "assistant", "system"), content: listOf(object) }, [
    "role",
    "content",
  ]),
  function_call: record({ ...common, name: text, arguments: text, call_id: text }, ["name", "arguments"]),
  function_call_output: record({ ...common, call_id: text, output: text }, ["call_id", "output"]),
  mcp_approval_response: object,
  mcp_approval_request: object,
  mcp_list_tools: object,
  mcp_call: object,
});

function readPart(value: unknown, path: string, format: AudioEncoding): Part {
  const part = objectOr(value);
  switch (part.type) {
    case "input_audio":
      return {
        type: "input_audio",
        pcm: toPcm(decodeSound(part.audio, `${path}.audio`, format), format),
        transcript: stringOr(part.transcript) ?? null,
      };
    case "input_image": {
      const url = stringOr(part.image_url) ?? "";
      if (!IMAGE_URL.test(url)) {
        throw invalidValue(`${path}.image_url`, "Invalid image: expected a data URI of a PNG or JPEG.");
      }
      return { type: "input_image", image_url: url, detail: stringOr(part.detail) ?? "auto" };
    }
    default:
      return {
        type: part.type === "output_text" ? "output_text" : "input_text",
        text: stringOr(part.text) ?? "",
      };
  }
}

function readMessage(id: string, body: unknown, path: string, format: AudioEncoding): MessageItem {
  const { role, content, status } = objectOr(body);
  const who = role === "assistant" || role === "system" ? role : "user";
  CONTENT[who]?.(content, `${path}.content`);
  const list: unknown[] = Array.isArray(content) ? content : [];
  return {
    type: "message",
    id,
    role: who,
    status: status === "incomplete" ? "incomplete" : "completed",
    content: list.map((part, index) => readPart(part, `${path}.content[${String(index)}]`, format)),
  };
}

/**
 * An item as a client wrote it. Sound in it has the session's input format.
 * @throws ProtocolMistake when it breaks a rule of its type.
 */
export function parseItem(value: unknown, path: string, format: AudioEncoding): Item {
  itemCheck(value, path);
  const body = isJsonObject(value) ? value : {};
  const id = stringOr(body.id) ?? newId("item");
  switch (body.type) {
    case "message":
      return readMessage(id, body, path, format);
    case "function_call":
      return {
        type: "function_call",
        id,
        callId: stringOr(body.call_id) ?? newId("call"),
        name: stringOr(body.name) ?? "",
        arguments: stringOr(body.arguments) ?? "",
        status: "completed",
      };
    case "function_call_output":
      return {
        type: "function_call_output",
        id,
        callId: stringOr(body.call_id) ?? "",
        output: stringOr(body.output) ?? "",
      };
    default:
      return { type: "mcp", id, body };
  }
}
