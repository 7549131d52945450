import { defaultLogger, type Logger } from "../../../src/log.js";
import type { FaultKnobs } from "./faults.js";
import type { JsonObject } from "./json.js";

/** One function call that the service makes. */
export interface ScriptedCall {
  readonly name: string;
  /** Sent as JSON; `{}` when absent. A string is sent as it is, valid JSON or not. */
  readonly arguments?: JsonObject | string;
}

/** How the service answers one turn of the user. */
export interface ScriptedTurn {
  /** What a recogniser would have understood, for a spoken turn. It is transcribed, and may name a tool. */
  readonly heard?: string;
  /** The words of the answer; the voice stays the recorded one, or the speaker's own. */
  readonly say?: string;
  /** Functions to call instead of an answer; once their outputs are in, the answer quotes them. */
  readonly calls?: readonly ScriptedCall[];
}

/** Detector settings for sessions that do not choose their own. */
export interface VadDefaults {
  /** 0 to 1; default 0.5. */
  readonly threshold?: number;
  /** Default 300. */
  readonly prefixPaddingMs?: number;
  /** Default 500. */
  readonly silenceDurationMs?: number;
}

/** How the service plays a Pipecat bot server. */
export interface PipecatServiceOptions {
  /** Whether a second client is turned away with close code 1013, as by a plain WebSocket server. Default: any number may come. */
  readonly singleClient?: boolean;
  /**
   * Whether a client that comes back with its `session_id` finds its conversation, though the app's server did not ask
   * for it. Default false; Pipecat's own servers never do.
   */
  readonly resumable?: boolean;
  /** Whether the services of RTVI 0.3 answer. Default true; false is what Pipecat's servers have done since 0.0.75. */
  readonly services?: boolean;
}

/** Options of {@link startLocalService}; every one has a default. */
export interface LocalServiceOptions {
  /** 0 (the default) takes any free port. */
  readonly port?: number;
  /** The loopback address, and no other: this service has no secrets worth the name. */
  readonly host?: "127.0.0.1";
  /**
   * Origins of pages that may use the service, e.g. `["http://localhost:5173"]`. Default: none. A program that is no browser
   * needs no entry. Every other page is refused, at another port of this machine too.
   */
  readonly allowOrigins?: readonly string[];
  /**
   * Standard keys that are accepted. Default: `local`, and what begins with `sk-` or `AIza`. A key that begins with `bad`
   * or `sk-bad` never is.
   */
  readonly keys?: readonly string[] | "any";
  /** How OpenAI refuses a bad key: HTTP 401 to the handshake (default), or an `error` event and a close after it. */
  readonly refusal?: "http" | "event";
  /** Arguments of tools that a text calls by their bare name. */
  readonly tools?: Readonly<Record<string, JsonObject>>;
  /** Answers to the first turns of each session, in order. */
  readonly script?: readonly ScriptedTurn[];
  /** Whether the service speaks first; default true. */
  readonly greet?: boolean;
  /** How long the greeting waits for a `session.update`, in ms; default 600. */
  readonly greetAfterMs?: number;
  /** Gets the conversation, one info line per turn. Default: nothing but warnings. */
  readonly logger?: Logger;
  /** Life of a client secret in seconds, where its request names none; default 600. */
  readonly clientSecretTtl?: number;
  /** Life of a session in seconds; default 3600. A Gemini session hears `goAway` before its end. */
  readonly sessionMaxSeconds?: number;
  readonly vad?: VadDefaults;
  /** Pause before an answer, in ms; default 80. */
  readonly replyDelayMs?: number;
  /** How many times faster than real time an answer is sent; default 6. */
  readonly replySpeed?: number;
  /** Sound in one delta, in ms; default 120. */
  readonly replyChunkMs?: number;
  /**
   * Gemini: how many times faster than real time the service believes its sound is played; default 1. It sends
   * `turnComplete` when it believes that the client has played everything, and until then speech interrupts.
   */
  readonly playbackSpeed?: number;
  /** Gemini: how long before the end of a connection `goAway` announces it, in ms; default 10 000. */
  readonly goAwayTimeLeftMs?: number;
  /** Gemini: how long a resumption handle is good for, in seconds; default 7200. */
  readonly handleTtl?: number;
  /** `beta` speaks the retired dialect, as some gateways still do; default `ga`. */
  readonly dialect?: "ga" | "beta";
  readonly pipecat?: PipecatServiceOptions;
  /** Knobs that are set from the start. */
  readonly faults?: Partial<FaultKnobs>;
}

/** The options with their defaults. */
export interface Settings {
  readonly keys: readonly string[] | "any" | undefined;
  readonly refusal: "http" | "event";
  readonly tools: Readonly<Record<string, JsonObject>>;
  readonly script: readonly ScriptedTurn[];
  readonly greet: boolean;
  readonly greetAfterMs: number;
  readonly logger: Logger;
  readonly clientSecretTtl: number;
  readonly sessionMaxSeconds: number;
  readonly vad: Required<VadDefaults>;
  readonly replyDelayMs: number;
  readonly replySpeed: number;
  readonly replyChunkMs: number;
  readonly playbackSpeed: number;
  readonly goAwayTimeLeftMs: number;
  readonly handleTtl: number;
  readonly dialect: "ga" | "beta";
  readonly pipecat: Required<PipecatServiceOptions>;
}

/** Fills in the defaults. */
export function settle(options: LocalServiceOptions): Settings {
  return {
    keys: options.keys,
    refusal: options.refusal ?? "http",
    tools: options.tools ?? {},
    script: options.script ?? [],
    greet: options.greet ?? true,
    greetAfterMs: options.greetAfterMs ?? 600,
    logger: options.logger ?? defaultLogger,
    clientSecretTtl: options.clientSecretTtl ?? 600,
    sessionMaxSeconds: options.sessionMaxSeconds ?? 3600,
    vad: {
      threshold: options.vad?.threshold ?? 0.5,
      prefixPaddingMs: options.vad?.prefixPaddingMs ?? 300,
      silenceDurationMs: options.vad?.silenceDurationMs ?? 500,
    },
    replyDelayMs: options.replyDelayMs ?? 80,
    replySpeed: options.replySpeed ?? 6,
    replyChunkMs: options.replyChunkMs ?? 120,
    playbackSpeed: options.playbackSpeed ?? 1,
    goAwayTimeLeftMs: options.goAwayTimeLeftMs ?? 10_000,
    handleTtl: options.handleTtl ?? 7200,
    dialect: options.dialect ?? "ga",
    pipecat: {
      singleClient: options.pipecat?.singleClient ?? false,
      resumable: options.pipecat?.resumable ?? false,
      services: options.pipecat?.services ?? true,
    },
  };
}
