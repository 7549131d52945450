import type { ConversationHistory } from "../../../dialogue/conversation-history.js";
import type { TurnClock } from "../../../dialogue/turn-clock.js";
import { UserTurnEvents } from "../../../dialogue/user-turn-events.js";
import type { OpenAISink } from "../effects.js";
import type { UserEvent } from "../../../dialogue/voice-event.js";
import type { OpenAIBot } from "./bot.js";
import type { SessionSetup } from "./session-setup.js";

/** What the user's turns act on. */
export interface UserTurnsParts {
  readonly sink: OpenAISink;
  readonly sessionSetup: SessionSetup;
  readonly clock: TurnClock;
  readonly bot: OpenAIBot;
  readonly history: ConversationHistory;
  /** Wall-clock time. */
  readonly date: () => Date;
}

/** The user's side: when they speak, what is understood of it, and what their voice does to the bot. */
export class UserTurns {
  readonly #parts: UserTurnsParts;
  readonly #turns: UserTurnEvents;

  constructor(parts: UserTurnsParts) {
    this.#parts = parts;
    this.#turns = new UserTurnEvents(parts.sink, parts.date);
  }

  /**
   * After the end: whether what they said last was understood and not answered. In push to talk it is the app that asks
   * for answers.
   */
  get isOwedAnswer(): boolean {
    const { bot, history, sessionSetup } = this.#parts;
    const last = history.items.at(-1);
    const isUnanswered = bot.sequencer.userTurn === "unanswered";
    return isUnanswered && sessionSetup.autoResponds && last?.type === "message" && last.role === "user";
  }

  handle(event: UserEvent): void {
    const { clock, bot, history } = this.#parts;
    switch (event.type) {
      case "user.started":
        this.#bargeIn();
        break;
      case "user.stopped":
        this.#turns.stopped(this.#parts.sessionSetup.autoResponds);
        clock.turnEnded();
        bot.sequencer.userStopped();
        break;
      case "user.committed":
        clock.turnCommitted();
        if (event.item !== undefined) history.reserve(event.item);
        break;
      case "user.words":
        this.#turns.recognised(event.item, event.text);
        break;
      case "user.understood":
        this.#turns.understood(event.item, event.text);
        this.#note(event.item, event.text.trim());
        break;
      case "user.not-understood":
        this.#turns.notUnderstood(event.item);
        break;
    }
  }

  /** The connection is gone. What was understood so far is all that will be. */
  end(): void {
    for (const [itemId, text] of this.#turns.partials) {
      this.#parts.bot.sequencer.userCut();
      this.#note(itemId, text);
    }
    this.#turns.end();
  }

  #note(itemId: string, content: string): void {
    this.#parts.history.note(itemId, { type: "message", role: "user", content });
  }

  #bargeIn(): void {
    const { bot, clock, sessionSetup } = this.#parts;
    bot.voice.silence();
    this.#turns.started();
    clock.turnBegan();
    // With `interrupt_response` off the service goes on making what nobody listens to any more.
    bot.interrupt(!sessionSetup.interruptsResponses, "user");
    bot.sequencer.userStarted();
  }
}
