import { readJson, sendJson } from "../http.js";
import { objectOr, stringOr } from "../json.js";
import type { Settings } from "../options.js";
import type { HttpHandler } from "../router.js";
import type { StartedSessions } from "./started-sessions.js";

/** Of a request that starts a session, which is kept with it. */
const MOST_BODY_BYTES = 256 * 1024;

/** Where the socket is. */
export const SOCKET_PATH = "/ws-client";

/** Whether `POST /start` hands out tokens, and the socket asks for one: with keys of one's own. */
export function asksForTokens({ keys }: Settings): boolean {
  return keys !== undefined && keys !== "any";
}

/** `POST /start`, as Pipecat's development runner answers it. `sessionId` and `resumable` are this service's own. */
function start(settings: Settings, sessions: StartedSessions): HttpHandler {
  return async (request, response) => {
    const wanted = await readJson(request, MOST_BODY_BYTES);
    if (!wanted) {
      sendJson(response, 400, { detail: "Expected one JSON object." });
      return;
    }
    const transport = stringOr(wanted.transport) ?? "websocket";
    if (transport !== "websocket") {
      const detail = `Transport '${transport}' is not allowed. Server is configured for 'websocket' only (-t websocket).`;
      sendJson(response, 400, { detail });
      return;
    }
    const body = objectOr(wanted.body);
    const resumable = settings.pipecat.resumable || wanted.resumable === true || body.resumable === true;
    const session = sessions.start(body, resumable, stringOr(wanted.sessionId));
    // The runner's own address knows no session; it is named where there is something to remember it by.
    const isNamed = session.resumable || Object.keys(session.body).length > 0;
    const query = isNamed ? `?session_id=${encodeURIComponent(session.id)}` : "";
    sendJson(response, 200, {
      wsUrl: `ws://127.0.0.1:${String(request.socket.localPort)}${SOCKET_PATH}${query}`,
      sessionId: session.id,
      token: asksForTokens(settings) ? sessions.issueToken(session) : null,
      ...(session.resumable ? { resumable: true } : {}),
    });
  };
}

/** The HTTP side: what an app's server, or a page, asks before it connects. */
export function pipecatRest(settings: Settings, sessions: StartedSessions): Readonly<Record<string, HttpHandler>> {
  return {
    "POST /start": start(settings, sessions),
    "GET /status": (_request, response) => sendJson(response, 200, { status: "ready", transports: ["websocket"] }),
  };
}
