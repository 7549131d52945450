import { RTVIMessage } from "@pipecat-ai/client-js";
import type { Effect } from "../../contracts/dialogue.js";
import type { EffectSink } from "../../dialogue/effects.js";
import type { AckTracker } from "./ack-tracker.js";
import type { WrittenMessage } from "./encode.js";

/**
 * A type that no bot knows. Pipecat answers such a message, in its turn, with an `error-response` of the same id: that is
 * a sign of life, and proof that everything before it was received.
 */
const PING = "rtvi-machine/ping";

/** Sound is never sent again, a greeting is said anew on each connection, and a farewell ends the session. */
const NOT_KEPT = new Set(["client-ready", "disconnect-bot", "raw-audio", "raw-audio-batch"]);

/** What pings are made with. */
export interface PingProbeParts {
  readonly sink: EffectSink;
  readonly acks: AckTracker;
  /** Whether there are pings: not where silence is never too long. */
  readonly pings: "on" | "off";
  /** Writes a message; undefined where there is no way to. May throw. */
  readonly write: (message: RTVIMessage) => WrittenMessage | undefined;
}

/**
 * Finds out whether the bot is there and has received what it was sent. Nothing is concluded from the silence of a bot that
 * has never answered a ping: not every server speaks all of RTVI.
 */
export class PingProbe {
  readonly #parts: PingProbeParts;

  constructor(parts: PingProbeParts) {
    this.#parts = parts;
  }

  /** The bot is ready: finds out, once on each connection, whether it answers. */
  ready(): void {
    this.#soon(() => true);
  }

  /** A message of the app is to be sent. @throws NotReadyError when too many wait to be confirmed. */
  admit({ type }: RTVIMessage): void {
    if (!NOT_KEPT.has(type)) this.#parts.acks.admit();
  }

  /**
   * A message of the app goes to the connection.
   * @param size Bytes.
   */
  sent(message: RTVIMessage, size: number): void {
    if (NOT_KEPT.has(message.type)) return;
    this.#parts.acks.sent(message, size);
    this.#soon(() => this.#parts.acks.wantsPing);
  }

  /** The bot has sent an RTVI message. Returns whether it answers a ping, so that it is not for the app. */
  received(id: string | undefined): boolean {
    const isAnswer = this.#parts.acks.received(id);
    this.#soon(() => this.#parts.acks.wantsPing);
    return isAnswer;
  }

  /** Asks the bot for a sign of life; undefined where it is not known to give one. */
  probe(): Effect[] | undefined {
    return this.#parts.acks.answersPings ? this.#ping() : undefined;
  }

  /** In a moment, so that one ping stands for all that is sent in one breath. */
  #soon(isWanted: () => boolean): void {
    if (!isWanted()) return;
    this.#parts.sink.add({ type: "soon", run: () => (isWanted() ? (this.#ping() ?? []) : []) });
  }

  #ping(): Effect[] | undefined {
    if (this.#parts.pings === "off") return undefined;
    const ping = new RTVIMessage(PING, {});
    const written = this.#write(ping);
    if (written === undefined) return undefined;
    this.#parts.acks.pinged(ping.id);
    return [{ type: "send-encoded", data: written.data }];
  }

  #write(ping: RTVIMessage): WrittenMessage | undefined {
    try {
      return this.#parts.write(ping);
    } catch {
      // The serializer is one that throws at what it does not know.
      return undefined;
    }
  }
}
