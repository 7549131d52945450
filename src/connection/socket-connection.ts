import type { Connection, Upcalls } from "../contracts/connection.js";
import type { EncodedMessage } from "../contracts/dialogue.js";
import { UnsupportedEnvironmentError } from "../errors.js";
import { asError } from "../util/reason.js";
import { namingHost } from "../util/urls.js";
import { openWebSocket } from "./websocket.js";

/** The part of the `WebSocket` constructor that is used. */
type SocketConstructor = new (url: string | URL, protocols?: string | string[]) => WebSocket;

/** One connection to a service over a WebSocket. */
export interface SocketParts {
  readonly url: string;
  readonly protocols?: readonly string[];
  readonly WebSocket: SocketConstructor;
  readonly signal: AbortSignal;
  readonly up: Upcalls;
  /** Writes a chunk of microphone audio, 16-bit mono PCM; undefined where there is nothing to send. */
  readonly encodeAudio: (pcm: ArrayBuffer) => EncodedMessage | undefined;
  /** What the close of an open socket means. */
  readonly closed: (code: number, reason: string) => Error;
  /** What a close before the opening means. */
  readonly refused: (code: number, reason: string) => Error;
  /** Takes each message that may be read; default: it is handed on as it is. */
  readonly decode?: (data: string | ArrayBuffer) => void;
}

/** Opens a WebSocket and reports to `up` what becomes of it. Never throws. */
export function openSocketConnection(parts: SocketParts): void {
  const { url, protocols = [], WebSocket, signal, up, encodeAudio, closed, refused } = parts;
  const read = parts.decode ?? ((data: string | ArrayBuffer) => up.received(data));
  let known: Connection | undefined;
  const opened = (connection: Connection): void => {
    if (known !== undefined) return;
    known = connection;
    up.opened(connection);
  };
  openWebSocket({
    url,
    protocols: [...protocols],
    WebSocket,
    signal,
    encodeAudio,
    refused,
    onMessage: (data, connection) => {
      // The service may speak before the line below runs.
      opened(connection);
      if (up.admits(data)) read(data);
    },
    onClose: (code, reason) => {
      up.closed(namingHost(closed(code, reason), url));
    },
    onUnreadable: (error) => {
      up.closed(namingHost(error, url));
    },
  }).then(opened, (error: unknown) => {
    up.closed(namingHost(asError(error), url));
  });
}

/**
 * The WebSocket to connect with.
 * @param given What the app passed as the option.
 * @param option What the app calls the option.
 * @throws UnsupportedEnvironmentError where there is none.
 */
export function socketConstructor(
  given: SocketConstructor | undefined,
  option = "options.WebSocket",
): SocketConstructor {
  const WebSocket = given ?? globalThis.WebSocket;
  if (typeof WebSocket === "function") return WebSocket;
  throw new UnsupportedEnvironmentError(
    `There is no global WebSocket here: use a browser that has it, or pass one as \`${option}\`.`,
  );
}
