import type { EffectSink } from "../../../dialogue/effects.js";
import type { TurnClock } from "../../../dialogue/turn-clock.js";
import { LONGEST_TRANSCRIPT, UserTurnEvents } from "../../../dialogue/user-turn-events.js";
import type { GeminiHistory } from "../gemini-history.js";

/**
 * How long after the end of a turn words still belong to what prompted it, in ms: where none of its words had come, and where
 * some had. A new sentence takes longer than the second to be spoken and recognised.
 */
const LATE = { first: 3_000, more: 500 };

/** Who or what had the bot make a turn. */
export type Prompt = "app" | "voice";

/** What the user is set up with. */
export interface UserSetup {
  /** Whether the app says when the user speaks. */
  readonly manual: boolean;
  /** Where the words are written down. */
  readonly conversationHistory: GeminiHistory;
  /** Monotonic time in ms. */
  readonly now: () => number;
  /** Wall-clock time. */
  readonly date: () => Date;
}

/** What was said before a turn of the bot. */
interface Utterance {
  readonly id: string;
  readonly text: string;
}

/**
 * What the user does. The service does not say when ordinary speech begins and ends, so it is concluded: it begins with
 * the first words recognised while the bot makes nothing, or with an interruption, and ends when the bot's turn begins, or by a
 * lull. Where the service or the app does say it, that counts alone. Transcripts are often later than the answer.
 */
export class User {
  readonly #words: UserTurnEvents;
  readonly #history: GeminiHistory;
  readonly #now: () => number;
  #utterance = 0;
  #text = "";
  /** Who says that the user speaks: nobody but words and interruptions, or the service or the app. */
  #signs: "inferred" | "told";
  #speech: "silent" | "inferred" | "speaking" = "silent";
  /** Whether the conversation has a place for words that may still come. */
  #place: "none" | "kept" = "none";
  #prompt: Prompt = "voice";
  /** When the bot's last turn was over; undefined once the user has spoken after it. */
  #answeredAt: number | undefined;
  /** The last that is known of what prompted that turn. */
  #prompting: Utterance | undefined;

  constructor(
    private readonly sink: EffectSink,
    private readonly clock: TurnClock,
    { manual, conversationHistory, now, date }: UserSetup,
  ) {
    this.#words = new UserTurnEvents(sink, date);
    this.#history = conversationHistory;
    this.#now = now;
    this.#signs = manual ? "told" : "inferred";
  }

  /** Whether the user speaks, and the service or the app says so. */
  get isHeard(): boolean {
    return this.#speech === "speaking";
  }

  /** Whether words that come now belong to what was said before the bot's turn. `generating`: that is being made. */
  isLate(generating: boolean): boolean {
    if (generating) return true;
    if (this.#answeredAt === undefined || this.#prompt === "app" || this.#speech !== "silent") return false;
    const within = this.#prompting === undefined ? LATE.first : LATE.more;
    return this.#now() - this.#answeredAt <= within;
  }

  /** The service or the app says that the user began to speak. */
  began(): void {
    this.#signs = "told";
    this.#speech = "speaking";
    this.#speaksAnew();
    this.sink.tell({ type: "user.started" });
    this.clock.turnBegan();
  }

  /** The service or the app says that the user stopped. */
  stopped(): void {
    this.#signs = "told";
    this.#speech = "silent";
    this.sink.tell({ type: "user.stopped", replyDue: false });
    this.clock.turnEnded();
  }

  /** A piece of transcript. `generating`: the bot is answering. */
  recognised(text: string, finished: boolean, generating: boolean): void {
    if (text !== "" && !generating && this.isLate(false)) {
      this.#recognisedLate(text);
      return;
    }
    if (text !== "") {
      if (!generating) this.#spoke();
      this.#text += text;
      this.#words.recognised(this.#id, text);
    }
    // One that is too long is closed, and a next one begun.
    if (finished || this.#text.length > LONGEST_TRANSCRIPT) this.#close();
  }

  /** The service stopped the bot because of the user. */
  interrupted(): void {
    this.#speaksAnew();
    if (this.#signs === "told") return;
    this.#infer();
    this.clock.turnBegan();
  }

  /** A turn of the bot begins. */
  answered(prompt: Prompt): void {
    // No words have come since the last turn.
    if (this.#answeredAt !== undefined) this.#speaksAnew();
    this.#prompt = prompt;
    this.#close();
    this.#unplace();
    this.#history.reserve(this.#id);
    this.#place = "kept";
    this.#conclude();
  }

  /** A turn of the bot is over; `silent`: nothing had come of it. */
  turnOver(silent: boolean): void {
    if (silent) {
      if (this.#answeredAt !== undefined) this.#speaksAnew();
      this.#prompt = "voice";
      this.#unplace();
    }
    this.#close();
    this.#conclude();
    this.#answeredAt = this.#now();
  }

  /** No more words came. */
  lulled(): void {
    if (this.#speech === "speaking") return;
    this.#close();
    this.#speech = "silent";
  }

  /** The connection is gone. */
  end(): void {
    this.#close();
    this.#words.end();
    this.#speech = "silent";
  }

  get #id(): string {
    return `user_${this.#utterance}`;
  }

  /** New words while the bot makes nothing. */
  #spoke(): void {
    this.#unplace();
    this.#speaksAnew();
    if (this.#signs === "told") return;
    this.#infer();
    // The last words recognised are the nearest sign of the end of a turn.
    this.clock.turnEnded();
  }

  /** What the user says from now on prompts a next turn. */
  #speaksAnew(): void {
    this.#answeredAt = undefined;
    this.#prompting = undefined;
  }

  #infer(): void {
    this.#speech = "inferred";
    this.sink.tell({ type: "user.started", inferred: true });
  }

  /** A turn that only words and interruptions speak of is over. */
  #conclude(): void {
    if (this.#speech !== "inferred") return;
    this.#speech = "silent";
    this.sink.tell({ type: "user.concluded" });
  }

  /** Words of a turn that was answered to the end: what comes is final, and its place is before the answer. */
  #recognisedLate(text: string): void {
    const before = this.#prompting;
    const { id, text: known } = before ?? { id: this.#id, text: "" };
    this.#words.understood(id, text);
    this.#note({ id, text: known + text });
    if (before === undefined) this.#next();
  }

  #close(): void {
    if (this.#text === "") return;
    const utterance = { id: this.#id, text: this.#text };
    this.#words.understood(utterance.id, utterance.text);
    this.#note(utterance);
    this.#text = "";
    this.#next();
  }

  #note(utterance: Utterance): void {
    this.#prompting = utterance;
    this.#history.note(utterance.id, { type: "message", role: "user", content: utterance.text.trim() });
  }

  /** No words came for the place that was kept. */
  #unplace(): void {
    if (this.#place === "none" || this.#text !== "") return;
    this.#history.remove(this.#id);
    this.#next();
  }

  #next(): void {
    this.#utterance += 1;
    this.#place = "none";
  }
}
