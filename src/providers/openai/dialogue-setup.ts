import type { Effect } from "../../contracts/dialogue.js";
import type { MediaPlan } from "../../contracts/provider.js";
import type { HistoryLimits } from "../../dialogue/conversation-history.js";
import type { Turns } from "../../contracts/turns.js";
import type { Redactor } from "../../util/redact.js";
import type { SessionSetupParts } from "./translate/session-setup.js";

/** What one conversation, over one connection, is set up with. */
export interface DialogueSetup extends Omit<SessionSetupParts, "formats"> {
  /** Who says when the bot is heard: the player of this page, which is given its audio in events (WebSocket), or the service, over RTP (WebRTC). */
  readonly playedBy: MediaPlan["voice"];
  /** Over WebRTC: when sound last came, in the time of `now`; undefined where nobody can tell. Default: until the end. */
  readonly soundAt?: (() => number | undefined) | undefined;
  /** Bytes that one event may have, where the connection has a limit. */
  readonly maxEventSize?: (() => number) | undefined;
  /** Deliver server events as they are, too; "all" means audio as well. */
  readonly rawEvents: boolean | "all";
  /** The transport's name, for errors. */
  readonly name: string;
  /** Makes the service's words safe to show. */
  readonly redact: Redactor;
  /** Turn-taking in this session. */
  readonly turns: Turns;
  /** Numbers the bot's sentences; of the session, because the app finds a sentence by its number. Default: from 1. */
  readonly nextSegment?: (() => number) | undefined;
  /** Monotonic time in ms. */
  readonly now: () => number;
  /** Wall-clock time. */
  readonly date: () => Date;
  /** Whether another conversation, over another connection, may go on with this one. Default false. */
  readonly keeps?: boolean;
  /** How much of it is written down. */
  readonly limits?: HistoryLimits;
  /** How long before its end a session is changed for a new one, in ms; 0 for not at all. */
  readonly reconnectBeforeMs: number;
  /** How long the service lets a session last, in ms. */
  readonly maxSessionMs: number;
  /** Bytes that an RTVI message may have on this connection. */
  readonly maxMessageSize: () => number;
  /** What is done first: what the dialogue of the connection before had begun, and this one does not go on with. */
  readonly first?: readonly Effect[];
  /** Called when the service was told the conversation again. */
  readonly replayed?: () => void;
}
