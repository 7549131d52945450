import type { EffectSink } from "../../../dialogue/effects.js";
import type { GeminiHistory } from "../gemini-history.js";
import type { TurnClock } from "../../../dialogue/turn-clock.js";
import { LONGEST_TRANSCRIPT, UserTurnEvents } from "../../../dialogue/user-turn-events.js";

/**
 * What the user does. The service does not say when ordinary speech begins and ends, so it is concluded: it begins with
 * the first words recognised while the bot makes nothing, or with an interruption, and ends when the bot's turn begins.
 * Where the service or the app does say it, that counts alone.
 */
export class User {
  readonly #turns: UserTurnEvents;
  #utterance = 0;
  #text = "";
  #told: boolean;
  /** The conversation has a place for words that may still come: the transcript is often later than the answer. */
  #placed = false;

  /**
   * @param manual Whether the app says when the user speaks.
   * @param conversationHistory Where the words are written down.
   */
  constructor(
    sink: EffectSink,
    private readonly clock: TurnClock,
    date: () => Date,
    manual: boolean,
    private readonly conversationHistory: GeminiHistory,
  ) {
    this.#turns = new UserTurnEvents(sink, date);
    this.#told = manual;
  }

  get speaking(): boolean {
    return this.#turns.speaking;
  }

  /** Whether the service or the app says that the user speaks. */
  get isHeard(): boolean {
    return this.#told && this.speaking;
  }

  /** The service or the app says that the user began to speak. */
  began(): void {
    this.#told = true;
    this.#turns.started();
    this.clock.turnBegan();
  }

  /** The service or the app says that the user stopped. */
  stopped(): void {
    this.#told = true;
    this.#turns.stopped();
    this.clock.turnEnded();
  }

  /** A piece of transcript. `late`: the bot is answering, so that it belongs to what was said before. */
  recognised(text: string, finished: boolean, late: boolean): void {
    if (text !== "") {
      if (!late) this.#unplace();
      if (!late && !this.#told) {
        this.#turns.started(true);
        // The last words recognised are the nearest sign of the end of a turn.
        this.clock.turnEnded();
      }
      this.#text += text;
      this.#turns.recognised(this.#id, text);
    }
    // One that is too long is closed, and a next one begun.
    if (finished || this.#text.length > LONGEST_TRANSCRIPT) this.#close();
  }

  /** The service stopped the bot because of the user. */
  interrupted(): void {
    if (this.#told) return;
    this.#turns.started(true);
    this.clock.turnBegan();
  }

  /** A turn of the bot began, or was over without one. */
  boundary(): void {
    this.#close();
    this.#unplace();
    this.conversationHistory.reserve(this.#id);
    this.#placed = true;
    if (!this.#told) this.#turns.stopped();
  }

  /** The session is over. */
  end(): void {
    this.#close();
    this.#turns.end();
  }

  get #id(): string {
    return `user_${this.#utterance}`;
  }

  #close(): void {
    if (this.#text === "") return;
    this.#turns.understood(this.#id, this.#text);
    this.conversationHistory.note(this.#id, { type: "message", role: "user", content: this.#text.trim() });
    this.#text = "";
    this.#next();
  }

  /** No words came for the place that was kept. */
  #unplace(): void {
    if (!this.#placed) return;
    if (this.#text === "") {
      this.conversationHistory.remove(this.#id);
      this.#next();
    }
  }

  #next(): void {
    this.#utterance += 1;
    this.#placed = false;
  }
}
