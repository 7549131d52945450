import type { IncomingMessage } from "node:http";
import { WebSocketServer, type WebSocket } from "ws";
import { readKey } from "../auth.js";
import { faultsFor, type FaultKnobs } from "../faults.js";
import { refuseUpgrade } from "../http.js";
import type { ServiceParts } from "../live-session.js";
import { newId } from "../openai/ids.js";
import type { UpgradeHandler } from "../router.js";
import { acceptSocket, socketLine, toBuffer } from "../web-socket.js";
import { PipecatSession } from "./session.js";
import { asksForTokens, SOCKET_PATH } from "./start.js";
import type { StartedSession, StartedSessions } from "./started-sessions.js";

/** Python's WebSockets take no more in one message. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** `?token=`, the path's last segment, or a bearer header. */
function tokenOf(request: IncomingMessage, url: URL): string | undefined {
  const segment = url.pathname.slice(SOCKET_PATH.length + 1);
  return url.searchParams.get("token") ?? (segment === "" ? undefined : segment) ?? readKey(request);
}

/** Takes handshakes at `/ws-client`. */
export function pipecatUpgrade(parts: ServiceParts, sessions: StartedSessions): UpgradeHandler {
  const { settings } = parts;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  let count = 0;
  let open = 0;

  const run = (socket: WebSocket, faults: Readonly<FaultKnobs>, started: StartedSession): void => {
    count += 1;
    open += 1;
    const id = newId("sess");
    const line = socketLine(socket);
    const { events } = parts;
    const session = new PipecatSession({
      line,
      settings,
      faults,
      events,
      id,
      label: `pipecat#${String(count)}`,
      started,
    });
    socket.on("message", (data, isBinary) => {
      session.receive(toBuffer(data), isBinary);
    });
    socket.on("close", (code) => {
      open -= 1;
      sessions.keep(started);
      session.closed(code);
      parts.closed(id);
    });
    parts.opened(id, session, line);
    session.open();
  };

  return (request, socket, head, url) => {
    const faults = faultsFor(parts.faults, url.searchParams);
    if (faults.stallUpgrade) return;
    if (faults.unavailable) {
      refuseUpgrade(socket, 503, { detail: "The server is overloaded or not ready yet." });
      return;
    }
    const token = tokenOf(request, url);
    const redeemed = token === undefined ? undefined : sessions.redeem(token);
    if (asksForTokens(settings) && !redeemed && !faults.unauthorizedAfterOpen) {
      settings.logger.info(`refused 403 ${token === undefined ? "no token" : "wrong, used or expired token"}`);
      refuseUpgrade(socket, 403, { detail: "Invalid or missing token" });
      return;
    }
    acceptSocket(sockets, request, socket, head, (webSocket) => {
      if (faults.unauthorizedAfterOpen) {
        webSocket.close(4003, "Invalid or missing token");
      } else if (settings.pipecat.singleClient && open > 0) {
        webSocket.close(1013, "Server already has a connected client");
      } else {
        const id = url.searchParams.get("session_id") ?? undefined;
        run(webSocket, faults, redeemed ?? sessions.join(id, settings.pipecat.resumable));
      }
    });
  };
}
