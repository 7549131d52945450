import type { IncomingMessage } from "node:http";
import { WebSocketServer, type WebSocket } from "ws";
import { offeredProtocols, readKey, type KeyVerdict } from "../auth.js";
import { faultsFor, type FaultKnobs } from "../faults.js";
import { refuseUpgrade } from "../http.js";
import { stringOr, type JsonObject } from "../json.js";
import type { SessionLine } from "../line.js";
import type { ServiceParts } from "../live-session.js";
import type { Settings } from "../options.js";
import type { UpgradeHandler } from "../router.js";
import { acceptSocket, socketLine, toBuffer } from "../web-socket.js";
import { newId } from "./ids.js";
import { errorBody, errorEvent, type ProtocolErrorFacts } from "./protocol-error.js";
import { OpenAiSession } from "./session.js";

/** Why a client is turned away. */
interface Refusal extends ProtocolErrorFacts {
  readonly status: number;
  /** For a refusal after the handshake. */
  readonly closeCode: number;
}

const UNKNOWN_MODEL = "no-such-model";
/** 15 MiB of sound, and some room for the event around it. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
const BETA_PROTOCOL = "openai-beta.realtime-v1";
const REFUSED = {
  missing: "You didn't provide an API key.",
  wrong: "Incorrect API key provided.",
  expired: "The client secret has expired.",
} as const;

/** The credential is wrong. */
export const UNAUTHORIZED: Refusal = { status: 401, closeCode: 3000, code: "invalid_api_key", message: REFUSED.wrong };
const BETA_REFUSED: Refusal = {
  status: 400,
  closeCode: 4000,
  code: "beta_api_shape_disabled",
  message: "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.",
};

/** Why a key or a model does not open a session; undefined when they do. */
export function findRefusal(verdict: KeyVerdict, model: string | undefined): Refusal | undefined {
  if (verdict.kind === "refused") return { ...UNAUTHORIZED, message: REFUSED[verdict.reason] };
  if (model === undefined) {
    const message = "You must provide a model parameter.";
    return { status: 400, closeCode: 3000, code: "missing_model", message, param: "model" };
  }
  if (model === UNKNOWN_MODEL) {
    const message = `The model \`${model}\` does not exist or you do not have access to it.`;
    return { status: 404, closeCode: 3000, code: "model_not_found", message, param: "model" };
  }
  return undefined;
}

function asksForBeta(request: IncomingMessage): boolean {
  const header = request.headers["openai-beta"];
  return (header ?? "").includes("realtime=") || offeredProtocols(request).includes(BETA_PROTOCOL);
}

/** Says why, on a line that is open, and closes it. */
export function turnAway(line: Pick<SessionLine, "send" | "close">, refusal: Refusal): void {
  line.send(JSON.stringify({ ...errorEvent(refusal), event_id: newId("event") }));
  line.close(refusal.closeCode, `invalid_request_error.${String(refusal.code)}`);
}

/** Takes handshakes at `/v1/realtime`. */
export function openAiUpgrade(parts: ServiceParts): UpgradeHandler {
  const { settings, keys } = parts;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    // A browser insists on an answer that it offered; the key must not be it.
    handleProtocols: (offered) => offered.has("realtime") && "realtime",
  });
  let count = 0;

  return (request, socket, head, url) => {
    const faults = faultsFor(parts.faults, url.searchParams);
    if (faults.stallUpgrade) return;
    if (faults.unavailable) {
      const message = "The server is overloaded or not ready yet.";
      refuseUpgrade(socket, 503, errorBody({ code: null, type: "server_error", message }));
      return;
    }
    const verdict: KeyVerdict = faults.unauthorizedAfterOpen ? { kind: "standard" } : keys.check(readKey(request));
    const { model: bakedModel, ...baked } = verdict.kind === "ephemeral" ? verdict.session : {};
    const model = url.searchParams.get("model") ?? stringOr(bakedModel);
    const refusal = findRefusal(verdict, model);
    if (refusal && settings.refusal === "http") {
      settings.logger.info(`refused ${String(refusal.status)} ${String(refusal.code)}`);
      refuseUpgrade(socket, refusal.status, errorBody(refusal));
      return;
    }
    acceptSocket(sockets, request, socket, head, (webSocket) => {
      const wrong = refusal ?? lateRefusal(request, faults, settings);
      if (wrong || model === undefined) {
        turnAway(webSocket, wrong ?? UNAUTHORIZED);
        return;
      }
      count += 1;
      run(parts, webSocket, faults, model, baked, `#${String(count)}`);
    });
  };
}

/** What OpenAI only says after the handshake. */
function lateRefusal(request: IncomingMessage, faults: Readonly<FaultKnobs>, settings: Settings): Refusal | undefined {
  if (faults.unauthorizedAfterOpen) return UNAUTHORIZED;
  return settings.dialect === "ga" && asksForBeta(request) ? BETA_REFUSED : undefined;
}

function run(
  parts: ServiceParts,
  socket: WebSocket,
  faults: Readonly<FaultKnobs>,
  model: string,
  baked: JsonObject,
  label: string,
): void {
  const { settings, events } = parts;
  const id = newId("sess");
  const line = socketLine(socket);
  const session = new OpenAiSession({ line, settings, faults, events, id, label, model, baked });
  socket.on("message", (data, isBinary) => {
    session.receive(toBuffer(data), isBinary);
  });
  socket.on("close", (code) => {
    session.closed(code);
    parts.closed(id);
  });
  parts.opened(id, session, line);
  session.open();
}
