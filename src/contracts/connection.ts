import type { Fault } from "./fault.js";
import type { Continuity } from "./continuity.js";

/** One attempt to reach the service. */
export interface ConnectRequest {
  /** 1 for the first attempt of a session. */
  readonly attempt: number;
  /** Whether the session was ready before: the service may be asked to go on with the conversation. */
  readonly resuming: boolean;
  /** Aborts when the attempt, or the session it became, is over: release everything at once and report nothing more. */
  readonly signal: AbortSignal;
}

/**
 * What a service owes. `answer`: it must come, or the service is given up. `progress`: it is at work, which may take as
 * long as it likes (a tool, a long thought) as long as the service is there. `nothing`: it has no reason to speak.
 */
export type Expects = "nothing" | "progress" | "reply";

/** What a connection tells its owner. */
export interface ConnectionReports {
  /**
   * The connection can carry messages. `fresh` unless the service has said already that it knows the conversation, which also
   * says that it is ready.
   */
  opened(info: { readonly continuity: Continuity }): void;
  /** The service will end the connection within so many ms: it is changed at the next quiet moment, and before that end. */
  expiring(info: { readonly withinMs: number }): void;
  /** Whether somebody speaks or is waited for (the user, the bot, a tool), so that this is no moment to change the connection. */
  busy(isBusy: boolean): void;
  /** Something came from the service, whatever it was. Cheap: to be called for every message. */
  received(): void;
  /** What the service owes from now on. While it owes something, silence counts also where it cannot be asked. */
  expects(expects: Expects): void;
  /** The one terminal fact. Later calls are ignored. */
  closed(fault: Fault): void;
}

/** A connection that has been connected; it may not be open yet. */
export interface Connection {
  /** Begins an orderly close; `closed` follows. */
  close(): void;
  /**
   * Asks the service for a sign of life, which counts as received. False when it cannot be asked now. Without it a service that
   * owes something is taken for gone as soon as it was silent for too long, and one that owes nothing never is.
   */
  probe?(): boolean;
}

/**
 * Opens a connection to a service. Must not throw: a failure is a `closed` fact. Messages do not pass here; each provider
 * carries them on its own socket, as structured-cloneable values only, so that a connection can move to a Worker.
 */
export type Connect = (request: ConnectRequest, reports: ConnectionReports) => Connection;
