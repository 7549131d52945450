import { ConversationHistory, type HistoryItem } from "../../dialogue/conversation-history.js";

/**
 * What was said and done in a session, whatever connections it took, and what of it the newest resumption handle does not
 * cover: the service hands out none while it answers, so that a connection cut then comes back without the question.
 */
export class GeminiHistory {
  readonly #whole = new ConversationHistory();
  readonly #uncovered = new ConversationHistory();
  #connections = 0;
  #calls = 0;
  /** In `superseded`, the app has replaced the conversation: it goes on over the next connection, not over this one. */
  #phase: "unopened" | "current" | "superseded" = "unopened";
  /**
   * Something was told that a handle may not cover; it does when a turn that began after it is over. "crossed": an answer to what
   * came before it was owed then, so that the next turn may be that one.
   */
  #pending: "nothing" | "crossed" | "told" | "answered" = "nothing";
  /** Whether the bot is to answer on the next connection. */
  #answer: "none" | "due" = "none";
  /** Texts that the bot is to say once it is silent, on whichever connection that is. */
  readonly orders: string[] = [];

  /** The conversation so far; undefined while no connection of the session has been ready. */
  get items(): readonly HistoryItem[] | undefined {
    return this.#phase === "unopened" ? undefined : this.#whole.items;
  }

  /** Whether the bot is to answer on the next connection. */
  get isAnswerDue(): boolean {
    return this.#answer === "due";
  }

  /** Whether the bot is to answer is decided anew: by the connection that ends, the app, or a session that begins. */
  owes(answer: boolean): void {
    this.#answer = answer ? "due" : "none";
  }

  /** Whether the conversation is not that of this connection any more. */
  get isSuperseded(): boolean {
    return this.#phase === "superseded";
  }

  /** What a resumed session does not know. */
  get uncovered(): readonly HistoryItem[] {
    return this.#uncovered.items;
  }

  /** A connection is ready. Its ids are counted from 1 again. `told`: it is being told of the conversation. */
  opened(told: boolean): void {
    this.#connections += 1;
    this.#pending = told ? "told" : "nothing";
    this.#phase = "current";
    this.owes(false);
  }

  /** Adds what has no id of its own. `crosses`: an answer to what came before is owed. */
  append(item: HistoryItem, crosses = false): void {
    this.#pending = crosses || this.#pending === "crossed" ? "crossed" : "told";
    this.#whole.append(item);
    this.#uncovered.append(item);
  }

  /** A turn has its place from now on; its words come later, or never. */
  reserve(id: string): void {
    this.#whole.reserve(this.#own(id));
    this.#uncovered.reserve(this.#own(id));
  }

  /** What is known of a turn now. */
  note(id: string, item: HistoryItem): void {
    this.#whole.note(this.#own(id), item);
    this.#uncovered.note(this.#own(id), item);
  }

  /** A turn had no words. */
  remove(id: string): void {
    this.#whole.remove(this.#own(id));
    this.#uncovered.remove(this.#own(id));
  }

  /** Whether everything that the service was told is surely part of its conversation: what is under way may not be. */
  get isSettled(): boolean {
    return this.#pending === "nothing";
  }

  /** A turn of the bot begins. */
  answered(): void {
    if (this.#pending === "told") this.#pending = "answered";
  }

  /** A turn of the bot is over, and nobody cut it. One that was under way may have crossed what was told. */
  settled(): void {
    if (this.#pending === "answered") this.#pending = "nothing";
    else this.arrived();
  }

  /** What was told has stopped the answer before it, or that one is over. */
  arrived(): void {
    if (this.#pending === "crossed") this.#pending = "told";
  }

  /** The service gave a handle: with it, it knows everything so far. */
  covered(): void {
    this.#uncovered.clear();
  }

  /** The app puts another conversation in the place of this one. */
  replace(items: readonly HistoryItem[]): void {
    this.#whole.clear();
    this.#uncovered.clear();
    this.orders.length = 0;
    for (const item of items) this.append(item);
    this.#phase = "superseded";
  }

  /** An id for a call that the service gave none: no other of the session has it. */
  callId(): string {
    this.#calls += 1;
    return `unnamed_call_${this.#calls}`;
  }

  #own(id: string): string {
    return `${this.#connections} ${id}`;
  }
}
