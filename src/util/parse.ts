import { ProtocolError } from "../errors.js";
import { parseJson } from "./json.js";
import { isRecord, type JsonRecord } from "./records.js";

/**
 * One message of a service as a JSON object.
 * @throws ProtocolError when it is anything else.
 */
export function parseRecord(data: unknown, service: string): JsonRecord {
  const record = parseText(textOf(data), service);
  if (!isRecord(record)) throw new ProtocolError(`${service} sent a message that is not an event.`);
  return record;
}

function textOf(data: unknown): string {
  if (typeof data === "string") return data;
  return isArrayBuffer(data) ? new TextDecoder().decode(data) : "";
}

/** `instanceof` fails for buffers of another realm, which jsdom and frames hand out. */
export function isArrayBuffer(data: unknown): data is ArrayBuffer {
  return Object.prototype.toString.call(data) === "[object ArrayBuffer]";
}

/** What a text of a service says. @throws ProtocolError when it is not JSON. */
export function parseText(text: string, service: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // The parser's message quotes the text, which may hold what people said.
    throw new ProtocolError(`${service} sent a message that is not JSON.`);
  }
}
