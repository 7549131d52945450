import { ConnectionFailedError, UnsupportedEnvironmentError } from "../errors.js";
import type { TransportOptions, WebSocketConstructor } from "../options.js";
import { openWebSocket, type SocketHandle } from "../connection/websocket.js";

/** Takes one message of the service. */
export type Receive = (data: string | ArrayBuffer) => void;

/** One attempt to a service over a WebSocket. */
export interface ServiceSocketRequest {
  readonly url: string;
  readonly protocols?: string[];
  readonly WebSocket: WebSocketConstructor;
  readonly signal: AbortSignal;
  /** The socket is open. Called once, before anything is received. */
  readonly begin: (socket: SocketHandle) => Receive;
  /** The socket that had opened is gone. Once. */
  readonly ended: (code: number, reason: string) => void;
  /** What a close before the opening means. */
  readonly refused: (code: number, reason: string) => Error;
}

/**
 * Connects; resolves when the socket is open.
 * @throws what `refused` makes of a close before that; ConnectionAbortedError.
 */
export async function openServiceSocket(request: ServiceSocketRequest): Promise<void> {
  const { url, protocols, WebSocket, signal, begin, ended, refused } = request;
  let receive: Receive | undefined;
  try {
    const socket = await openWebSocket({
      url,
      ...(protocols !== undefined && { protocols }),
      WebSocket,
      signal,
      // The service may speak before the awaiting line below runs.
      onMessage: (data, opened) => {
        receive ??= begin(opened);
        receive(data);
      },
      onClose: ({ code, reason }) => {
        ended(code, reason);
      },
    });
    receive ??= begin(socket);
  } catch (error) {
    if (!(error instanceof ConnectionFailedError) || error.closeCode === undefined) throw error;
    throw refused(error.closeCode, error.reason ?? "");
  }
}

/**
 * The WebSocket to connect with.
 * @param option What the app calls the option.
 * @throws UnsupportedEnvironmentError where there is none.
 */
export function socketConstructor(
  { WebSocket = globalThis.WebSocket }: TransportOptions,
  option = "options.WebSocket",
): WebSocketConstructor {
  if (typeof WebSocket === "function") return WebSocket;
  throw new UnsupportedEnvironmentError(
    `There is no global WebSocket here: use a browser that has it, or pass one as \`${option}\`.`,
  );
}
