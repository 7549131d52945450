import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { Continuity, PlannedChange } from "./continuity.js";
import type { FaultError } from "./fault.js";
import type { JsonRecord } from "./json.js";
import type { PlaybackReport, PlayedItem } from "./speaker.js";
import type { TurnFact } from "./turns.js";

/**
 * What a service owes. `reply`: it must come, or the connection is given up. `progress`: it is at work, which may take as long
 * as it likes (a tool, a long thought) while the service is there. `nothing`: it has no reason to speak.
 */
export type Expects = "nothing" | "progress" | "reply";

/** What a codec writes for a connection. */
export type EncodedMessage = string | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>;

/** An RTVI message from "server" to client. */
export interface OutgoingMessage {
  readonly type: string;
  readonly data?: unknown;
  readonly id?: string;
}

/** A function call: by the service's id, or by its number in the session. */
export type CallReference = string | number;

/** Why the app does not answer a function call. */
export interface CallFailure {
  /** What became of the function, to follow its name: "returned what JSON cannot hold". */
  readonly what: string;
  readonly cause?: unknown;
  /** The app hears of it otherwise. */
  readonly isReported?: true;
}

/** What the app, or the session, wants of the dialogue. */
export type Command =
  /** An RTVI message of the app. */
  | { readonly type: "message"; readonly message: RTVIMessage }
  /** A message of the service's own protocol, from the app, as it is; checked by the dialogue. */
  | { readonly type: "raw"; readonly event: unknown }
  /** Changed settings of the running session, checked. */
  | { readonly type: "update"; readonly settings: JsonRecord }
  /** The app does not answer a function call: it is answered with an error. Without effect where the call is not open. */
  | { readonly type: "fail-call"; readonly call: CallReference; readonly failure: CallFailure }
  /** Silence the bot and stop what it is making. */
  | { readonly type: "interrupt" }
  /** Put messages into the conversation; `run`: interrupt the bot and have it answer. */
  | { readonly type: "append"; readonly messages: unknown; readonly run: boolean }
  /** Put messages in the place of the conversation. */
  | { readonly type: "replace"; readonly messages: unknown; readonly interrupt: boolean }
  /** Have the bot answer the conversation as it stands. */
  | { readonly type: "run" }
  /** Have the bot speak a text as it is. */
  | { readonly type: "speak"; readonly text: string }
  /** The app turned the microphone on or off; `pause`: it gives nothing, and may go on by itself. */
  | { readonly type: "mic"; readonly on: boolean; readonly pause?: true }
  /** Push to talk: the user begins, or stops, to speak. */
  | { readonly type: "activity"; readonly on: boolean }
  /** The client waits for the bot to be ready: ask for it, where it has to be asked. */
  | { readonly type: "client-ready" }
  /** What the user said while there was no connection: 16-bit mono PCM at `rate` Hz, in order. */
  | { readonly type: "missed-speech"; readonly pcm: readonly ArrayBuffer[]; readonly rate: number };

/** What a dialogue wants done, as data: no socket, no media and no callback is reached from inside it. */
export type Effect =
  /** Hand an RTVI message to the client. */
  | { readonly type: "deliver"; readonly message: OutgoingMessage }
  /** Answer a message of the app with an error. */
  | { readonly type: "reject"; readonly message: RTVIMessage; readonly error: Error }
  /** Send a message of the service's own protocol, as JSON. */
  | { readonly type: "send"; readonly event: JsonRecord }
  /** Send what a codec has written already. `of`: the message of the app that it is. */
  | { readonly type: "send-encoded"; readonly data: EncodedMessage; readonly of?: RTVIMessage }
  /** Queue audio of one item: 16-bit little-endian mono PCM at the rate that the player takes. */
  | { readonly type: "play"; readonly itemId: string; readonly pcm: ArrayBuffer }
  /** Silence the player now; what was really played comes back through `played`. */
  | { readonly type: "flush" }
  /** Tell the turns chart; its edges are delivered at this place. */
  | { readonly type: "tell"; readonly fact: TurnFact }
  /**
   * The service may be spoken to, and this is what it knows of the conversation. `botReady`: who delivers `bot-ready`, the
   * transport (the default), or the dialogue, because the service sends its own.
   */
  | { readonly type: "ready"; readonly continuity: Continuity; readonly botReady?: "delivered" }
  /**
   * The connection is to be changed for a new one, at a quiet moment where there is one. The latest such wish counts, but none puts
   * off a change whose time has come.
   */
  | ({ readonly type: "change-connection" } & PlannedChange)
  /** Messages of the app that may not have arrived: send them again on the next connection, as far as they may be. */
  | { readonly type: "unconfirmed"; readonly messages: readonly RTVIMessage[] }
  /** Call `command` with this once what is being done is done: one answer to all that is said in one breath. */
  | { readonly type: "soon"; readonly run: () => readonly Effect[] }
  /** Something failed and the session goes on. `as`: the service's own message, which the app gets in the place of ours. */
  | { readonly type: "report"; readonly error: Error; readonly as?: OutgoingMessage }
  /** The connection is of no use any more; `error.retryable` decides whether another is opened. */
  | { readonly type: "fault"; readonly error: FaultError }
  /** End the session on purpose. */
  | { readonly type: "end" }
  /** `once`: once per transport. */
  | { readonly type: "log"; readonly level: "debug" | "warn"; readonly message: string; readonly once?: boolean };

/**
 * A service's protocol on one side, RTVI on the other, and nothing between them but data: every call returns what is to be
 * done. One dialogue lives as long as one connection; it knows no socket, no media and no clock of its own.
 */
export interface Dialogue {
  /** Whether commands of the app can be taken. */
  readonly isReady: boolean;
  /** What the service owes now. */
  readonly expects: Expects;
  /** Whether somebody speaks or is waited for: no moment to change the connection. */
  readonly isBusy: boolean;
  /** When the service will end the session, in epoch seconds; undefined where it does not say. */
  readonly expiresAt?: number | undefined;
  /** The connection is open: what is said first. */
  open(): Effect[];
  /** A message of the service, as the connection's codec decoded it. What makes no sense is reported, and the session goes on. */
  receive(message: unknown): Effect[];
  /**
   * What the app asks for.
   * @throws UnsupportedFeatureError, InvalidOptionsError, NotReadyError, MessageTooLargeError; nothing has happened then.
   */
  command(command: Command): Effect[];
  /** Microphone audio is about to be sent: what must be said before it. */
  streaming?(): Effect[];
  /** What the player reports. */
  playback(report: PlaybackReport): Effect[];
  /** The answer to a `flush`: what was really played of each item that was cut. */
  played(items: readonly PlayedItem[]): Effect[];
  /** No more words of the user came: a turn that only they spoke of is over, as the turns chart says. */
  lulled?(): Effect[];
  /** A question that the service always answers; undefined when it cannot be asked now. */
  probe(): Effect[] | undefined;
  /** The connection refused the first of these: takes back what they stand for. Returns what is to be done all the same. */
  unsent(effects: readonly Effect[]): Effect[];
  /** The connection is gone: closes whatever was said to have started. `keeps`: another connection may go on with it. */
  end(keeps: boolean): Effect[];
}
