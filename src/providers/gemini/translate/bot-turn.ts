import type { GeminiHistory } from "../gemini-history.js";
import type { Redactor } from "../../../util/redact.js";
import type { Prompt } from "./user.js";

/** What the bot's side of the conversation is set up with. */
export interface BotSetup {
  /** Monotonic time in ms. */
  readonly now: () => number;
  /** Rate of the audio that the player takes, in Hz. */
  readonly playbackRate: number;
  /** Called with the first sign of an answer: its first sample heard, or its first text where it has no sound. */
  readonly answered: () => void;
  /** A turn of the bot begins. */
  readonly turnBegan: (prompt: Prompt) => void;
  readonly conversationHistory: GeminiHistory;
  /** Numbers the bot's sentences; of the session, because the app finds a sentence by its number. Default: from 1. */
  readonly nextSegment?: (() => number) | undefined;
  /** Functions for which the model does not wait, by name. */
  readonly nonBlocking: ReadonlySet<string>;
  /** Makes the service's words safe to show. */
  readonly redact: Redactor;
}

/** Whether a turn's audio is wanted. */
export type TurnSound = "played" | "dropped";

/** What the model makes between two boundaries. The service gives turns no ids, so they are counted. */
export interface Turn {
  readonly id: string;
  readonly sound: TurnSound;
  /** "made": nothing but words that are late, and its completion, is still to come. */
  phase: "making" | "made";
  /**
   * "crossed": a message of ours stops it, and the interruption that follows is not the user's voice. "stopped": nothing more
   * of it comes through, though the service goes on with it until it knows.
   */
  fate: "wanted" | "crossed" | "stopped";
}
