import type { Redactor } from "../../util/redact.js";
import type { GeminiHistory } from "./gemini-history.js";
import type { SessionPlan } from "./plan.js";

/** What one conversation, over one connection, is set up with. */
export interface ConversationSetup extends Pick<
  SessionPlan,
  | "setup"
  | "handle"
  | "history"
  | "initial"
  | "prompt"
  | "replays"
  | "runInitial"
  | "textInput"
  | "manual"
  | "interruptible"
  | "rawEvents"
> {
  /** The transport's name, for errors. */
  readonly name: string;
  /** Makes the service's words safe to show. */
  readonly redact: Redactor;
  /** Rate of the audio that the player takes, in Hz. */
  readonly playbackRate: number;
  /** Whether the user was speaking, in push to talk, when the last connection was lost. */
  readonly speaking: boolean;
  /** What was said before, and where to write down what is said now. */
  readonly conversationHistory: GeminiHistory;
  /** Monotonic time in ms. */
  readonly now: () => number;
  /** Wall-clock time. */
  readonly date: () => Date;
}
