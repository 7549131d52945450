import type { IncomingMessage, ServerResponse } from "node:http";
import { readKey, type KeyRing } from "../auth.js";
import { readJson, sendJson } from "../http.js";
import { isJsonObject, objectOr, stringOr, type JsonObject } from "../json.js";
import type { Settings } from "../options.js";
import type { HttpHandler } from "../router.js";
import { betaSessionToGa, gaSessionToBeta } from "./beta.js";
import { between, object, oneOf, record } from "./check.js";
import { newId } from "./ids.js";
import { errorBody, ProtocolMistake } from "./protocol-error.js";
import { sessionCheck } from "./session-check.js";
import { SessionConfig } from "./session-config.js";

const DEFAULT_MODEL = "gpt-realtime";
/** Beta secrets lived for a minute, whatever was asked. */
const BETA_SECONDS = 60;

const secretCheck = record({
  expires_after: record({ anchor: oneOf("created_at"), seconds: between(10, 7200, true) }),
  session: object,
});

type Answer = (body: JsonObject) => JsonObject;

/** Settings as they will stand when the session opens. */
function effective(baked: JsonObject, expiresAt: number, settings: Settings): JsonObject {
  const { model, ...patch } = baked;
  const config = new SessionConfig(newId("sess"), stringOr(model) ?? DEFAULT_MODEL, expiresAt, settings.vad);
  if (Object.keys(patch).length > 0) config.update(patch, false);
  return config.effective;
}

/** `POST /v1/realtime/client_secrets`. */
function createSecret(keys: KeyRing, settings: Settings): Answer {
  return (body) => {
    secretCheck(body, "");
    if (body.session !== undefined) sessionCheck(body.session, "session");
    const session = objectOr(body.session);
    const { seconds } = objectOr(body.expires_after);
    const expiresAt = Math.floor(Date.now() / 1000) + Math.ceil(settings.sessionMaxSeconds);
    const whole = effective(session, expiresAt, settings);
    const secret = keys.issue(typeof seconds === "number" ? seconds : settings.clientSecretTtl, session);
    return { value: secret.value, expires_at: secret.expiresAt, session: whole };
  };
}

/** `POST /v1/realtime/sessions`, as beta had it. */
function createBetaSession(keys: KeyRing, settings: Settings): Answer {
  return (body) => {
    const session = betaSessionToGa(body);
    const secret = keys.issue(Math.min(BETA_SECONDS, settings.clientSecretTtl), session);
    const flat = gaSessionToBeta(effective(session, 0, settings));
    return { ...flat, client_secret: { value: secret.value, expires_at: secret.expiresAt } };
  };
}

function guarded(keys: KeyRing, answer: Answer): HttpHandler {
  return async (request: IncomingMessage, response: ServerResponse) => {
    // A page's secret must not be able to make more of them.
    if (keys.check(readKey(request)).kind !== "standard") {
      sendJson(response, 401, errorBody({ code: "invalid_api_key", message: "Incorrect API key provided." }));
      return;
    }
    const body = await readJson(request);
    if (!isJsonObject(body)) {
      sendJson(response, 400, errorBody({ code: "invalid_json", message: "Expected one JSON object." }));
      return;
    }
    try {
      sendJson(response, 200, answer(body));
    } catch (error) {
      if (!(error instanceof ProtocolMistake)) throw error;
      sendJson(response, 400, errorBody(error.facts));
    }
  };
}

/** The HTTP side: secrets for pages. */
export function openAiRest(keys: KeyRing, settings: Settings): Readonly<Record<string, HttpHandler>> {
  return {
    "POST /v1/realtime/client_secrets": guarded(keys, createSecret(keys, settings)),
    "POST /v1/realtime/sessions": guarded(keys, createBetaSession(keys, settings)),
  };
}
