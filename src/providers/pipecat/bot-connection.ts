import type { Fault } from "../../contracts/fault.js";
import type { ConnectRequest, Connection, ConnectionReports } from "../../contracts/connection.js";
import { ConnectionFailedError, ConnectionLostError } from "../../errors.js";
import type { WebSocketConstructor } from "../../options.js";
import { openWebSocket, type SocketHandle } from "../../connection/websocket.js";
import { closeError, connectError, redactor, type Redact } from "./close-codes.js";
import type { DecodeQueue } from "./decode-queue.js";
import type { Address } from "./params.js";

/** What one attempt needs. */
export interface BotConnectionParts {
  readonly request: ConnectRequest;
  readonly reports: ConnectionReports;
  readonly address: () => Promise<Address>;
  /** @throws UnsupportedEnvironmentError where there is none. */
  readonly WebSocket: () => WebSocketConstructor;
  /** The socket is open: who takes its messages, in which `secrets` may be quoted. Called once, before the session hears of it. */
  readonly begin: (socket: SocketHandle, secrets: readonly string[]) => DecodeQueue;
  /** Asks the bot for a sign of life; false where it cannot be asked. */
  readonly probe: () => boolean;
  /** The socket that had opened was closed by the other side. False if that was wanted, so that it is no fault. */
  readonly ended: () => boolean;
  readonly record: (error: unknown) => Fault;
}

/** Connects one WebSocket to the bot. */
export function connectToBot(parts: BotConnectionParts): Connection {
  const { request, reports, record } = parts;
  let socket: SocketHandle | undefined;
  let hungUp = false;
  let decodeQueue: DecodeQueue | undefined;
  let redact: Redact = redactor([]);
  let secrets: readonly string[] = [];

  const opened = (handle: SocketHandle): void => {
    if (socket !== undefined) return;
    socket = handle;
    decodeQueue = parts.begin(handle, secrets);
    reports.opened({ continuity: "fresh" });
  };
  const goodbye = (): void => {
    reports.closed(record(new ConnectionLostError("The connection was closed on purpose.")));
  };
  request.signal.addEventListener("abort", () => decodeQueue?.close(), { once: true });
  const open = async (): Promise<void> => {
    const WebSocket = parts.WebSocket();
    const address = await parts.address();
    ({ secrets } = address);
    redact = redactor(secrets);
    const handle = await openWebSocket({
      url: address.url,
      WebSocket,
      signal: request.signal,
      // The bot may speak before the awaiting line runs.
      onMessage: (data, early) => {
        opened(early);
        reports.received();
        decodeQueue?.take(data);
      },
      onClose: ({ code, reason }) => {
        decodeQueue?.close();
        if (hungUp || parts.ended()) reports.closed(record(closeError(code, reason, redact)));
      },
    });
    opened(handle);
  };
  open().catch((error: unknown) => {
    const closedEarly = error instanceof ConnectionFailedError && error.closeCode !== undefined;
    reports.closed(record(closedEarly ? connectError(error.closeCode, error.reason ?? "", redact) : error));
  });

  return {
    probe: parts.probe,
    close: () => {
      hungUp = true;
      decodeQueue?.close();
      socket?.close();
      if (socket === undefined) goodbye();
      else void socket.closed.then(goodbye);
    },
  };
}
