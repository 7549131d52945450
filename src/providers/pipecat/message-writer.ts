import type { RTVIMessage } from "@pipecat-ai/client-js";
import { NotReadyError } from "../../errors.js";
import type { SocketHandle } from "../../connection/websocket.js";
import { encode, sizeOf } from "./encode.js";
import type { WebSocketSerializer } from "./serializer.js";

/** Python's `websockets` takes no larger message unless it is told to. In bytes. */
export const MOST_BYTES = 1024 * 1024;

/**
 * The way out, over the connection in use. Each of the three returns how many bytes it has sent, and undefined where the
 * serializer has nothing to send; each throws NotReadyError when there is no connection, MessageTooLargeError, and
 * InvalidOptionsError when it cannot be serialized.
 */
export class MessageWriter {
  socket: SocketHandle | undefined;

  constructor(
    private readonly serializer: WebSocketSerializer,
    /** Bytes that a message may have. */
    private readonly most: () => number,
  ) {}

  message(message: RTVIMessage): number | undefined {
    return this.#send(() => this.serializer.serializeMessage(message));
  }

  raw(data: unknown): number | undefined {
    return this.#send(() => this.serializer.serialize(data));
  }

  /** @param rate Hz. */
  audio(pcm: ArrayBuffer, rate: number): number | undefined {
    return this.#send(() => this.serializer.serializeAudio(pcm, rate, 1));
  }

  #send(serialize: () => unknown): number | undefined {
    const { socket } = this;
    if (socket?.isOpen !== true) throw new NotReadyError("There is no connection to the bot: connect() first.");
    const most = this.most();
    const data = encode(serialize, most);
    if (data === undefined) return undefined;
    socket.send(data);
    return sizeOf(data, most);
  }
}
