import type { EncodedMessage } from "../contracts/dialogue.js";
import {
  ConnectionAbortedError,
  ConnectionFailedError,
  NotReadyError,
  type RtviMachineError,
  isRtviMachineError,
} from "../errors.js";
import { isArrayBuffer } from "../util/parse.js";

/** How a socket ended. */
export interface SocketClose {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/** An open socket. */
export interface SocketHandle {
  /** @throws NotReadyError when the socket is no longer open. */
  send(data: EncodedMessage): void;
  /** Begins the closing handshake; `onClose` follows. Later messages are dropped. Idempotent. */
  close(code?: number, reason?: string): void;
  /** Whether `send` takes anything. Not from the moment that either side closes, before `onClose`. */
  readonly isOpen: boolean;
  /** Bytes handed to `send` that have not left yet. */
  readonly bufferedAmount: number;
  /** Resolves when the socket has closed or was abandoned. */
  readonly closed: Promise<void>;
}

/** What `openWebSocket` needs. */
export interface SocketRequest {
  readonly url: string;
  readonly protocols?: string[];
  readonly WebSocket: new (url: string | URL, protocols?: string | string[]) => WebSocket;
  /** Aborting it at any moment, also long after the opening, closes the socket; nothing is reported after that. */
  readonly signal: AbortSignal;
  readonly onMessage: (data: string | ArrayBuffer, socket: SocketHandle) => void;
  /** The one terminal fact of a socket that had opened. */
  readonly onClose: (info: SocketClose) => void;
}

const OPEN = 1;
const CLOSED = 3;

/**
 * Opens one WebSocket, binary messages as `ArrayBuffer`. Resolves when it is open.
 * @throws ConnectionFailedError when it closes before it opens; code and reason are in the message.
 * @throws ConnectionAbortedError, or the signal's own reason where that is one of this library's errors.
 */
export function openWebSocket(request: SocketRequest): Promise<SocketHandle> {
  const { signal } = request;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const socket = construct(request);
    socket.binaryType = "arraybuffer";
    let phase: "connecting" | "open" | "closing" = "connecting";
    let settleClosed: () => void = () => undefined;
    const closed = new Promise<void>((settle) => {
      settleClosed = settle;
    });

    const handle: SocketHandle = {
      closed,
      get isOpen() {
        return phase === "open" && socket.readyState === OPEN;
      },
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      send(data) {
        if (!handle.isOpen) {
          throw new NotReadyError("The connection is not open, so nothing can be sent.");
        }
        socket.send(data);
      },
      close(code = 1000, reason = "") {
        if (phase !== "open") return;
        phase = "closing";
        socket.close(code, reason);
      },
    };

    const release = (): void => {
      socket.removeEventListener("open", onOpen);
      socket.removeEventListener("message", onMessage);
      socket.removeEventListener("close", onClose);
      socket.removeEventListener("error", ignore);
      signal.removeEventListener("abort", onAbort);
      settleClosed();
    };
    const onOpen = (): void => {
      phase = "open";
      resolve(handle);
    };
    const onMessage = (event: MessageEvent): void => {
      const data: unknown = event.data;
      if (phase === "open" && (typeof data === "string" || isArrayBuffer(data))) request.onMessage(data, handle);
    };
    const onClose = ({ code, reason, wasClean }: CloseEvent): void => {
      const hadOpened = phase !== "connecting";
      phase = "closing";
      release();
      if (hadOpened) request.onClose({ code, reason, wasClean });
      else reject(failure(code, reason));
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

function construct({ WebSocket, url, protocols }: SocketRequest): WebSocket {
  try {
    return new WebSocket(url, protocols ?? []);
  } catch (error) {
    // The browser's own message quotes the subprotocols, where a service may want its key: it must not travel as `cause`.
    const name = error instanceof Error ? error.name : "unknown error";
    throw new ConnectionFailedError(`The browser refused to create the WebSocket (${name}); check the URL.`);
  }
}

function failure(code: number, reason: string): ConnectionFailedError {
  const said = reason === "" ? "" : `: ${reason}`;
  return new ConnectionFailedError(`The WebSocket closed before it opened (code ${code}${said}).`, {
    closeCode: code,
    reason,
    retryable: code === 1006 || code === 1011 || code === 1012 || code === 1013,
  });
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

function abortReason(signal: AbortSignal): RtviMachineError {
  const reason: unknown = signal.reason;
  if (isRtviMachineError(reason)) return reason;
  return new ConnectionAbortedError("The connection was given up.", { cause: reason });
}
