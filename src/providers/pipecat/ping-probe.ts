import { RTVIMessage } from "@pipecat-ai/client-js";
import { AckTracker } from "./ack-tracker.js";

/**
 * A type that no bot knows. Pipecat answers such a message, in its turn, with an `error-response` of the same id: that is
 * a sign of life, and proof that everything before it was heard.
 */
const PING = "rtvi-machine/ping";

/** Sound is never sent again, a greeting is said anew on each connection, and a farewell ends the session. */
const NOT_KEPT = new Set(["client-ready", "disconnect-bot", "raw-audio", "raw-audio-batch"]);

/** Sends a message; false where there is no way to write it. May throw. */
type Send = (message: RTVIMessage) => boolean;

/**
 * Finds out whether the bot is there and has heard what it was told. Nothing is concluded from the silence of a bot that
 * has never answered a ping: not every server speaks all of RTVI.
 */
export class PingProbe {
  readonly #acks = new AckTracker();
  readonly #isOn: boolean;
  readonly #send: Send;

  /** @param patience With a `silence` for ever nobody is pinged. */
  constructor({ silence }: { readonly silence: number }, send: Send) {
    this.#isOn = silence > 0 && silence < Infinity;
    this.#send = send;
  }

  /** A connection begins. */
  begin(): void {
    this.#acks.begin();
  }

  /** The bot is ready: finds out, once on each connection, whether it answers. */
  ready(): void {
    this.#soon(() => true);
  }

  /** A message of the app is to be sent. @throws NotReadyError when too many wait to be confirmed. */
  admit({ type }: RTVIMessage): void {
    if (!NOT_KEPT.has(type)) this.#acks.admit();
  }

  /**
   * A message of the app was handed to the socket.
   * @param size Bytes.
   */
  sent(message: RTVIMessage, size: number): void {
    if (NOT_KEPT.has(message.type)) return;
    this.#acks.sent(message, size);
    this.#soon(() => this.#acks.wantsPing);
  }

  /** The bot has sent an RTVI message. Returns whether it answers a ping, so that it is not for the app. */
  received(id: string | undefined): boolean {
    const isAnswer = this.#acks.received(id);
    this.#soon(() => this.#acks.wantsPing);
    return isAnswer;
  }

  /** Asks the bot for a sign of life; false where it is not known to give one. */
  probe(): boolean {
    return this.#acks.answersPings && this.#ping();
  }

  /** The connection is over: the messages of the app of which nobody knows whether they arrived, oldest first. */
  take(): readonly RTVIMessage[] {
    return this.#acks.take();
  }

  /** The session is over. */
  end(): void {
    this.#acks.end();
  }

  /** In a moment, so that one ping stands for all that is sent in one breath. */
  #soon(isWanted: () => boolean): void {
    if (!isWanted()) return;
    queueMicrotask(() => {
      if (isWanted()) this.#ping();
    });
  }

  #ping(): boolean {
    if (!this.#isOn) return false;
    const ping = new RTVIMessage(PING, {});
    try {
      if (!this.#send(ping)) return false;
    } catch {
      // The connection is closing, or the serializer is one that throws at what it does not know.
      return false;
    }
    this.#acks.pinged(ping.id);
    return true;
  }
}
