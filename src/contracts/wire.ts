import type { Fault } from "./fault.js";

/** One attempt to reach the service. */
export interface DialRequest {
  /** 1 for the first attempt of a session. */
  readonly attempt: number;
  /** Aborts when the attempt, or the session it became, is over: release everything at once and report nothing more. */
  readonly signal: AbortSignal;
}

/** What a wire tells its owner. */
export interface WireReports {
  /** The wire can carry messages. `resumed`: the service still knows the conversation. */
  opened(info: { readonly resumed: boolean }): void;
  /** The one terminal fact. Later calls are ignored. */
  closed(fault: Fault): void;
}

/** A wire that has been dialled; it may not be open yet. */
export interface Wire {
  /** Begins an orderly goodbye; `closed` follows. */
  hangUp(): void;
}

/**
 * Opens a wire to a service. Must not throw: a failure is a `closed` fact. Messages do not pass here; each provider
 * carries them on its own socket, as structured-cloneable values only, so that a wire can move to a Worker.
 */
export type Dial = (request: DialRequest, reports: WireReports) => Wire;
