import { KeyRing } from "./auth.js";
import { EventLog, type LoggedEvent } from "./event-log.js";
import { noFaults, type FaultKnobs } from "./faults.js";
import { sendJson } from "./http.js";
import type { JsonObject } from "./json.js";
import { listen } from "./listen.js";
import type { SessionLine } from "./openai/line.js";
import { openAiRest } from "./openai/rest.js";
import type { OpenAiSession } from "./openai/session.js";
import { openAiUpgrade } from "./openai/upgrade.js";
import { settle, type LocalServiceOptions } from "./options.js";
import { Router } from "./router.js";
import { OpenAiCalls } from "./webrtc/calls.js";

/** A session that is open, for tests to look at and to break. */
export interface LiveSession {
  readonly id: string;
  /** The whole session object, as the client last had it. */
  readonly config: JsonObject;
  /** The conversation, as events show it: no sound. */
  readonly items: readonly JsonObject[];
  /** Sound received so far, in ms. */
  readonly receivedMs: number;
  /** Sends any event; for what the service never says by itself. */
  send(event: JsonObject & { readonly type: string }): void;
  /** Closes with a close frame, 1011 unless told otherwise; a WebRTC call has no code and just ends. */
  drop(code?: number, reason?: string): void;
  /** Cuts the line: the client sees 1006. */
  terminate(): void;
}

/** A service that runs. */
export interface LocalService {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `ws://127.0.0.1:<port>/v1/realtime`; add `?model=`. */
  readonly wsUrl: string;
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

function live(id: string, session: OpenAiSession, line: SessionLine): LiveSession {
  return {
    id,
    get config() {
      return session.config;
    },
    get items() {
      return session.items;
    },
    get receivedMs() {
      return session.receivedMs;
    },
    send: (event) => session.send(event),
    drop: (code = 1011, reason = "") => line.close(code, reason),
    terminate: () => line.terminate(),
  };
}

/**
 * Starts a realtime voice service on this machine. It speaks the OpenAI Realtime protocol and is a developer's tool:
 * it recognises no speech and has no model, but repeats what was said.
 * @throws Error of Node's `net` module when the port is taken (`EADDRINUSE`).
 */
export async function startLocalService(options: LocalServiceOptions = {}): Promise<LocalService> {
  const settings = settle(options);
  const faults: FaultKnobs = { ...noFaults(), ...options.faults };
  const keys = new KeyRing(settings.keys);
  const log = new EventLog();
  const sessions = new Map<string, LiveSession>();
  const router = new Router();
  const host = options.host ?? "127.0.0.1";

  const parts = {
    settings,
    keys,
    faults,
    events: log,
    opened: (id: string, session: OpenAiSession, line: SessionLine) => void sessions.set(id, live(id, session, line)),
    closed: (id: string) => void sessions.delete(id),
  };
  const calls = new OpenAiCalls(parts);
  router.add({
    http: {
      "GET /health": (_request, response) => sendJson(response, 200, { status: "ok", sessions: sessions.size }),
      ...openAiRest(keys, settings),
      ...calls.routes,
    },
    upgrades: { "/v1/realtime": openAiUpgrade(parts) },
  });

  const { port, close } = await listen(router, settings.logger, host, options.port ?? 0);
  return {
    url: `http://${host}:${String(port)}`,
    wsUrl: `ws://${host}:${String(port)}/v1/realtime`,
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
