import type { Fault } from "../src/contracts/fault.js";
import type { LinkInput } from "./link.machine.js";
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
  | { readonly type: "client.ready" }
  | { readonly type: "mic.muted" }
  | { readonly type: "mic.unmuted" }
  | { readonly type: "mic.chosen"; readonly deviceId: string }
  | { readonly type: "gesture.made" }
  /* from the service */
  | { readonly type: "service.ready" }
  | { readonly type: "bot.interrupted" }
  | { readonly type: "bot.failed"; readonly fault: Fault }
  /* from the children */
  | { readonly type: "link.opened"; readonly resumed: boolean }
  | { readonly type: "link.dropped"; readonly fault: Fault }
  | MicrophoneFact
  | SpeakerFact;

/** Facts that are not states, for whoever listens with `actor.on`. */
export type TransportFact =
  | MicrophoneFact
  | Extract<SpeakerFact, { type: "playback.blocked" | "playback.unblocked" | "playback.failed" }>
  | { readonly type: "link.dropped"; readonly fault: Fault }
  /** Nothing is held and nothing runs: the answer to each `session.released`. */
  | { readonly type: "session.settled" };

/** All times in ms. */
export interface TransportInput {
  readonly link: LinkInput;
  /** How long the service may take from open to ready. */
  readonly readyTimeout: number;
  /** How long an orderly goodbye may take. */
  readonly disconnectTimeout: number;
  /** Whether the microphone starts muted. */
  readonly muted: boolean;
}

export interface TransportContext {
  readonly link: LinkInput;
  readonly readyTimeout: number;
  readonly disconnectTimeout: number;
  readonly muted: boolean;
  /** Why the last session failed; null while all is well. */
  readonly fault: Fault | null;
  /** Whether the open link continues the conversation that the last one carried. */
  readonly resumed: boolean;
}
