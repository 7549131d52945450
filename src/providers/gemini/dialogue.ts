import type { Continuity } from "../../contracts/continuity.js";
import type { Command, Dialogue, Effect, Expects } from "../../contracts/dialogue.js";
import type { PlaybackReport, PlayedItem } from "../../contracts/speaker.js";
import { carryOut } from "../../dialogue/client-commands.js";
import { EffectSink } from "../../dialogue/effects.js";
import { TurnClock } from "../../dialogue/turn-clock.js";
import type { DialogueSetup } from "./dialogue-setup.js";
import { itemsOf } from "./history-contents.js";
import { PROCESSOR } from "./names.js";
import { RAW_MESSAGES } from "./raw-messages.js";
import { messagesOf } from "./replay-plan.js";
import { nonBlockingFunctions } from "./tools.js";
import { Activity } from "./translate/activity.js";
import { GeminiBot } from "./translate/bot.js";
import { ClientCommands } from "./translate/client-commands.js";
import { ConnectionLifetime, UNHURRIED_MS } from "./translate/connection-lifetime.js";
import { MessageReader } from "./translate/message-reader.js";
import { User } from "./translate/user.js";

/**
 * The Live API on one side, RTVI on the other, and nothing between them but data: every call returns what is to be done.
 * Knows no socket, no media and no clock of its own; one dialogue lives as long as one connection.
 */
export class GeminiDialogue implements Dialogue {
  readonly #sink: EffectSink;
  readonly #clock: TurnClock;
  readonly #user: User;
  readonly #bot: GeminiBot;
  readonly #activity: Activity;
  readonly #lifetime: ConnectionLifetime;
  readonly #reader: MessageReader;
  readonly #app: ClientCommands;
  #phase: "opening" | "ready" | "over" = "opening";
  /** Whether the connection is to be changed for the sake of what it cannot change. */
  #renewal: "none" | "wished" = "none";

  constructor(private readonly setup: DialogueSetup) {
    this.#sink = new EffectSink(setup.turns);
    const { now, date, manual, playbackRate, conversationHistory } = setup;
    this.#clock = new TurnClock(this.#sink, PROCESSOR, now);
    this.#user = new User(this.#sink, this.#clock, { manual, conversationHistory, now, date });
    this.#bot = new GeminiBot(this.#sink, {
      now,
      playbackRate,
      answered: () => {
        this.#clock.answered();
      },
      turnBegan: (prompt) => {
        this.#user.answered(prompt);
        conversationHistory.answered();
      },
      conversationHistory,
      nextSegment: setup.nextSegment,
      nonBlocking: nonBlockingFunctions(setup.setup),
      redact: setup.redact,
    });
    this.#activity = new Activity(this.#sink, manual, setup.speaking, setup.micOn);
    this.#lifetime = new ConnectionLifetime(now, setup.handle);
    this.#reader = new MessageReader(this.#sink, {
      bot: this.#bot,
      user: this.#user,
      lifetime: this.#lifetime,
      conversationHistory,
      rawEvents: setup.rawEvents,
      redact: setup.redact,
      opened: () => {
        this.#opened();
      },
    });
    const [sink, clock, bot, user, activity] = [this.#sink, this.#clock, this.#bot, this.#user, this.#activity];
    const isReady = (): boolean => this.isReady;
    this.#app = new ClientCommands({ ...setup, sink, clock, bot, user, activity, isReady });
  }

  get isReady(): boolean {
    return this.#phase === "ready";
  }

  get expects(): Expects {
    return this.#bot.owed;
  }

  /** Whether somebody speaks, or a function is being called. */
  get isBusy(): boolean {
    return this.#bot.busy || this.#activity.isOpen;
  }

  /** When the service will close the connection, in epoch seconds. */
  get expiresAt(): number | undefined {
    const left = this.#lifetime.expiresInMs;
    return left === undefined ? undefined : (this.setup.date().getTime() + left) / 1000;
  }

  /** What the service says about the end of this connection, and about the next. */
  get lifetime(): Pick<ConnectionLifetime, "handle" | "resumable" | "isProven" | "expiresInMs"> {
    return this.#lifetime;
  }

  /** Whether the user speaks, as the app says. */
  get isSpeaking(): boolean {
    return this.#activity.isOpen;
  }

  /** Whether microphone audio is sent: not before the service is ready, and not once the microphone is muted. */
  get takesAudio(): boolean {
    return this.isReady && this.#activity.takesAudio;
  }

  open(): Effect[] {
    this.#sink.send({ setup: this.setup.setup });
    return this.#sink.take();
  }

  /** A message of the service. Each of its fields counts; what cannot be understood is reported, and the session goes on. */
  receive(message: unknown): Effect[] {
    this.#reader.receive(message);
    const { conversationHistory, resumption } = this.setup;
    const { handle, isProven } = this.#lifetime;
    // A handle for the conversation that was replaced would bring it back.
    if (handle !== undefined && !conversationHistory.isSuperseded) resumption.keep(handle, isProven);
    return this.#next();
  }

  playback(report: PlaybackReport): Effect[] {
    this.#bot.playback(report);
    return this.#next();
  }

  played(items: readonly PlayedItem[]): Effect[] {
    this.#bot.cut(items);
    return this.#next();
  }

  /** What the app asks for. @throws as `Dialogue.command`; nothing has happened then. */
  command(command: Command): Effect[] {
    carryOut(command, { service: this.#app, sink: this.#sink, name: this.setup.name, raw: RAW_MESSAGES });
    // The app hears first what became of its message.
    if (this.#isOutdated()) this.#sink.add({ type: "soon", run: () => this.#next() });
    return this.#sink.take();
  }

  streaming(): Effect[] {
    if (this.isReady && this.#activity.streaming()) this.#app.speaks(true);
    return this.#sink.take();
  }

  lulled(): Effect[] {
    this.#user.lulled();
    return this.#next();
  }

  /** The service answers no question that changes nothing. */
  probe(): undefined {
    return undefined;
  }

  /** What was not sent is not repeated. */
  unsent(): Effect[] {
    return [];
  }

  /** The connection is gone: closes whatever was said to have started. */
  end(): Effect[] {
    const { conversationHistory } = this.setup;
    const calledOff = this.#bot.tools.pending;
    const speaks = this.#user.isHeard;
    this.#user.end();
    this.#bot.end();
    // A user who goes on speaking is answered after that. What was asked of a conversation that was replaced is not answered.
    const counts = this.isReady && !conversationHistory.isSuperseded;
    if (counts) conversationHistory.owes((calledOff || this.#bot.isAwaited) && !speaks);
    this.#phase = "over";
    return this.#sink.take();
  }

  #opened(): void {
    if (this.#phase !== "opening") return;
    this.#phase = "ready";
    const { history, initial, prompt, runInitial, conversationHistory } = this.setup;
    for (const content of initial) for (const item of itemsOf(content)) conversationHistory.append(item);
    conversationHistory.opened(history.length > 0 || prompt !== "");
    for (const message of messagesOf(this.setup)) this.#sink.send(message);
    if (runInitial) {
      this.#bot.asked(true);
      this.#bot.awaited();
      this.#clock.turnEnded();
    }
    this.#sink.add({ type: "ready", continuity: this.#continuity });
    if (this.#activity.resume()) this.#user.began();
  }

  get #continuity(): Continuity {
    if (this.setup.handle !== undefined) return "resumed";
    return this.setup.replays ? "replayed" : "fresh";
  }

  /** The bot may have fallen silent. */
  #next(): Effect[] {
    if (this.isReady) this.#app.next();
    this.#renew();
    return this.#sink.take();
  }

  /** What cannot change while connected is to change with the connection. Said once a connection. */
  #renew(): void {
    if (!this.#isOutdated() || !this.isReady || this.#renewal === "wished") return;
    this.#renewal = "wished";
    const withinMs = Math.min(UNHURRIED_MS, this.#lifetime.expiresInMs ?? UNHURRIED_MS);
    this.#sink.add({ type: "change-connection", withinMs });
  }

  /** Whether the conversation, or the settings, are not those of this connection any more. */
  #isOutdated(): boolean {
    const { conversationHistory, resumption, isStale } = this.setup;
    if (conversationHistory.isSuperseded) resumption.renounce();
    return conversationHistory.isSuperseded || isStale();
  }
}
