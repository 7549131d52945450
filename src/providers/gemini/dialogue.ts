import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { PlaybackReport, PlayedItem } from "../../contracts/speaker.js";
import type { Expects } from "../../contracts/connection.js";
import { readCommand } from "../../dialogue/client-commands.js";
import { EffectSink, type Effect } from "../../dialogue/effects.js";
import type { HistoryItem } from "../../dialogue/conversation-history.js";
import type { ServiceConversation } from "../../dialogue/service-conversation.js";
import { TurnClock } from "../../dialogue/turn-clock.js";
import { messageOf } from "./history-contents.js";
import type { ConversationSetup } from "./conversation-setup.js";
import { PROCESSOR } from "./names.js";
import { RAW_MESSAGES } from "./raw-messages.js";
import { messagesOf } from "./replay-plan.js";
import { Activity } from "./translate/activity.js";
import { ClientCommands } from "./translate/client-commands.js";
import { Bot } from "./translate/bot.js";
import { MessageReader } from "./translate/message-reader.js";
import { ConnectionLifetime } from "./translate/connection-lifetime.js";
import { User } from "./translate/user.js";

/**
 * The Live API on one side, RTVI on the other, and nothing between them but data: every call returns what is to be done.
 * Knows no socket, no media and no clock of its own; one conversation lives as long as one connection.
 */
export class Conversation implements ServiceConversation {
  readonly #sink = new EffectSink();
  readonly #clock: TurnClock;
  readonly #user: User;
  readonly #bot: Bot;
  readonly #activity: Activity;
  readonly #lifetime: ConnectionLifetime;
  readonly #reader: MessageReader;
  readonly #app: ClientCommands;
  #ready = false;

  constructor(private readonly setup: ConversationSetup) {
    const { now, date, manual, playbackRate, conversationHistory } = setup;
    this.#clock = new TurnClock(this.#sink, PROCESSOR, now);
    this.#user = new User(this.#sink, this.#clock, date, manual, conversationHistory);
    this.#bot = new Bot(this.#sink, {
      now,
      playbackRate,
      answered: () => {
        this.#clock.answered();
      },
      turnBegan: () => {
        this.#user.boundary();
        conversationHistory.answered();
      },
      conversationHistory,
      redact: setup.redact,
    });
    this.#activity = new Activity(this.#sink, manual, setup.speaking);
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
    const [sink, clock, bot] = [this.#sink, this.#clock, this.#bot];
    this.#app = new ClientCommands({
      sink,
      clock,
      bot,
      conversationHistory,
      textInput: setup.textInput,
      name: setup.name,
    });
  }

  /** Whether messages of the app can be taken. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** Where the conversation of an earlier connection came from, if it goes on. */
  get kept(): "resumed" | "replayed" | undefined {
    if (this.setup.handle !== undefined) return "resumed";
    return this.setup.replays ? "replayed" : undefined;
  }

  /** What was said and done so far, on earlier connections too. */
  get items(): readonly HistoryItem[] {
    return this.setup.conversationHistory.items ?? [];
  }

  /** What the service says about the end of this connection, and about the next. */
  get lifetime(): Pick<ConnectionLifetime, "handle" | "resumable" | "isProven" | "endsAt" | "expiresInMs"> {
    return this.#lifetime;
  }

  /** Whether somebody speaks, or a function is being called: no moment to change the connection. */
  get busy(): boolean {
    return this.#bot.busy || this.#user.speaking || this.#activity.isOpen;
  }

  /** Whether the user speaks, as the app says. */
  get speaking(): boolean {
    return this.#activity.isOpen;
  }

  /** Whether the app says when the user speaks. */
  get isManual(): boolean {
    return this.setup.manual;
  }

  /** When the service will close the connection, in epoch seconds. */
  get expects(): Expects {
    return this.#bot.owed;
  }

  get expiresAt(): number | undefined {
    const left = this.#lifetime.expiresInMs;
    return left === undefined ? undefined : (this.setup.date().getTime() + left) / 1000;
  }

  /** The connection is open: the first thing to say. */
  open(): Effect[] {
    this.#sink.send({ setup: this.setup.setup });
    return this.#sink.take();
  }

  /** A message of the service. Each of its fields counts; what cannot be understood is reported, and the session goes on. */
  receive(data: string | ArrayBuffer): Effect[] {
    this.#reader.receive(data);
    return this.#next();
  }

  /** What the player says. */
  playback(report: PlaybackReport): Effect[] {
    this.#bot.playback(report);
    return this.#next();
  }

  /** The answer to an `interrupt` effect: what was really played of each item that was cut. */
  cut(items: readonly PlayedItem[]): Effect[] {
    this.#bot.cut(items);
    return this.#next();
  }

  /**
   * Silences the bot, as a click or a text does. The service has no message to stop a turn: what it still makes of this
   * one is dropped.
   */
  interrupt(): Effect[] {
    return this.act((turns) => {
      turns.interrupt();
    });
  }

  /** What the app does to the conversation. @throws what `run` throws; nothing has happened then. */
  act(run: (turns: ClientCommands) => void): Effect[] {
    run(this.#app);
    return this.#sink.take();
  }

  /**
   * A message of the app.
   * @throws UnsupportedFeatureError, InvalidOptionsError; nothing has happened then.
   */
  message(message: RTVIMessage): Effect[] {
    const command = readCommand(message, this.setup.name, RAW_MESSAGES);
    switch (command.type) {
      case "say":
        this.#app.say(command, message);
        break;
      case "tool-result":
        if (this.#bot.tools.result(command.callId, command.result)) this.#bot.prompted();
        else this.#sink.debug("A function result came for a call that is not open; it is ignored.");
        break;
      case "raw":
        this.#bot.asked();
        this.#sink.send(command.event);
        this.#sink.deliver("server-response", { t: "raw" }, message.id);
        break;
      case "hang-up":
        this.#sink.add({ type: "end" });
        break;
      case "nothing":
        break;
    }
    return this.#sink.take();
  }

  /** Microphone audio is about to be sent. */
  streaming(): void {
    this.#activity.streaming();
  }

  /** The app turned the microphone on or off. */
  microphone(on: boolean): Effect[] {
    if (this.setup.manual) return this.activity(on);
    if (!on) this.#activity.streamEnded();
    return this.#sink.take();
  }

  /** The app says that the user begins, or stops, to speak. Without effect when it is not news. */
  activity(speaking: boolean): Effect[] {
    if (this.#activity.set(speaking, this.#ready)) this.#spoke(speaking);
    return this.#sink.take();
  }

  /** The connection is gone: closes whatever was said to have started. */
  end(): Effect[] {
    const { conversationHistory } = this.setup;
    const calledOff = this.#bot.tools.pending;
    const speaks = this.#user.isHeard;
    this.#user.end();
    this.#bot.end();
    // Who goes on speaking is answered after that. Nobody waits for what was asked of a conversation that was replaced.
    const counts = this.#ready && !conversationHistory.superseded;
    if (counts) conversationHistory.due = (calledOff || this.#bot.unheardReplies.isAwaited) && !speaks;
    this.#ready = false;
    return this.#sink.take();
  }

  #opened(): void {
    if (this.#ready) return;
    this.#ready = true;
    const { history, initial, prompt, runInitial, conversationHistory } = this.setup;
    for (const content of initial) conversationHistory.append(messageOf(content));
    conversationHistory.opened(history.length > 0 || prompt !== "");
    for (const message of messagesOf(this.setup)) this.#sink.send(message);
    if (runInitial) {
      this.#bot.asked(true);
      this.#bot.unheardReplies.asked();
      this.#clock.turnEnded();
    }
    this.#sink.add({ type: "ready" });
    if (this.#activity.resume()) this.#user.began();
  }

  /** The bot may have fallen silent. */
  #next(): Effect[] {
    if (this.#ready) this.#app.next();
    return this.#sink.take();
  }

  #spoke(speaking: boolean): void {
    if (!speaking) {
      this.#user.stopped();
      return;
    }
    this.#bot.prompted();
    if (this.setup.interruptible) this.#bot.silence();
    this.#user.began();
    if (this.setup.interruptible) this.#bot.stop();
  }
}
