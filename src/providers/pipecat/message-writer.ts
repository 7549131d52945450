import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { EncodedMessage } from "../../contracts/dialogue.js";
import { encode, type WrittenMessage } from "./encode.js";
import type { WebSocketSerializer } from "./serializer.js";

/** Python's `websockets` takes no larger message unless it is told to. In bytes. */
export const MOST_BYTES = 1024 * 1024;

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
    return encode(() => this.#serializer.serializeMessage(message), MOST_BYTES);
  }

  raw(data: unknown): WrittenMessage | undefined {
    return encode(() => this.#serializer.serialize(data), MOST_BYTES);
  }

  /** @param rate Hz. */
  audio(pcm: ArrayBuffer, rate: number): EncodedMessage | undefined {
    return encode(() => this.#serializer.serializeAudio(pcm, rate, 1), MOST_BYTES)?.data;
  }
}
