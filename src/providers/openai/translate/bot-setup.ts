import type { ConversationHistory } from "../../../dialogue/conversation-history.js";
import type { Redactor } from "../../../util/redact.js";

/** What the bot's side of the conversation is set up with. */
export interface BotSetup {
  /** Who plays the bot's audio: this page, from events (WebSocket), or the service, over RTP (WebRTC). */
  readonly playback: "local" | "remote";
  /** Monotonic time in ms. */
  readonly now: () => number;
  /** Over WebRTC: when sound last came; undefined where nobody can tell. */
  readonly soundAt?: (() => number | undefined) | undefined;
  /** Whether the service answers by itself when the user stops speaking. */
  readonly autoResponds: () => boolean;
  /** Called with the first sign of an answer: its first sample heard, or its first text where it has no sound. */
  readonly answered: () => void;
  /** Called when the model's voice is first used. */
  readonly spoke: () => void;
  readonly history: ConversationHistory;
  /** Numbers the bot's sentences; of the session, because the app finds a sentence by its number. Default: from 1. */
  readonly nextSegment?: (() => number) | undefined;
  /** Makes the service's words safe to show. */
  readonly redact: Redactor;
}
