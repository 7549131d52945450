import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { PlaybackReport, PlayedItem } from "../contracts/speaker.js";
import type { Expects } from "../contracts/connection.js";
import type { RtviMachineError } from "../errors.js";
import type { Logger } from "../log.js";
import type { Effect, RtviOut } from "./effects.js";

/**
 * A service's protocol on one side, RTVI on the other, and nothing between them but data: every call returns what is to
 * be done. One conversation lives as long as one connection.
 */
export interface ServiceConversation {
  /** Whether messages of the app can be taken. */
  readonly isReady: boolean;
  /** When the service will end the session, in epoch seconds; undefined where it does not say. */
  readonly expiresAt?: number | undefined;
  /** What the service owes now. Absent where nobody can tell: its silence then means nothing. */
  readonly expects?: Expects;
  /** A message of the service. What cannot be understood is reported, and the session goes on. */
  receive(data: string | ArrayBuffer): Effect[];
  /** What the player says. */
  playback(report: PlaybackReport): Effect[];
  /** The answer to an `interrupt` effect: what was really played of each item that was cut. */
  cut(items: readonly PlayedItem[]): Effect[];
  /** Silences the bot and stops what it is making. */
  interrupt(): Effect[];
  /** A message of the app. @throws UnsupportedFeatureError, InvalidOptionsError, MessageTooLargeError; nothing has happened then. */
  message(message: RTVIMessage): Effect[];
  /** The connection refused the first of these: takes back what they stand for. Returns what of them is to be done all the same. */
  unsent?(effects: readonly Effect[]): Effect[];
  /** The connection is gone: closes whatever was said to have started. */
  end(): Effect[];
}

/** What a transport does for the conversation it carries. */
export interface ServicePorts {
  /** Hands an RTVI message to the client. */
  deliver(message: RtviOut): void;
  /** Queues audio of an item for playback. */
  play(itemId: string, pcm: ArrayBuffer): void;
  /** Silences the bot; resolves to what was really played. */
  interrupt(): Promise<readonly PlayedItem[]>;
  ready(): void;
  /** Something came from the service. */
  received(): void;
  /** What the service owes may have changed. */
  expects(expects: Expects): void;
  report(error: RtviMachineError): void;
  /** The session is over. */
  lost(error: RtviMachineError): void;
  /** End the session on purpose. */
  close(): void;
  readonly logger: Logger;
}
