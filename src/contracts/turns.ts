import type { Continuity } from "./continuity.js";

/** For facts of which a server informs the app itself (Pipecat): the state moves, and no edge comes of it. */
interface Silently {
  readonly silently?: true;
}

/** What the user does. */
export type UserFact =
  /**
   * The user began to speak. `inferred`: only words or an interruption say so, and no service will say when it ends; more
   * of the same speech may be told again, which keeps the turn alive.
   */
  | { readonly type: "user.started"; readonly inferred?: boolean }
  /**
   * The user fell silent, as a service or the app says. `replyDue`: the service replies to it by itself. Semantic VAD may
   * have the user go on speaking before it does.
   */
  | { readonly type: "user.stopped"; readonly replyDue: boolean }
  /** An inferred turn is over although the bot's has not begun. */
  | { readonly type: "user.concluded" };

/**
 * What the service makes for the conversation. Several responses, and those out of band, are the reducer's: only the first
 * that begins and the last that ends are told.
 */
export type ReplyFact =
  /** The app, or a tool's result, has asked for a reply. */
  | { readonly type: "reply.requested" }
  /** The service makes a reply. Whatever was owed is met by it. */
  | { readonly type: "reply.began" }
  /** What is being made has been interrupted; the service has not confirmed it. */
  | { readonly type: "reply.cancelled" }
  /**
   * The service makes nothing any more; where nothing had begun, what was owed will not come. `another`: a reply that had
   * to wait for this end is requested with it.
   */
  | { readonly type: "reply.ended"; readonly another: boolean };

/** Who or what interrupted the bot. */
export type FlushCause = "user" | "text" | "app" | "service";

/** The bot's voice as it is played: by the player, or by the service over WebRTC. */
export type VoiceFact =
  /** Audio waits to be played; nothing of it is audible yet. Told once, not with each chunk. */
  | { readonly type: "voice.queued" }
  /** The first sample is audible. */
  | { readonly type: "voice.began" }
  /** All of it was played, or what waits will never be. */
  | { readonly type: "voice.drained" }
  /** The player was flushed; how much had been played is not known yet. */
  | { readonly type: "voice.flushed"; readonly by: FlushCause }
  /** It is known of every flush how much had been played. */
  | { readonly type: "voice.counted" };

/** Function calls that wait for the app; which ones, the reducer knows. */
export type ToolFact =
  /** The first call waits. */
  | { readonly type: "tools.called" }
  /** The last one has its result, or is cancelled. */
  | { readonly type: "tools.settled" }
  /** One call waits, from now on for no longer than the app's `functionCallTimeout`. `call`: its number in the session. */
  | { readonly type: "call.began"; readonly call: number }
  /** It has its result, or is cancelled. */
  | { readonly type: "call.ended"; readonly call: number };

export type BotFact =
  /** The bot says that it is ready. After `connection.ready` where both come at once. */
  | { readonly type: "bot.ready" }
  /** The app asked once more whether the bot is ready. */
  | { readonly type: "bot.asked" };

/** What becomes of the connection and of the session. */
export type SessionFact =
  /** The connection is gone, by accident or for a planned reconnect. Told before anything else of that end is. */
  | { readonly type: "connection.lost" }
  /** The service is ready on a new connection: also the first of a session. */
  | { readonly type: "connection.ready"; readonly continuity: Continuity }
  /** The session is over. Told on every way out, before the actor stops. */
  | { readonly type: "session.ended" };

/** Everything that the turns of a conversation are told, about 25 facts a turn. Audio and words are no facts. */
export type TurnFact = ((UserFact | ReplyFact | VoiceFact | ToolFact) & Silently) | BotFact | SessionFact;

/** What is to be delivered to the app, in the order in which it happens. Each start has exactly one stop. */
export type TurnEdge =
  | { readonly type: "user-started-speaking" }
  | { readonly type: "user-stopped-speaking" }
  | { readonly type: "bot-started-speaking" }
  | { readonly type: "bot-stopped-speaking" }
  /** The bot may be spoken to: once a session. */
  | { readonly type: "bot-joined" }
  /** It may not any more: once for each that joined. */
  | { readonly type: "bot-left" }
  /** A bot-ready is to be delivered. One that comes without this edge is the late answer of a bot that the app knows. */
  | { readonly type: "bot-ready" }
  /** The results of the open function calls can reach no model any more: they are to be reported as cancelled. */
  | { readonly type: "calls-dropped" }
  /** A function call has waited for as long as it may, in ms: it is to be answered in the app's place. */
  | { readonly type: "call-overdue"; readonly call: number; readonly afterMs: number };

/** What can be asked of the turns at any time. */
export type TurnTag =
  /** The user or the bot speaks, or one waits for the other: no moment for a planned reconnect. */
  | "busy"
  /** The service must begin a reply, or confirm that one is over. */
  | "expects.reply"
  /** The service makes a reply, which may take its time. Whether silence is a bad sign meanwhile, the provider knows. */
  | "expects.progress"
  /** The user speaks, by whatever sign. */
  | "user.speaking"
  /** The user speaks as far as words or an interruption show; beside `user.speaking`. */
  | "user.inferred"
  /** A reply is being made that is not interrupted. */
  | "reply.generating"
  /** Audio waits to be played, or is: an interruption has something to flush. */
  | "voice.pending"
  /** The bot is audible. */
  | "bot.speaking"
  /** The model waits for the result of a function call. */
  | "tools.pending"
  /** The bot has joined and not left. */
  | "bot.present";

/** Turn-taking, as the rest of a session uses it. */
export interface Turns {
  /**
   * Something happened. Returns what is to be delivered of it, in order; nothing once the session has ended. Never calls
   * the app.
   */
  tell(fact: TurnFact): readonly TurnEdge[];
  /** Whether the turns are in a state with this tag; false once the session has ended. */
  is(tag: TurnTag): boolean;
}
