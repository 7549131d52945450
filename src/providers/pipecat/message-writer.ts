import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { EncodedMessage } from "../../contracts/dialogue.js";
import { encode, sizeOf } from "./encode.js";
import type { WebSocketSerializer } from "./serializer.js";

/** Python's `websockets` takes no larger message unless it is told to. In bytes. */
export const MOST_BYTES = 1024 * 1024;

/** A message as the connection takes it. */
export interface WrittenMessage {
  readonly data: EncodedMessage;
  /** Bytes. */
  readonly size: number;
}

/**
 * Writes what is sent, by the serializer. Each of the three returns undefined where the serializer has nothing to send, and
 * throws MessageTooLargeError, and InvalidOptionsError when it cannot be serialized.
 */
export class MessageWriter {
  readonly #serializer: WebSocketSerializer;

  constructor(serializer: WebSocketSerializer) {
    this.#serializer = serializer;
  }

  message(message: RTVIMessage): WrittenMessage | undefined {
    return written(() => this.#serializer.serializeMessage(message));
  }

  raw(data: unknown): WrittenMessage | undefined {
    return written(() => this.#serializer.serialize(data));
  }

  /** @param rate Hz. */
  audio(pcm: ArrayBuffer, rate: number): EncodedMessage | undefined {
    return encode(() => this.#serializer.serializeAudio(pcm, rate, 1), MOST_BYTES);
  }
}

function written(serialize: () => unknown): WrittenMessage | undefined {
  const data = encode(serialize, MOST_BYTES);
  return data === undefined ? undefined : { data, size: sizeOf(data, MOST_BYTES) };
}
