import { ProtocolError } from "../errors.js";
import { parseJson } from "./json.js";
import { isRecord, type JsonRecord } from "./records.js";

/**
 * One message of a service as a JSON object.
 * @throws ProtocolError when it is anything else.
 */
export function parseRecord(data: string | ArrayBuffer, service: string): JsonRecord {
  const record = parseText(typeof data === "string" ? data : new TextDecoder().decode(data), service);
  if (!isRecord(record)) throw new ProtocolError(`${service} sent a message that is not an event.`);
  return record;
}

function parseText(text: string, service: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // The parser's message quotes the text, which may hold what people said.
    throw new ProtocolError(`${service} sent a message that is not JSON.`);
  }
}
