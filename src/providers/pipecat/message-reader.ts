import type { PlaybackReport } from "../../contracts/speaker.js";
import { ServiceError, type RtviMachineError } from "../../errors.js";
import type { Logger } from "../../log.js";
import { BotVoice, type VoiceOutput } from "./bot-voice.js";
import { readError, readBotMessage, resumes } from "./bot-message.js";
import { OpenActivities } from "./open-activities.js";
import { DecodeQueue } from "./decode-queue.js";
import { InboundLimiter } from "../../connection/inbound-limiter.js";
import { isRecord } from "../../util/records.js";
import { redactor } from "../../util/redact.js";
import type { Decoded, WebSocketSerializer } from "./serializer.js";

/** What the transport does with what the bot sends. */
export interface MessageReaderEvents {
  /** An RTVI message has come; true if it is not for the client. */
  received(id: string | undefined): boolean;
  /** An RTVI message for the client. */
  deliver(type: string, data: unknown, id?: string): void;
  /**
   * The bot is ready; called before `bot-ready` is delivered, which it is if this returns true.
   * @param resumed The bot says that it goes on with the conversation of before.
   */
  ready(resumed: boolean): boolean;
  /** The session cannot go on. */
  fail(error: RtviMachineError): void;
  /** The session goes on. */
  report(error: Error): void;
}

/** The inbound half of a session: the bot's messages and its voice. */
export class MessageReader {
  readonly #serializer: WebSocketSerializer;
  readonly #events: MessageReaderEvents;
  readonly #logger: Logger;
  readonly #voice: BotVoice;
  /** What the bot has begun, and the app is yet to hear the end of. */
  readonly openActivities: OpenActivities;
  #limiter: InboundLimiter;
  #redact = redactor([]);

  /** @param playerRate Hz */
  constructor(
    serializer: WebSocketSerializer,
    playerRate: number,
    output: VoiceOutput,
    logger: Logger,
    events: MessageReaderEvents,
  ) {
    this.#serializer = serializer;
    this.#events = events;
    this.#logger = logger;
    this.#voice = new BotVoice(playerRate, output);
    this.openActivities = new OpenActivities((type, data) => {
      events.deliver(type, data);
    });
    this.#limiter = this.#newLimiter();
  }

  /** A connection has opened: where its messages go. `secrets` are blanked where the bot quotes them in an error. */
  beginConnection(secrets: readonly string[]): DecodeQueue {
    this.#redact = redactor(secrets);
    this.#voice.reset();
    this.#serializer.reset?.();
    this.#limiter = this.#newLimiter();
    return new DecodeQueue(this.#serializer, this.#limiter, {
      received: (decoded) => {
        this.#receive(decoded);
      },
      failed: (error) => {
        this.report(error);
      },
      stuck: (error) => {
        this.#events.fail(error);
      },
    });
  }

  playback(report: PlaybackReport): void {
    this.#voice.playback(report);
  }

  /** Tells the app of a trouble that does not end the session, once per connection. */
  report(error: Error): void {
    this.#limiter.report(error);
  }

  #newLimiter(): InboundLimiter {
    return new InboundLimiter(this.#events, this.#logger, "The server");
  }

  #receive(decoded: Decoded): void {
    if (decoded.type === "audio") {
      this.#voice.play(decoded);
      return;
    }
    if (decoded.interrupts === true) this.#voice.interrupted();
    if (decoded.type === "message") this.#read(decoded.message);
    else if (decoded.interrupts !== true) this.#events.deliver("server-message", { t: "raw", d: decoded.message });
  }

  #read(message: unknown): void {
    const inbound = readBotMessage(message);
    if (inbound === undefined) return;
    const { type, data, id } = inbound;
    if (this.#events.received(id)) return;
    this.#voice.received(type);
    this.openActivities.received(type, data);
    if (type === "bot-ready" && !this.#events.ready(resumes(data))) return;
    if (type === "error") this.#readError(data, id);
    else if (type === "error-response") this.#events.deliver(type, this.#redact.json(data, true), id);
    else this.#events.deliver(type, data, id);
  }

  #readError(data: unknown, id: string | undefined): void {
    const { text: said, fatal } = readError(data);
    const text = this.#redact(said);
    if (fatal) this.#events.fail(new ServiceError(text));
    else {
      const shown = this.#redact.json(data, true);
      this.#events.deliver("error", { ...(isRecord(shown) && shown), error: text, message: text, fatal }, id);
    }
  }
}
