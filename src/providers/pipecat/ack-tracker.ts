import type { RTVIMessage } from "@pipecat-ai/client-js";
import { NotReadyError } from "../../errors.js";

/** How much is remembered of what may not have arrived. */
export interface AckLimits {
  readonly messages: number;
  /** Bytes of all of them, as they were sent. */
  readonly size: number;
}

const LIMITS: AckLimits = { messages: 1_000, size: 4 * 1024 * 1024 };

/**
 * Which messages of the app a bot is known to have heard. A socket takes what it is given and does not tell what became of
 * it; a bot takes messages in their order, so that its answer to one proves that all before it have arrived. Where it has
 * no reason to answer it is pinged. A bot that has never answered a ping may be one that knows none: there, whatever it says
 * after a message counts as proof, which it is not always.
 *
 * Bounded: a bot that answers pings has not answered for long when the bound is reached, and `admit` refuses more; of another
 * one the oldest counts as confirmed.
 */
export class AckTracker {
  readonly #unconfirmed: { readonly message: RTVIMessage; readonly size: number }[] = [];
  #size = 0;
  /** Messages ever sent, and how many of them before each ping that is not answered, oldest first. */
  #sent = 0;
  readonly #pings = new Map<string, number>();
  /** Whether the bot of this connection has answered a ping; "should": it has not yet, but that of the connection before did. */
  #answers: "unknown" | "should" | "does" = "unknown";

  constructor(private readonly limits: AckLimits = LIMITS) {}

  /** A connection begins: it is not known yet who is at its other end. */
  begin(): void {
    this.#pings.clear();
    this.#answers = this.answersPings ? "should" : "unknown";
  }

  /** Whether this bot has answered a ping. */
  get answersPings(): boolean {
    return this.#answers === "does";
  }

  /** Whether there are messages to be confirmed, and no ping is under way: time for one. */
  get wantsPing(): boolean {
    return this.answersPings && this.#unconfirmed.length > 0 && this.#pings.size === 0;
  }

  /** @throws NotReadyError naming the limit when so much waits to be confirmed that no more can be remembered. */
  admit(): void {
    const { messages, size } = this.limits;
    if (!this.answersPings || (this.#unconfirmed.length < messages && this.#size < size)) return;
    throw new NotReadyError(
      `The bot has yet to confirm ${messages} messages or ${size} bytes: no more are sent before.`,
    );
  }

  /**
   * A message of the app was handed to the socket.
   * @param size Bytes.
   */
  sent(message: RTVIMessage, size: number): void {
    this.#unconfirmed.push({ message, size });
    this.#size += size;
    this.#sent += 1;
    while (this.#unconfirmed.length > this.limits.messages || this.#size > this.limits.size) this.#confirm(1);
  }

  /** The connection has refused a message after all. */
  unsent(message: RTVIMessage): void {
    const index = this.#unconfirmed.findIndex((each) => each.message === message);
    if (index === -1) return;
    const place = this.#confirmed + index;
    for (const { size } of this.#unconfirmed.splice(index, 1)) this.#size -= size;
    this.#sent -= 1;
    for (const [ping, before] of this.#pings) if (before > place) this.#pings.set(ping, before - 1);
  }

  /** A ping was handed to the socket. */
  pinged(id: string): void {
    this.#pings.set(id, this.#sent);
  }

  /** The bot has sent an RTVI message. Returns whether it answers a ping, so that it is not for the app. */
  received(id: string | undefined): boolean {
    const sent = id === undefined ? undefined : this.#pings.get(id);
    if (sent !== undefined) {
      this.#answers = "does";
      for (const [ping, before] of this.#pings) if (before <= sent) this.#pings.delete(ping);
      this.#confirm(sent - this.#confirmed);
      return true;
    }
    if (this.#answers === "unknown") this.#confirm(this.#unconfirmed.length);
    else if (id !== undefined) this.#confirm(this.#unconfirmed.findIndex(({ message }) => message.id === id) + 1);
    return false;
  }

  /** Forgets what is not confirmed, and tells what it was, oldest first. */
  take(): readonly RTVIMessage[] {
    const messages = this.#unconfirmed.map(({ message }) => message);
    this.#confirm(messages.length);
    return messages;
  }

  get #confirmed(): number {
    return this.#sent - this.#unconfirmed.length;
  }

  /** The oldest so many are. */
  #confirm(count: number): void {
    for (const { size } of this.#unconfirmed.splice(0, Math.max(0, count))) this.#size -= size;
  }
}
