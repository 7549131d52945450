import { MessageTooLargeError } from "@pipecat-ai/client-js";
import type { EncodedMessage } from "../../contracts/dialogue.js";
import { InvalidOptionsError } from "../../errors.js";

/** A message as the connection takes it. */
export interface WrittenMessage {
  readonly data: EncodedMessage;
  /** Bytes. */
  readonly size: number;
}

/**
 * What a serializer gave, ready to be sent; undefined where it gave nothing.
 * @param most bytes
 * @throws MessageTooLargeError; InvalidOptionsError when a WebSocket cannot carry it, or the serializer threw.
 */
export function encode(serialize: () => unknown, most: number): WrittenMessage | undefined {
  const encoded = attempt(serialize);
  if (encoded === undefined || encoded === null || encoded === "") return undefined;
  if (!isEncodedMessage(encoded)) {
    throw new InvalidOptionsError("The serializer must give a string, bytes, a Blob, or nothing.");
  }
  const size = sizeOf(encoded, most);
  if (size > most) throw new MessageTooLargeError(`The message is larger than ${most} bytes.`);
  return { data: encoded, size };
}

function attempt(serialize: () => unknown): unknown {
  try {
    return serialize();
  } catch (cause) {
    throw new InvalidOptionsError("The message cannot be serialized; see `cause`.", { cause });
  }
}

function isEncodedMessage(value: unknown): value is EncodedMessage {
  if (typeof value === "string" || ArrayBuffer.isView(value)) return true;
  return /^\[object (ArrayBuffer|Blob)\]$/.test(Object.prototype.toString.call(value));
}

/** In bytes, about. A string is measured only where its length leaves a doubt: UTF-8 takes one to three for each unit. */
function sizeOf(data: EncodedMessage, most: number): number {
  if (typeof data !== "string") return data instanceof Blob ? data.size : data.byteLength;
  return data.length > most || data.length * 3 <= most ? data.length : new TextEncoder().encode(data).length;
}
