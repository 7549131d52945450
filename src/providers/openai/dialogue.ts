import type { PlaybackReport, PlayedItem } from "../../contracts/speaker.js";
import type { Command, Dialogue, Effect, Expects } from "../../contracts/dialogue.js";
import { asProtocolError } from "../../util/field-reader.js";
import type { DialogueSetup } from "./dialogue-setup.js";
import { OpenAISink } from "./effects.js";
import { responseError, serviceError } from "./error-meaning.js";
import { errorIn, parseMessage, readEvent, type ServerEvent } from "./events.js";
import { PROCESSOR, SERVICE } from "./names.js";
import { plannedReconnect } from "./planned-reconnect.js";
import { RAW_EVENTS } from "./raw-events.js";
import { carryOut } from "../../dialogue/client-commands.js";
import type { JsonRecord } from "../../util/records.js";
import { readContext } from "../../services/responder/context.js";
import { ConversationHistory } from "../../dialogue/conversation-history.js";
import { ClientCommands } from "./translate/client-commands.js";
import { OpenAIBot } from "./translate/bot.js";
import { ItemRegister } from "./translate/item-register.js";
import { SessionSetup } from "./translate/session-setup.js";
import { replay } from "./translate/replay.js";
import { redactRawEvent } from "./redact-raw-event.js";
import { actOnError } from "./translate/service-errors.js";
import { UserAudio } from "./translate/user-audio.js";
import { UserTurns } from "./translate/user-turns.js";
import { TurnClock } from "../../dialogue/turn-clock.js";

/**
 * The Realtime API on one side, RTVI on the other, and nothing between them but data: every call returns what is to be
 * done. Knows no socket, no media and no clock of its own; one conversation lives as long as one connection. After `end()` it may
 * still be given results of tools, until another goes on with it.
 */
export class OpenAIDialogue implements Dialogue {
  readonly #sink: OpenAISink;
  readonly #sessionSetup: SessionSetup;
  readonly #user: UserTurns;
  readonly #userAudio: UserAudio;
  readonly #clock: TurnClock;
  readonly #bot: OpenAIBot;
  readonly #register: ItemRegister;
  readonly #app: ClientCommands;
  /** Whether it goes on with another. */
  readonly isContinued: boolean;
  /** What was said and done so far. */
  readonly history: ConversationHistory;

  /**
   * @param continues The one before, whose connection was lost: this one tells the service what was said in it, and goes on.
   */
  constructor(
    private readonly setup: DialogueSetup,
    // Not kept, or every connection of a long session would be.
    continues?: OpenAIDialogue,
  ) {
    const { playedBy, now, date } = setup;
    this.#sink = new OpenAISink(setup.turns, setup.maxEventSize);
    this.isContinued = continues !== undefined;
    const history = continues?.history ?? new ConversationHistory(setup.limits);
    this.history = history;
    this.#register = new ItemRegister(this.#sink, continues && continues.#register);
    const initialMessages = continues === undefined ? setup.initialMessages : [];
    const formats = playedBy === "player";
    this.#sessionSetup = new SessionSetup(this.#sink, { ...setup, initialMessages, formats }, this.#register);
    this.#userAudio = new UserAudio(this.#sink, () => this.#sessionSetup.turnEndsAfterMs);
    this.#clock = new TurnClock(this.#sink, PROCESSOR, now);
    this.#bot = new OpenAIBot(this.#sink, {
      playedBy,
      now,
      soundAt: setup.soundAt,
      autoResponds: () => this.#sessionSetup.autoResponds,
      answered: () => this.#clock.answered(),
      spoke: () => this.#sessionSetup.spoke(),
      history,
      nextSegment: setup.nextSegment,
      redact: setup.redact,
    });
    const [sink, sessionSetup, clock, bot, register, userAudio] = [
      this.#sink,
      this.#sessionSetup,
      this.#clock,
      this.#bot,
      this.#register,
      this.#userAudio,
    ];
    const { maxMessageSize } = setup;
    this.#app = new ClientCommands({ sink, sessionSetup, clock, bot, history, register, userAudio, maxMessageSize });
    this.#user = new UserTurns({ sink, sessionSetup, clock, bot, history, date });
    if (continues !== undefined) this.#bot.adopt(continues.#bot);
  }

  get isReady(): boolean {
    return this.#sessionSetup.isReady;
  }

  get expects(): Expects {
    if (this.#sessionSetup.isChanging || this.#sink.is("expects.reply")) return "reply";
    return this.#sink.is("expects.progress") ? "progress" : "nothing";
  }

  /** Whether anybody speaks, or is waited for. */
  get isBusy(): boolean {
    return this.#sink.is("busy") || this.#bot.sequencer.isBusy;
  }

  /** Whether the result of this call is waited for. */
  awaits(callId: string): boolean {
    return this.#bot.tools.awaits(callId);
  }

  get expiresAt(): number | undefined {
    return this.#sessionSetup.expiresAt;
  }

  /** The connection is open: the session is configured, where its dialect is known; what the one before had begun ends here, unless this one goes on with it. */
  open(): Effect[] {
    const { first = [], maxSessionMs, reconnectBeforeMs } = this.setup;
    const planned = plannedReconnect(maxSessionMs, reconnectBeforeMs);
    for (const effect of first) this.#sink.add(effect);
    if (planned !== undefined) this.#sink.add({ type: "change-connection", ...planned });
    this.#sessionSetup.opened();
    return this.#sink.take();
  }

  receive(data: unknown): Effect[] {
    let message: JsonRecord | undefined;
    try {
      const { type, record } = parseMessage(data);
      message = record;
      const { rawEvents } = this.setup;
      if (rawEvents === "all" || (rawEvents && type !== "response.output_audio.delta")) {
        this.#sink.deliver("server-message", { t: "raw", d: redactRawEvent(record, this.setup.redact) });
      }
      // A gateway may send no `session.created`.
      if (type !== "session.created") this.#sessionSetup.configure();
      for (const event of readEvent(type, record)) this.#handle(event);
    } catch (error) {
      this.#sink.report(asProtocolError(error, SERVICE));
      // What it says of an error counts all the same.
      const words = message === undefined ? undefined : errorIn(message);
      if (words !== undefined) this.#sink.report(serviceError(words, this.setup.redact));
    }
    return this.#sink.take();
  }

  streaming(): Effect[] {
    this.#userAudio.streaming();
    return [];
  }

  playback(report: PlaybackReport): Effect[] {
    this.#bot.voice.playback(report);
    return this.#sink.take();
  }

  played(items: readonly PlayedItem[]): Effect[] {
    this.#bot.voice.cut(items);
    return this.#sink.take();
  }

  /** What the app asks for. @throws as `Dialogue.command`; nothing has happened then. */
  command(command: Command): Effect[] {
    carryOut(command, { service: this.#app, sink: this.#sink, name: this.setup.name, raw: RAW_EVENTS });
    return this.#sink.take();
  }

  /** Asks for nothing new: an empty `session.update`, which the service answers with the session as it is. */
  probe(): Effect[] | undefined {
    if (!this.isReady) return undefined;
    this.#sessionSetup.probe();
    return this.#sink.take();
  }

  /** The connection refused the first of these: none of them happens, and a call that was to be answered is cancelled. */
  unsent(effects: readonly Effect[]): Effect[] {
    this.#app.takeBack(effects);
    return this.#sink.take();
  }

  /** The connection is gone: closes what was said to have started. Tools may go on, where another conversation may. */
  end(keeps: boolean): Effect[] {
    this.#user.end();
    this.#bot.end(keeps && this.setup.keeps === true);
    if (this.#user.isOwedAnswer) this.#bot.sequencer.request();
    return this.#sink.take();
  }

  /** No other goes on with this one: tools that still run are cancelled. */
  abandon(): Effect[] {
    this.#bot.tools.end();
    return this.#sink.take();
  }

  #handle(event: ServerEvent): void {
    const { redact } = this.setup;
    switch (event.type) {
      case "session.created":
        this.#sessionSetup.created(event.session);
        break;
      case "session.updated":
        this.#configured(event.session);
        break;
      case "item.added":
        if (event.item !== undefined) this.#app.added(event.item, event.said);
        break;
      case "item.deleted":
        this.#app.deleted(event.item);
        break;
      case "item.made":
        this.#bot.handOut(event.reply, event.item);
        break;
      case "user.started":
      case "user.stopped":
      case "user.committed":
      case "user.words":
      case "user.understood":
      case "user.not-understood":
        this.#user.handle(event);
        if (event.type === "user.started") this.#userAudio.speechBegan();
        break;
      case "response.over":
        this.#bot.over(event.how);
        break;
      case "response.outcome": {
        // The session outlives it, whatever the reason: the next may succeed.
        const error = responseError(event, redact);
        if (error !== undefined) this.#sink.report(error);
        break;
      }
      case "error":
        actOnError(event.error, { redact, sink: this.#sink, bot: this.#bot, sessionSetup: this.#sessionSetup });
        break;
      case "failure":
        this.#sink.report(serviceError(event.error, redact));
        break;
      case "other":
        this.#sink.debug(`The event ${redact(event.name)} is not used.`);
        break;
      default:
        this.#bot.voice.handle(event);
    }
  }

  #configured(session: JsonRecord): void {
    if (!this.#sessionSetup.updated(session)) return;
    const { isContinued, history } = this;
    if (isContinued) replay(history, this.#register, this.#sessionSetup.dialect, this.#sink);
    else for (const item of readContext(this.#sessionSetup.told, "initial_messages")) history.append(item, true);
    this.#sink.add({ type: "ready", continuity: isContinued ? "replayed" : "fresh" });
    if (isContinued) {
      this.setup.replayed?.();
      this.#bot.sequencer.release();
    }
    if (isContinued || !this.setup.runInitial) return;
    this.#clock.turnEnded();
    this.#bot.sequencer.request();
  }
}
