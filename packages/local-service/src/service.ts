import { KeyRing } from "./auth.js";
import { EventLog, type LoggedEvent } from "./event-log.js";
import { noFaults, type FaultKnobs } from "./faults.js";
import { AuthTokens } from "./gemini/auth-tokens.js";
import { Handles } from "./gemini/handles.js";
import { geminiRest } from "./gemini/rest.js";
import { geminiUpgrades } from "./gemini/upgrade.js";
import { sendJson } from "./http.js";
import { listen } from "./listen.js";
import { live, type LiveSession, type ServiceParts } from "./live-session.js";
import { openAiRest } from "./openai/rest.js";
import { openAiUpgrade } from "./openai/upgrade.js";
import { settle, type LocalServiceOptions } from "./options.js";
import { pipecatRest, SOCKET_PATH } from "./pipecat/start.js";
import { StartedSessions } from "./pipecat/started-sessions.js";
import { pipecatUpgrade } from "./pipecat/upgrade.js";
import { RefusalLog } from "./refusal-log.js";
import { readOrigins } from "./request-policy.js";
import { Router } from "./router.js";
import { OpenAiCalls } from "./webrtc/calls.js";

/** A service that runs. */
export interface LocalService {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `ws://127.0.0.1:<port>/v1/realtime`; add `?model=`. */
  readonly wsUrl: string;
  /** `http://127.0.0.1:<port>/start`: where a Pipecat app starts its bot. */
  readonly pipecatUrl: string;
  /**
   * `ws://127.0.0.1:<port>`, Gemini Live's base address; add
   * `/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=`.
   */
  readonly geminiUrl: string;
  readonly port: number;
  /** The sessions that are open now, oldest first. */
  readonly sessions: readonly LiveSession[];
  /** Types and ids of the last 5000 events of all sessions, past ones too. */
  readonly events: readonly LoggedEvent[];
  /** Misbehaviour for connections to come. */
  readonly faults: FaultKnobs;
  /** Cuts every line and frees the port. */
  readonly close: () => Promise<void>;
}

/**
 * Starts a realtime voice service on this machine. It speaks the OpenAI Realtime protocol and Gemini Live, plays a Pipecat
 * bot server, and is a developer's tool: it recognises no speech and has no model, but repeats what was said.
 * @throws Error of Node's `net` module when the port is taken (`EADDRINUSE`), or one that names what is no origin in
 * `allowOrigins`.
 */
export async function startLocalService(options: LocalServiceOptions = {}): Promise<LocalService> {
  const settings = settle(options);
  const faults: FaultKnobs = { ...noFaults(), ...options.faults };
  const keys = new KeyRing(settings.keys);
  const log = new EventLog();
  const sessions = new Map<string, LiveSession>();
  const refusals = new RefusalLog(settings.logger);
  const router = new Router(readOrigins(options.allowOrigins ?? []), (message) => refusals.add(message));
  const host = options.host ?? "127.0.0.1";

  const parts: ServiceParts = {
    settings,
    keys,
    faults,
    events: log,
    opened: (id, session, line) => void sessions.set(id, live(id, session, line)),
    closed: (id) => void sessions.delete(id),
  };
  const calls = new OpenAiCalls(parts);
  const tokens = new AuthTokens();
  const handles = new Handles(settings.handleTtl * 1000);
  const started = new StartedSessions();
  const pipecat = pipecatUpgrade(parts, started);
  router.add({
    http: {
      "GET /health": (_request, response) => sendJson(response, 200, { status: "ok", sessions: sessions.size }),
      ...openAiRest(keys, settings),
      ...calls.routes,
      ...geminiRest(keys, tokens),
      ...pipecatRest(settings, started),
    },
    contentTypes: calls.contentTypes,
    upgrades: {
      "/v1/realtime": openAiUpgrade(parts),
      ...geminiUpgrades({ ...parts, tokens, handles }),
      [SOCKET_PATH]: pipecat,
      // Some servers put the token into the path.
      [`${SOCKET_PATH}/*`]: pipecat,
    },
  });

  const { port, close } = await listen(router, settings.logger, host, options.port ?? 0);
  return {
    url: `http://${host}:${String(port)}`,
    wsUrl: `ws://${host}:${String(port)}/v1/realtime`,
    geminiUrl: `ws://${host}:${String(port)}`,
    pipecatUrl: `http://${host}:${String(port)}/start`,
    port,
    get sessions() {
      return [...sessions.values()];
    },
    get events() {
      return log.events;
    },
    faults,
    close: async () => {
      await Promise.all([calls.close(), close()]);
    },
  };
}
