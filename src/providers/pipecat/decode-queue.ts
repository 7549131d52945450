import { ProtocolError } from "../../errors.js";
import { isRecord } from "../../util/records.js";
import type { Decoded, WebSocketSerializer } from "./serializer.js";

/**
 * Messages that may wait for the serializer, more than are ever let in at once. Beyond it the serializer is stuck, and memory
 * would grow without end.
 */
const MOST_WAITING = 8_192;

/** What the messages of one connection come to. */
export interface DecodeQueueEvents {
  received(decoded: Decoded): void;
  /** One message could not be read; the next ones may. */
  failed(error: ProtocolError): void;
  /** The serializer does not keep up; nothing more is read. */
  stuck(error: ProtocolError): void;
}

/** Hands the messages of one connection through the serializer, in the order in which they came, however long each takes. */
export class DecodeQueue {
  #waiting = 0;
  #phase: "open" | "closed" = "open";
  #tail: Promise<void> = Promise.resolve();
  readonly #serializer: WebSocketSerializer;
  readonly #events: DecodeQueueEvents;

  constructor(serializer: WebSocketSerializer, events: DecodeQueueEvents) {
    this.#serializer = serializer;
    this.#events = events;
  }

  take(data: string | ArrayBuffer): void {
    if (this.#isClosed()) return;
    if (this.#waiting === MOST_WAITING) {
      this.close();
      this.#events.stuck(
        new ProtocolError(`serializer.deserialize() has ${MOST_WAITING} messages still to answer for.`),
      );
      return;
    }
    this.#waiting += 1;
    this.#tail = this.#tail.then(() => this.#read(data));
  }

  /** The connection is gone: what still waits is dropped. */
  close(): void {
    this.#phase = "closed";
  }

  async #read(data: string | ArrayBuffer): Promise<void> {
    this.#waiting -= 1;
    if (this.#isClosed()) return;
    try {
      const given = typeof data === "string" || this.#serializer.binaryType === "arraybuffer" ? data : new Blob([data]);
      const decoded = checkDecoded(await this.#serializer.deserialize(given));
      // It may have been closed while the serializer was busy.
      if (!this.#isClosed()) this.#events.received(decoded);
    } catch (error) {
      if (!this.#isClosed()) this.#events.failed(protocolError(error));
    }
  }

  #isClosed(): boolean {
    return this.#phase === "closed";
  }
}

/** The serializer may be the app's, and not in TypeScript. */
function checkDecoded(decoded: unknown): Decoded {
  if (isDecoded(decoded)) return decoded;
  throw new ProtocolError("serializer.deserialize() must give an `audio`, `message` or `raw` object.");
}

/** Whether it is what a serializer gives. */
export function isDecoded(decoded: unknown): decoded is Decoded {
  if (!isRecord(decoded)) return false;
  const { type, audio } = decoded;
  if (type === "audio") return Object.prototype.toString.call(audio) === "[object Int16Array]";
  return type === "message" || type === "raw";
}

function protocolError(cause: unknown): ProtocolError {
  if (cause instanceof ProtocolError) return cause;
  return new ProtocolError("The serializer could not read a message of the server; see `cause`.", { cause });
}
