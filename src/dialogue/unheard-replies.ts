import { dropOldest } from "../util/bounded-set.js";

/** Replies looked after; of a service that begins more at once, the oldest are taken for heard. */
const MOST = 64;

interface Reply<Request> {
  /** What it was asked for with; undefined where nobody is known to wait for it. */
  request: Request | undefined;
  readonly items: Set<string>;
  phase: "making" | "made";
}

/** The replies of which the user has not heard or read a word yet: those that a lost connection takes along. */
export class UnheardReplies<Request> {
  readonly #replies = new Map<string, Reply<Request>>();
  /** What was asked, while nothing of an answer has come. */
  #unanswered: Request | undefined;

  /** What is to be asked for again, oldest first. */
  get requests(): Request[] {
    const begun = [...this.#replies.values()].map(({ request }) => request);
    return [...begun, this.#unanswered].filter((request) => request !== undefined);
  }

  /** For a service that does not say what a reply answers: the next that is made, or goes on, answers this. */
  asked(request: Request): void {
    this.#replies.clear();
    this.#unanswered = request;
  }

  /** A reply is being made, and answers all that was asked. */
  answers(reply: string): void {
    const [request] = this.requests;
    this.clear();
    this.begun(reply, request);
  }

  /** The same for one that was being made when something was asked. */
  goesOn(reply: string): void {
    if (this.#unanswered !== undefined) this.answers(reply);
  }

  /** Somebody waits for what is being made, as is known only now. */
  awaited(request: Request): void {
    for (const reply of this.#replies.values()) reply.request ??= request;
  }

  /** A reply answers something else than it was taken to. */
  meets(reply: string, request: Request): void {
    const known = this.#replies.get(reply);
    if (known !== undefined) known.request = request;
  }

  /** A reply was begun. */
  begun(reply: string, request: Request | undefined): void {
    this.#replies.set(reply, { request, items: new Set(), phase: "making" });
    dropOldest(this.#replies, MOST);
  }

  /** A reply speaks. */
  speaks(reply: string, item: string): void {
    this.#replies.get(reply)?.items.add(item);
  }

  /** A reply is complete. Without a voice that is still to be heard there is nothing to wait for. */
  complete(reply: string, isHeld: (item: string) => boolean): void {
    const known = this.#replies.get(reply);
    if (known === undefined) return;
    known.phase = "made";
    if (![...known.items].some(isHeld)) this.#replies.delete(reply);
  }

  /** The service has kept every reply that it had made to the end. */
  covered(): void {
    for (const [reply, { phase }] of this.#replies) if (phase === "made") this.#replies.delete(reply);
  }

  /** Something of a reply has reached the user or the app, or nobody waits for it any more. */
  settled(reply: string): void {
    this.#replies.delete(reply);
  }

  /** The same for the reply that an item belongs to. */
  heard(item: string): void {
    for (const [reply, { items }] of this.#replies) if (items.has(item)) this.#replies.delete(reply);
  }

  /** Somebody stopped what was being said. */
  stopped(): void {
    this.#replies.clear();
  }

  /** Nobody waits for anything any more. */
  clear(): void {
    this.#replies.clear();
    this.#unanswered = undefined;
  }
}
