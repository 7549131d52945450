import { UnsupportedFeatureError, type RTVIMessage } from "@pipecat-ai/client-js";
import { NotReadyError } from "../../../errors.js";
import { readContext } from "../../../services/responder/context.js";
import type { CallFailure, CallReference } from "../../../contracts/dialogue.js";
import { orderToSay, type Said, type ServiceCommands } from "../../../dialogue/client-commands.js";
import type { EffectSink } from "../../../dialogue/effects.js";
import type { TurnClock } from "../../../dialogue/turn-clock.js";
import { readContent, textOf, turnOf, type Content } from "../contents.js";
import { contentsOf, messageOf } from "../history-contents.js";
import type { DialogueSetup } from "../dialogue-setup.js";
import { readResponses } from "../tool-responses.js";
import type { Activity } from "./activity.js";
import type { TurnSound } from "./bot-turn.js";
import type { GeminiBot } from "./bot.js";
import type { User } from "./user.js";
import { fieldOf, recordAt, type JsonRecord } from "../../../util/records.js";

/** What the app's turns act on. */
export interface ClientCommandParts extends Pick<
  DialogueSetup,
  "conversationHistory" | "textInput" | "name" | "manual" | "interruptible"
> {
  readonly sink: EffectSink;
  readonly clock: TurnClock;
  readonly bot: GeminiBot;
  readonly user: User;
  readonly activity: Activity;
  readonly isReady: () => boolean;
}

/** Texts that may wait for the bot to finish. */
const MOST_WAITING = 64;

/** What the app itself puts into the conversation, and asks the bot to do about it. */
export class ClientCommands implements ServiceCommands {
  readonly #parts: ClientCommandParts;

  constructor(parts: ClientCommandParts) {
    this.#parts = parts;
  }

  /** A `send-text` or `append-to-context`. @throws InvalidOptionsError, UnsupportedFeatureError; nothing has happened then. */
  say(said: Said, message: RTVIMessage): void {
    const content = readContent(said.role, said.content, message.type);
    const run = said.run ?? content.role === "user";
    const crosses = this.#crosses;
    this.#add([content], run, message.type, said.audio ? "played" : "dropped");
    this.#parts.conversationHistory.append(messageOf(content), crosses);
    this.#asked(run);
  }

  append(messages: unknown, run: boolean): void {
    const items = readContext(messages, "messages");
    const crosses = this.#crosses;
    this.#add(contentsOf(items, "messages"), run, "llm:append_to_messages");
    for (const item of items) this.#parts.conversationHistory.append(item, crosses);
    this.#asked(run);
  }

  /** Nothing can be taken out of a running session: the new conversation is told to the next connection. */
  replace(messages: unknown, interrupt: boolean): void {
    const items = readContext(messages, "messages");
    contentsOf(items, "messages");
    if (interrupt) this.interrupt();
    // A call is part of the conversation that it was made in.
    this.#parts.bot.tools.end();
    this.#parts.conversationHistory.replace(items);
  }

  run(): void {
    this.#add([], true, "llm:run");
    this.#asked(true);
  }

  /**
   * A turn of the app's that has the model repeat it: the service speaks nothing but answers.
   * @throws NotReadyError when too much waits to be said; nothing has happened then.
   */
  speak(text: string): void {
    const { orders } = this.#parts.conversationHistory;
    if (orders.length === MOST_WAITING) {
      throw new NotReadyError(`${MOST_WAITING} texts wait for the bot to finish, and no more may: let it say some.`);
    }
    orders.push(text);
    this.next();
  }

  interrupt(): void {
    this.#parts.bot.interrupt("app");
  }

  result(callId: string, result: unknown): boolean {
    const { bot } = this.#parts;
    const wasOpen = bot.tools.result(callId, result);
    if (wasOpen) bot.prompted();
    return wasOpen;
  }

  failCall(call: CallReference, failure: CallFailure): void {
    const { bot } = this.#parts;
    if (bot.tools.fail(call, failure)) bot.prompted();
  }

  /** A message of the app in the service's own language. */
  raw(message: JsonRecord): void {
    const { bot, sink } = this.#parts;
    const results = readResponses(fieldOf(recordAt(message, "toolResponse"), "functionResponses"));
    bot.asked();
    sink.send(message);
    for (const result of results) bot.tools.answered(result);
  }

  /** `pause`: it gives nothing, so that a turn of the user ends where it was cut. */
  mic(on: boolean, pause: boolean): void {
    const { activity, user, manual } = this.#parts;
    if (pause) {
      if (activity.paused()) user.stopped();
      return;
    }
    activity.microphone(on);
    if (manual) this.speaks(on);
  }

  activity(on: boolean): void {
    const { manual, name } = this.#parts;
    if (!manual) {
      const feature = on ? "activityStart" : "activityEnd";
      throw new UnsupportedFeatureError(feature, name, "only with `automatic_activity_detection.disabled`");
    }
    this.speaks(on);
  }

  /** The app says that the user begins, or stops, to speak. Without effect when it is not news. */
  speaks(on: boolean): void {
    const { activity, user, bot, interruptible, isReady } = this.#parts;
    if (!activity.set(on, isReady())) return;
    if (!on) {
      user.stopped();
      return;
    }
    bot.prompted();
    if (interruptible) bot.silence();
    user.began();
    if (interruptible) bot.stop("user");
  }

  /** Says what has been waiting, if the bot is silent. A text would interrupt it. */
  next(): void {
    const { bot, conversationHistory } = this.#parts;
    if (conversationHistory.orders.length === 0 || conversationHistory.isSuperseded || bot.busy) return;
    const text = conversationHistory.orders.shift() ?? "";
    this.#add([{ role: "user", parts: [{ text: orderToSay(text) }] }], true, "tts:say");
  }

  /** Whether an answer to something before may be under way. */
  get #crosses(): boolean {
    const { bot } = this.#parts;
    return bot.isAsked || bot.isAwaited;
  }

  /** What `speak` orders is no part of the conversation, so that it cannot be asked for again. */
  #asked(run: boolean): void {
    if (run) this.#parts.bot.awaited();
  }

  #add(contents: readonly Content[], run: boolean, feature: string, sound: TurnSound = "played"): void {
    const { bot, clock, conversationHistory, sink } = this.#parts;
    if (conversationHistory.isSuperseded) {
      if (run) conversationHistory.owes(true);
      return;
    }
    const event = this.#event(contents, run, feature);
    if (run) bot.interrupt("app");
    bot.asked(run);
    sink.send(event);
    if (!run) return;
    bot.prompted(sound);
    clock.turnEnded();
  }

  #event(contents: readonly Content[], run: boolean, feature: string): Record<string, unknown> {
    if (this.#parts.textInput === "client_content") {
      const turns = contents.map(turnOf);
      // Any content stops an answer that is being made; one that was asked for is asked for again with it.
      const turnComplete = run || this.#parts.bot.isAsked;
      return { clientContent: { ...(turns.length > 0 && { turns }), turnComplete } };
    }
    if (run && contents.length > 0 && contents.every(({ role }) => role !== "model")) {
      const text = contents.map(({ parts }) => textOf(parts, `${feature}.content`)).join("\n");
      return { realtimeInput: { text } };
    }
    throw new UnsupportedFeatureError(
      feature,
      this.#parts.name,
      "this model takes text in a running session only as the user's, and answers it: set `run_immediately`",
    );
  }
}
