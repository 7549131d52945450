import { ConnectionFailedError, type RtviMachineError } from "../../errors.js";
import type { WebSocketConstructor } from "../../options.js";
import { openWebSocket, type SocketHandle } from "../../wire/websocket.js";
import { closeError, dialError } from "./close-codes.js";
import { webSocketProtocols, webSocketUrl, type SessionPlan } from "./plan.js";
import { redactor } from "../../rtvi/translate/redact.js";

/** Takes one message of the service. */
export type Receive = (data: string | ArrayBuffer) => void;

/** One dial to the service over a WebSocket. */
export interface ServiceDial {
  readonly plan: SessionPlan;
  readonly key: string;
  readonly WebSocket: WebSocketConstructor;
  readonly signal: AbortSignal;
  /** The socket is open. Called once, before anything is received. `redact` makes the service's words safe to show. */
  readonly begin: (socket: SocketHandle, redact: (text: string) => string) => Receive;
  /** The socket that had opened is gone. Once. */
  readonly ended: (error: RtviMachineError) => void;
}

/**
 * Dials; resolves when the socket is open.
 * @throws ConnectionFailedError, or what the service gave as its reason; ConnectionAbortedError.
 */
export async function openServiceSocket({ plan, key, WebSocket, signal, begin, ended }: ServiceDial): Promise<void> {
  const redact = redactor([key]);
  let receive: Receive | undefined;
  try {
    const socket = await openWebSocket({
      url: webSocketUrl(plan),
      protocols: webSocketProtocols(key, plan),
      WebSocket,
      signal,
      // The service may speak before the awaiting line below runs.
      onMessage: (data, opened) => {
        receive ??= begin(opened, redact);
        receive(data);
      },
      onClose: ({ code, reason }) => {
        ended(closeError(code, reason, redact));
      },
    });
    receive ??= begin(socket, redact);
  } catch (error) {
    if (!(error instanceof ConnectionFailedError) || error.closeCode === undefined) throw error;
    throw dialError(error.closeCode, error.reason ?? "", redact);
  }
}
