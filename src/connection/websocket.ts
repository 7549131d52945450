import type { Connection } from "../contracts/connection.js";
import type { EncodedMessage } from "../contracts/dialogue.js";
import { ConnectionFailedError, NotReadyError, UnsupportedEnvironmentError } from "../errors.js";
import { isArrayBuffer } from "../util/parse.js";
import { abortReason } from "./abort-reason.js";

/** What `openWebSocket` needs. */
export interface SocketRequest {
  readonly url: string;
  readonly protocols: string[];
  readonly WebSocket: new (url: string | URL, protocols?: string | string[]) => WebSocket;
  /** Aborting it at any moment, also long after the opening, closes the socket; nothing is reported after that. */
  readonly signal: AbortSignal;
  /** Writes a chunk of microphone audio, 16-bit mono PCM; undefined where there is nothing to send. */
  readonly encodeAudio: (pcm: ArrayBuffer) => EncodedMessage | undefined;
  readonly onMessage: (data: string | ArrayBuffer, connection: Connection) => void;
  /** The terminal fact of a socket that had opened. */
  readonly onClose: (code: number, reason: string) => void;
  /** The other one: the socket was closed here, for what comes on it cannot be read. */
  readonly onUnreadable: (error: Error) => void;
  /** What a close before the opening means. */
  readonly refused: (code: number, reason: string) => Error;
}

const OPEN = 1;
const CLOSED = 3;

/**
 * Opens one WebSocket, binary messages as `ArrayBuffer`. Resolves when it is open.
 * @throws what `refused` makes of a close before the opening; ConnectionFailedError where the browser makes no socket.
 * @throws ConnectionAbortedError, or the signal's own reason where that is one of this library's errors.
 */
export function openWebSocket(request: SocketRequest): Promise<Connection> {
  const { signal } = request;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const socket = construct(request);
    socket.binaryType = "arraybuffer";
    let phase: "connecting" | "open" | "closing" = "connecting";

    const connection: Connection = {
      /** Not from the moment that either side closes, before `onClose`. */
      get isOpen() {
        return phase === "open" && socket.readyState === OPEN;
      },
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      maxMessageSize: Infinity,
      send: (event) => {
        connection.sendEncoded(JSON.stringify(event));
      },
      sendEncoded: (data) => {
        if (!connection.isOpen) throw new NotReadyError("The connection is not open, so nothing can be sent.");
        socket.send(data);
      },
      audio: (pcm) => {
        // The other side may be closing: its end of the session is reported in its own words, shortly.
        if (!connection.isOpen) return;
        const data = request.encodeAudio(pcm);
        if (data !== undefined) connection.sendEncoded(data);
      },
      // Begins the closing handshake; `onClose` follows.
      close: () => {
        if (phase !== "open") return;
        phase = "closing";
        socket.close(1000, "");
      },
    };

    const release = (): void => {
      socket.removeEventListener("open", onOpen);
      socket.removeEventListener("message", onMessage);
      socket.removeEventListener("close", onClose);
      socket.removeEventListener("error", ignore);
      signal.removeEventListener("abort", onAbort);
    };
    const onOpen = (): void => {
      phase = "open";
      resolve(connection);
    };
    const onMessage = (event: MessageEvent): void => {
      if (phase !== "open") return;
      const data = bytesOf(event.data);
      if (typeof data === "string" || isArrayBuffer(data)) request.onMessage(data, connection);
      else {
        phase = "closing";
        release();
        abandon(socket);
        request.onUnreadable(unreadable(data));
      }
    };
    const onClose = ({ code, reason }: CloseEvent): void => {
      const hadOpened = phase !== "connecting";
      phase = "closing";
      release();
      if (hadOpened) request.onClose(code, reason);
      else reject(request.refused(code, reason));
    };
    const onAbort = (): void => {
      phase = "closing";
      release();
      abandon(socket);
      reject(abortReason(signal));
    };

    socket.addEventListener("open", onOpen);
    socket.addEventListener("message", onMessage);
    socket.addEventListener("close", onClose);
    // An error event says nothing that the close event after it does not say.
    socket.addEventListener("error", ignore);
    signal.addEventListener("abort", onAbort);
  });
}

function ignore(): void {
  return undefined;
}

/** A `WebSocket` of Node's may hand out views of a buffer that it shares. */
function bytesOf(data: unknown): unknown {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice().buffer : data;
}

function unreadable(data: unknown): Error {
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  return new UnsupportedEnvironmentError(
    `This WebSocket hands out a message as ${kind}: it must heed \`binaryType\`, which is "arraybuffer".`,
  );
}

function construct({ WebSocket, url, protocols }: SocketRequest): WebSocket {
  try {
    return new WebSocket(url, protocols);
  } catch (error) {
    // The browser's own message quotes the subprotocols, where a service may want its key: it must not travel as `cause`.
    const name = error instanceof Error ? error.name : "unknown error";
    throw new ConnectionFailedError(`The browser refused to create the WebSocket (${name}); check the URL.`);
  }
}

/** A socket closed while it connects still has an error and a close to say; they must find a listener, and leave none. */
function abandon(socket: WebSocket): void {
  if (socket.readyState === CLOSED) return;
  const onClose = (): void => {
    socket.removeEventListener("error", ignore);
    socket.removeEventListener("close", onClose);
  };
  socket.addEventListener("error", ignore);
  socket.addEventListener("close", onClose);
  socket.close(1000);
}
