import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { RawData, WebSocket, WebSocketServer } from "ws";
import type { SessionLine } from "./line.js";

/** Ends a handshake well; broken frames and resets end in `close`, which says enough. */
export function acceptSocket(
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  ready: (webSocket: WebSocket) => void,
): void {
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on("error", () => undefined);
    ready(webSocket);
  });
}

/** A frame as one buffer. */
export function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(new Uint8Array(data));
}

/** A socket as a line. */
export function socketLine(socket: WebSocket): SessionLine {
  return {
    get isOpen() {
      return socket.readyState === socket.OPEN;
    },
    send: (frame) => socket.send(frame),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}
