import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { Logger } from "./logger.js";
import type { Turns } from "./turns.js";
import type { Attempt, Connection, Upcalls } from "./connection.js";
import type { Command, Dialogue, Effect, OutgoingMessage } from "./dialogue.js";

/** How audio travels between the page and the service. */
export interface MediaPlan {
  /**
   * What carries the user's voice: `pcm`, chunks that the connection sends; `track`, the microphone's own track, of which chunks
   * are asked for only while there is no connection.
   */
  readonly uplink: "pcm" | "track";
  /** Who says when the bot is heard: the player of this page, or the service, whose track is played. */
  readonly voice: "player" | "service";
  /** Rates of the default media manager in Hz, where they are not its own (24 kHz both ways). */
  readonly inputSampleRate?: number;
  readonly outputSampleRate?: number;
  /**
   * How long no chunk of the microphone may come, in ms, until the dialogue is told that it is off, as by a mute: it may be gone, or
   * the page's audio closed. Left out: it is not told.
   */
  readonly pauseMs?: number;
  /** How long a chunk of the default manager is, in ms, where it is not its own. */
  readonly chunkMs?: number;
}

/** What a session is begun with. */
export interface SessionStart<P> {
  readonly params: P;
  /** What `end()` of the session before returned. */
  readonly kept: unknown;
  /** Rates of the chunks that the microphone makes and the player takes, in Hz. */
  readonly rates: { readonly input: number; readonly output: number };
  readonly logger: Logger;
  /** Whether the app wants the microphone on, now: it may be turned while there is no dialogue that could be told. */
  readonly isMicWanted: () => boolean;
}

/**
 * One voice service, as a value: it lives as long as the transport that has it. A session of it is a `ProviderSession`, what is
 * said on one connection a `Dialogue`.
 */
export interface Provider<P = unknown> {
  /** What the transport is called in messages to developers. */
  readonly name: string;
  /** What the service is called in messages to people. */
  readonly service: string;
  /** What the service is called in metrics and in `bot-ready`. */
  readonly processor: string;
  readonly media: MediaPlan;
  /** Largest RTVI message of the app, in bytes; default client-js's own limit. */
  readonly maxMessageSize?: number;
  /** Reads connection parameters of one session. @throws InvalidOptionsError naming the key whose type is wrong. */
  readParams(params: unknown): P;
  /** `connect()` was called. @throws InvalidOptionsError */
  begin(start: SessionStart<P>): ProviderSession<P>;
  /** What answers the messages of RTVI's services in the service's place; absent where the service does so itself. */
  responder?(host: ResponderHost): Responder;
}

/** One `connect()` … `disconnect()`: what outlives a connection. `Plan` and `Credential` belong to one attempt. */
export interface ProviderSession<P = unknown, Plan = unknown, Credential = unknown> {
  /** Fresh connection parameters for the next attempt. */
  refresh(params: P): void;
  /** What the attempt is to do, from the options and all that is known. Synchronous. @throws InvalidOptionsError */
  plan(attempt: Attempt): Plan;
  /** Asks for the credential of the attempt: the one place where it is read. @throws AuthenticationError, InvalidOptionsError, ConnectionFailedError */
  credential(plan: Plan, attempt: Attempt): Promise<Credential>;
  /** Opens the socket or peer. Never throws: a failure is `up.closed`. */
  open(plan: Plan, credential: Credential, attempt: Attempt, up: Upcalls): void;
  /** The dialogue of a connection that has opened; made before its first message is read. */
  dialogue(plan: Plan, credential: Credential, connection: Connection, turns: Turns): Dialogue;
  /**
   * A command of the app while there is no connection: what is done about it now, or "wait" for the next connection.
   * @throws NotReadyError and what `Dialogue.command` throws.
   */
  commandOffline(command: Command): Effect[] | "wait";
  /** The session is over. Returns what was open and is closed by it, and what the next session may be begun with. */
  end(): { readonly effects: readonly Effect[]; readonly kept: unknown };
}

/** What a responder may ask of its session. */
export interface ResponderHost {
  /** Whether a session is under way. */
  isInSession(): boolean;
  /** Whether commands can be carried out. */
  isReady(): boolean;
  /** Carries out commands, as one. @throws as `Dialogue.command`; NotReadyError outside a ready session. */
  command(commands: readonly Command[]): void;
  /** Carries out a command where there is a dialogue, ready or not; nothing without one. */
  advise(command: Command): void;
}

/** Answers the messages of RTVI's services. */
export interface Responder {
  /** The configuration in force, as `bot-ready` tells it. */
  readonly config: unknown;
  /** Whether a message is one of the services'. */
  answers(message: RTVIMessage): boolean;
  /** The answer to a message; undefined when it is none of the services'. @throws InvalidOptionsError; what an action throws. */
  answer(message: RTVIMessage): OutgoingMessage | undefined;
}
