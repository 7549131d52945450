import type { EventLog } from "./event-log.js";
import type { KeyRing } from "./auth.js";
import type { FaultKnobs } from "./faults.js";
import type { JsonObject } from "./json.js";
import type { SessionLine } from "./line.js";
import type { Settings } from "./options.js";

/** The protocols that the service speaks. */
export type Protocol = "openai" | "gemini" | "pipecat";

/** What every protocol's session shows of itself. */
export interface SessionView {
  readonly protocol: Protocol;
  /** The whole session object (OpenAI), or the setup (Gemini), as the client last had it. */
  readonly config: JsonObject;
  /** The conversation, as the protocol shows it: no sound. */
  readonly items: readonly JsonObject[];
  /** Sound received so far, in ms. */
  readonly receivedMs: number;
  /** Sends any message of the protocol; for what the service never says by itself. */
  send(message: JsonObject): void;
}

/** A session that is open, for tests to look at and to break. */
export interface LiveSession extends SessionView {
  readonly id: string;
  /** Closes with a close frame, 1011 unless told otherwise; a WebRTC call has no code and just ends. */
  drop(code?: number, reason?: string): void;
  /** Cuts the line: the client sees 1006. */
  terminate(): void;
}

/** What opening sessions takes, whichever the protocol. */
export interface ServiceParts {
  readonly settings: Settings;
  readonly keys: KeyRing;
  readonly faults: FaultKnobs;
  readonly events: EventLog;
  /** Lists a session that has opened. */
  opened(id: string, session: SessionView, line: SessionLine): void;
  closed(id: string): void;
}

/** A session and its line, as `LocalService.sessions` lists them. */
export function live(id: string, session: SessionView, line: SessionLine): LiveSession {
  return {
    id,
    protocol: session.protocol,
    get config() {
      return session.config;
    },
    get items() {
      return session.items;
    },
    get receivedMs() {
      return session.receivedMs;
    },
    send: (message) => session.send(message),
    drop: (code = 1011, reason = "") => line.close(code, reason),
    terminate: () => line.terminate(),
  };
}
