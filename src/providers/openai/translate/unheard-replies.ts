import type { ResponseRequest } from "./sequencer.js";

/** Answers looked after; of a service that begins more at once, the oldest are taken for heard. */
const MOST = 64;

interface Answer {
  readonly request: ResponseRequest;
  readonly items: Set<string>;
}

/** The answers of which the user has not heard or read a word yet: those that a lost connection takes with it. */
export class UnheardReplies {
  readonly #answers = new Map<string, Answer>();

  /** What is to be asked for again, oldest first. */
  get requests(): ResponseRequest[] {
    return [...this.#answers.values()].map(({ request }) => request);
  }

  /** A response was begun. */
  begun(responseId: string, request: ResponseRequest): void {
    this.#answers.set(responseId, { request, items: new Set() });
    if (this.#answers.size <= MOST) return;
    for (const oldest of this.#answers.keys()) {
      this.#answers.delete(oldest);
      return;
    }
  }

  /** A response speaks. */
  speaks(responseId: string, itemId: string): void {
    this.#answers.get(responseId)?.items.add(itemId);
  }

  /** A response is complete. Without a voice there is nothing of it that could still be heard. */
  complete(responseId: string): void {
    if (this.#answers.get(responseId)?.items.size === 0) this.#answers.delete(responseId);
  }

  /** Something of a response has reached the user or the app, or nobody waits for it any more. */
  settled(responseId: string): void {
    this.#answers.delete(responseId);
  }

  /** The same for the response that an item belongs to. */
  heard(itemId: string): void {
    for (const [responseId, { items }] of this.#answers) if (items.has(itemId)) this.#answers.delete(responseId);
  }

  clear(): void {
    this.#answers.clear();
  }
}
