import type { PlaybackReport } from "../../contracts/speaker.js";
import { ServiceError, type RtviMachineError } from "../../errors.js";
import type { Logger } from "../../log.js";
import { BotVoice, type VoiceOutput } from "./bot-voice.js";
import { readError, readInbound, resumes } from "./inbound.js";
import { InFlight } from "./in-flight.js";
import { Inbox } from "./inbox.js";
import { Intake } from "../../connection/inbound-limiter.js";
import { isRecord } from "../../util/records.js";
import { redactor } from "../../util/redact.js";
import type { Decoded, WebSocketSerializer } from "./serializer.js";

/** What the transport does with what the bot sends. */
export interface ReceptionEvents {
  /** An RTVI message has come; true if it is not for the client. */
  heard(id: string | undefined): boolean;
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
export class Reception {
  readonly #serializer: WebSocketSerializer;
  readonly #events: ReceptionEvents;
  readonly #logger: Logger;
  readonly #voice: BotVoice;
  /** What the bot has begun, and the app is yet to hear the end of. */
  readonly inFlight: InFlight;
  #intake: Intake;
  #redact = redactor([]);

  /** @param playerRate Hz */
  constructor(
    serializer: WebSocketSerializer,
    playerRate: number,
    output: VoiceOutput,
    logger: Logger,
    events: ReceptionEvents,
  ) {
    this.#serializer = serializer;
    this.#events = events;
    this.#logger = logger;
    this.#voice = new BotVoice(playerRate, output);
    this.inFlight = new InFlight((type, data) => {
      events.deliver(type, data);
    });
    this.#intake = this.#newIntake();
  }

  /** A connection has opened: where its messages go. `secrets` are blanked where the bot quotes them in an error. */
  beginConnection(secrets: readonly string[]): Inbox {
    this.#redact = redactor(secrets);
    this.#voice.reset();
    this.#serializer.reset?.();
    this.#intake = this.#newIntake();
    return new Inbox(this.#serializer, this.#intake, {
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
    this.#intake.report(error);
  }

  #newIntake(): Intake {
    return new Intake(this.#events, this.#logger, "The server");
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
    const inbound = readInbound(message);
    if (inbound === undefined) return;
    const { type, data, id } = inbound;
    if (this.#events.heard(id)) return;
    this.#voice.heard(type);
    this.inFlight.heard(type, data);
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
