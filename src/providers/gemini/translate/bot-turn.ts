import type { BotSetup } from "../../../dialogue/bot.js";
import type { GeminiHistory } from "../gemini-history.js";
import type { Redactor } from "../../../util/redact.js";
import type { Prompt } from "./user.js";

/** What the bot's side of the conversation is set up with. */
export interface GeminiBotSetup extends Pick<BotSetup<true>, "now" | "answered" | "nextSegment"> {
  /** Rate of the audio that the player takes, in Hz. */
  readonly playbackRate: number;
  /** A turn of the bot begins. */
  readonly turnBegan: (prompt: Prompt) => void;
  readonly conversationHistory: GeminiHistory;
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
