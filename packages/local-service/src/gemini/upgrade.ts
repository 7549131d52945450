import type { IncomingMessage } from "node:http";
import { WebSocketServer, type WebSocket } from "ws";
import type { KeyRing } from "../auth.js";
import { faultsFor, type FaultKnobs } from "../faults.js";
import { refuseUpgrade } from "../http.js";
import type { ServiceParts } from "../live-session.js";
import type { UpgradeHandler } from "../router.js";
import { acceptSocket, socketLine, toBuffer } from "../web-socket.js";
import type { AuthTokens } from "./auth-tokens.js";
import type { Handles } from "./handles.js";
import { newSessionId } from "./ids.js";
import { closeReason, invalidArgument, Refusal } from "./refusal.js";
import { googleError, NO_KEY, readApiKey, VERSIONS, WRONG_KEY } from "./rest.js";
import { GeminiSession, type Admission } from "./session.js";

/** The base of every address; a provider adds the rest. */
export const GEMINI_PATH = "/ws/google.ai.generativelanguage";

/** What opening Gemini sessions takes besides. */
export interface GeminiParts extends ServiceParts {
  readonly tokens: AuthTokens;
  readonly handles: Handles;
}

const MAX_FRAME_BYTES = 16 * 1024 * 1024;

type Verdict = { readonly refusal: Refusal } | { readonly admission: Admission | undefined };

/** A key opens any session. Gemini refuses one after the handshake, by a close frame. */
function checkKey(keys: KeyRing, key: string | undefined): Verdict {
  const verdict = keys.check(key);
  if (verdict.kind === "standard") return { admission: undefined };
  const isMissing = verdict.kind === "refused" && verdict.reason === "missing";
  return { refusal: isMissing ? new Refusal(1008, NO_KEY) : invalidArgument(WRONG_KEY) };
}

/** A token opens the sessions that it was made for. */
function checkToken(tokens: AuthTokens, name: string | null): Verdict {
  if (name === null || name === "") return { refusal: new Refusal(1008, NO_KEY) };
  const admission = tokens.admit(name);
  return admission ? { admission } : { refusal: invalidArgument("auth token is not valid, or has expired") };
}

function turnAway(socket: WebSocket, refusal: Refusal): void {
  socket.close(refusal.code, closeReason(refusal.message));
}

/** Takes handshakes for `BidiGenerateContent`, with a key, and for `BidiGenerateContentConstrained`, with a token. */
export function geminiUpgrades(parts: GeminiParts): Readonly<Record<string, UpgradeHandler>> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES });
  let count = 0;

  const handler =
    (version: string, check: (request: IncomingMessage, url: URL) => Verdict): UpgradeHandler =>
    (request, socket, head, url) => {
      const faults = faultsFor(parts.faults, url.searchParams);
      if (faults.stallUpgrade) return;
      if (faults.unavailable) {
        refuseUpgrade(socket, 503, googleError(503, "UNAVAILABLE", "The service is currently unavailable."));
        return;
      }
      const verdict = faults.unauthorizedAfterOpen ? { refusal: invalidArgument(WRONG_KEY) } : check(request, url);
      acceptSocket(sockets, request, socket, head, (webSocket) => {
        if ("refusal" in verdict) {
          parts.settings.logger.info(`refused ${String(verdict.refusal.code)} ${verdict.refusal.message}`);
          turnAway(webSocket, verdict.refusal);
          return;
        }
        count += 1;
        run(parts, webSocket, faults, verdict.admission, version, `gemini ${String(count)}`);
      });
    };

  return Object.fromEntries(
    VERSIONS.flatMap((version) => {
      const path = `${GEMINI_PATH}.${version}.GenerativeService.BidiGenerateContent`;
      return [
        [path, handler(version, (request, url) => checkKey(parts.keys, readApiKey(request, url)))],
        [
          `${path}Constrained`,
          handler(version, (_request, url) => checkToken(parts.tokens, url.searchParams.get("access_token"))),
        ],
      ];
    }),
  );
}

function run(
  parts: GeminiParts,
  socket: WebSocket,
  faults: Readonly<FaultKnobs>,
  admission: Admission | undefined,
  version: string,
  label: string,
): void {
  const { settings, events, handles } = parts;
  const id = newSessionId();
  const line = socketLine(socket);
  const session = new GeminiSession({ line, settings, faults, events, handles, admission, version, id, label });
  socket.on("message", (data) => {
    session.receive(toBuffer(data));
  });
  socket.on("close", (code) => {
    session.closed(code);
    parts.closed(id);
  });
  parts.opened(id, session, line);
  session.open();
}
