import type { Upcalls } from "../../contracts/connection.js";
import { openSocketConnection } from "../../connection/socket-connection.js";
import type { WebSocketConstructor } from "../../options.js";
import { closeError, connectError, closeReasonRedactor } from "./close-codes.js";
import { DecodeQueue } from "./decode-queue.js";
import type { MessageWriter } from "./message-writer.js";
import type { Address } from "./params.js";
import type { WebSocketSerializer } from "./serializer.js";

/** One connection to the bot. */
export interface BotConnectionParts {
  readonly address: Address;
  readonly WebSocket: WebSocketConstructor;
  readonly signal: AbortSignal;
  readonly up: Upcalls;
  readonly serializer: WebSocketSerializer;
  readonly writer: MessageWriter;
  /** Hz of the microphone's chunks. */
  readonly recorderRate: number;
}

/** Opens a WebSocket to the bot, whose messages and audio pass the serializer in order. Never throws. */
export function openBotConnection(parts: BotConnectionParts): void {
  const { address, WebSocket, signal, up, serializer, writer, recorderRate } = parts;
  const redact = closeReasonRedactor(address.secrets);
  const queue = new DecodeQueue(serializer, {
    received: (decoded) => {
      up.received(decoded);
    },
    failed: (error) => {
      up.effects([{ type: "report", error }]);
    },
    stuck: (error) => {
      up.closed(error);
    },
  });
  // What is still being decoded is of no use to the next connection.
  signal.addEventListener("abort", () => queue.close(), { once: true });
  openSocketConnection({
    url: address.url,
    WebSocket,
    signal,
    up,
    encodeAudio: (pcm) => writer.audio(pcm, recorderRate),
    closed: (code, reason) => closeError(code, reason, redact),
    refused: (code, reason) => connectError(code, reason, redact),
    decode: (data) => {
      queue.take(data);
    },
  });
}
