import type { Turns } from "../../contracts/turns.js";
import type { Redactor } from "../../util/redact.js";
import type { GeminiHistory } from "./gemini-history.js";
import type { SessionPlan } from "./plan.js";
import type { ResumptionHandle } from "./resumption-handle.js";

/** What one dialogue, over one connection, is set up with. */
export interface DialogueSetup extends Pick<
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
  /** Whether the app wants the microphone on, as the dialogue begins. */
  readonly micOn: boolean;
  /** What was said before, and where to write down what is said now. */
  readonly conversationHistory: GeminiHistory;
  /** Where the handles go that the service gives. */
  readonly resumption: ResumptionHandle;
  /** Whether settings have changed of which this connection knows nothing. */
  readonly isStale: () => boolean;
  /** Turn-taking in this session. */
  readonly turns: Turns;
  /** Numbers the bot's sentences; of the session, because the app finds a sentence by its number. Default: from 1. */
  readonly nextSegment?: (() => number) | undefined;
  /** Monotonic time in ms. */
  readonly now: () => number;
  /** Wall-clock time. */
  readonly date: () => Date;
}
