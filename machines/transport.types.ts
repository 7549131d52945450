import type { Fault } from "../src/contracts/fault.js";
import type { Continuity, Recovery } from "../src/contracts/continuity.js";
import type { ConnectionFact, ConnectionInput } from "./connection.machine.js";
import type { MicrophoneFact } from "./microphone.machine.js";
import type { SpeakerFact } from "./speaker.machine.js";

/** The RTVI transport states. Exactly one of them is a tag of every resting state of the root chart. */
export type RtviTag =
  | "disconnected"
  | "initializing"
  | "initialized"
  | "authenticating"
  | "authenticated"
  | "connecting"
  | "connected"
  | "ready"
  | "disconnecting"
  | "error";

export type TransportEvent =
  /* from the app */
  | { readonly type: "devices.requested" }
  | { readonly type: "bot.starting" }
  | { readonly type: "bot.started" }
  | { readonly type: "session.requested" }
  | { readonly type: "session.released" }
  | { readonly type: "mic.muted" }
  | { readonly type: "mic.unmuted" }
  | { readonly type: "mic.chosen"; readonly deviceId: string }
  | { readonly type: "gesture.made" }
  /* from the service */
  /** `gapMs`: since the session was ready last, if it was; only who has a clock can tell. */
  | { readonly type: "service.ready"; readonly continuity: Continuity; readonly gapMs: number }
  | { readonly type: "bot.interrupted" }
  | { readonly type: "bot.failed"; readonly fault: Fault }
  /* from the children */
  | ConnectionFact
  | MicrophoneFact
  | SpeakerFact;

/** Facts that are not states, for whoever listens with `actor.on`. */
export type TransportFact =
  | MicrophoneFact
  | Extract<SpeakerFact, { type: "playback.blocked" | "playback.unblocked" | "playback.failed" }>
  | Exclude<ConnectionFact, { type: "connection.opened" }>
  /** The session is ready again after an outage. */
  | { readonly type: "session.recovered"; readonly recovery: Recovery }
  /** Nothing is held and nothing runs: the answer to each `session.released`. */
  | { readonly type: "session.settled" };

/** All times in ms. */
export interface TransportInput {
  readonly connection: ConnectionInput;
  /** How long the service may take from open to ready. */
  readonly readyTimeout: number;
  /** How long an orderly goodbye may take. */
  readonly disconnectTimeout: number;
  /** Whether the microphone starts muted. */
  readonly muted: boolean;
  /** Ms without a sign of the user's speech after which a turn that is only inferred is over; undefined: the chart's default. */
  readonly lull: number | undefined;
}

export interface TransportContext {
  readonly connection: ConnectionInput;
  readonly readyTimeout: number;
  readonly disconnectTimeout: number;
  readonly muted: boolean;
  readonly lull: number | undefined;
  /** How often a connection of this session has opened, and the service on it was ready. */
  readonly timesOpened: number;
  readonly timesReady: number;
  /** Why the last session failed; null while all is well. */
  readonly fault: Fault | null;
  /** Which dial of the session opened the link that is open, or was last. */
  readonly attempt: number;
  /** What was known of the conversation when that link opened. */
  readonly continuity: Continuity;
  /** Since the session was ready last and is not; null while nothing is wrong. */
  readonly outage: Outage | null;
}

/** A session that was ready has no link. */
export interface Outage {
  /** The dial that had opened the link. */
  readonly attempt: number;
  /** Null when the link is changed on purpose. */
  readonly fault: Fault | null;
}
