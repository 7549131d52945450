import type { EncodedMessage, Effect, Expects } from "./dialogue.js";
import type { PlannedChange } from "./continuity.js";
import type { Fault } from "./fault.js";
import type { JsonRecord } from "./json.js";

/** One attempt to reach the service. */
export interface Attempt {
  /** 1 for the first attempt of a session. */
  readonly attempt: number;
  /** Whether the session was ready before: the service may be asked to go on with the conversation. */
  readonly resuming: boolean;
  /** Aborts when the attempt, or the connection it became, is over: release everything at once and report nothing more. */
  readonly signal: AbortSignal;
}

/** An open connection: a socket, or a peer. */
export interface Connection {
  /** Whether `send` takes anything; false from the moment that either side closes. */
  readonly isOpen: boolean;
  /** Bytes handed over that have not left yet. */
  readonly bufferedAmount: number;
  /** Bytes that one message may have; Infinity where there is no limit. */
  readonly maxMessageSize: number;
  /** Sends one message of the service's protocol. @throws NotReadyError, MessageTooLargeError, CongestionError */
  send(event: JsonRecord): void;
  /** Sends what a codec has written already. @throws as `send`. */
  sendEncoded(data: EncodedMessage): void;
  /** Sends a chunk of microphone audio; nothing where a track carries it. @throws as `send`. */
  audio(pcm: ArrayBuffer): void;
  /** The microphone's track that is sent from now on, where a track carries the audio. */
  setMicrophone?(track: MediaStreamTrack | undefined): void;
  /** When sound of the bot last came over a track, in ms of `performance.now()`; undefined until then. */
  readonly soundAt?: number | undefined;
  /** What the browser measures of a peer connection. Rejects once that is closed. */
  stats?(): Promise<RTCStatsReport>;
  /** Begins an orderly close; `closed` follows. Idempotent. */
  close(): void;
}

/** The bot's track of a connection, and how loud it is. */
export interface BotTrack {
  readonly track: MediaStreamTrack;
  /** 0 to 1; undefined where the browser does not say. */
  readonly level: () => Promise<number | undefined>;
}

/** What an attempt reports to its session. */
export interface Upcalls {
  /** The connection can carry messages. Once. */
  opened(connection: Connection): void;
  /** A message has come: a sign of life. False when it must not be read, because it is too long or one of a flood. */
  admits(data: string | ArrayBuffer): boolean;
  /** A message, decoded, in the order in which they came. */
  received(message: unknown): void;
  /** What else the connection wants done. */
  effects(effects: readonly Effect[]): void;
  /** The bot's track has come, or is gone. */
  track(bot: BotTrack | undefined): void;
  /** The peer exists and is not open yet: it already takes the microphone's track. */
  peer(connection: Connection): void;
  /** The one terminal fact, before the opening or after it. Later calls are ignored. */
  closed(error: Error): void;
}

/** What the owner of an attempt, and of the connection that it becomes, is told. */
export interface ConnectionReports {
  /** The connection can carry messages. */
  opened(): void;
  /** It is to be changed for a new one, at a quiet moment where there is one. */
  expiring(plan: PlannedChange): void;
  /** Whether somebody speaks or is waited for (the user, the bot, a tool), so that this is no moment to change the connection. */
  busy(isBusy: boolean): void;
  /** Something came from the service, whatever it was. Cheap: to be called for every message. */
  received(): void;
  /** What the service owes from now on. While it owes something, silence counts also where it cannot be asked. */
  expects(expects: Expects): void;
  /** The one terminal fact. Later calls are ignored. */
  closed(fault: Fault): void;
}

/** An attempt under way, or the connection that it became. */
export interface OpeningConnection {
  /** Begins an orderly close; `closed` follows. */
  close(): void;
  /**
   * Asks the service for a sign of life, which counts as received. False when it cannot be asked now: a service that owes something
   * is then taken for gone as soon as it was silent for too long, and one that owes nothing only when it takes nothing either.
   */
  probe(): boolean;
  /** How long the connection has taken nothing of what waits to be sent, in ms; 0 while it keeps up. */
  stalledFor(): number;
}

/** Opens a connection, by all its layers. Does not throw: a failure is a `closed` fact. */
export type OpenConnection = (request: Omit<Attempt, "resuming">, reports: ConnectionReports) => OpeningConnection;
