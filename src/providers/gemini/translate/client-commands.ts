import { UnsupportedFeatureError, type RTVIMessage } from "@pipecat-ai/client-js";
import { NotReadyError } from "../../../errors.js";
import { readContext } from "../../../services/responder/context.js";
import type { ClientCommand } from "../../../dialogue/client-commands.js";
import type { EffectSink } from "../../../dialogue/effects.js";
import type { TurnClock } from "../../../dialogue/turn-clock.js";
import { readContent, textOf, turnOf, type Content } from "../contents.js";
import { contentsOf, messageOf } from "../history-contents.js";
import type { GeminiHistory } from "../gemini-history.js";
import type { TurnSound } from "./bot-turn.js";
import type { GeminiBot } from "./bot.js";

/** What the app's turns act on. */
export interface ClientCommandParts {
  readonly sink: EffectSink;
  readonly clock: TurnClock;
  readonly bot: GeminiBot;
  readonly conversationHistory: GeminiHistory;
  readonly textInput: "client_content" | "realtime";
  /** The transport's name, for errors. */
  readonly name: string;
}

/** Texts that may wait for the bot to finish. */
const MOST_WAITING = 64;

/** What the app itself puts into the conversation, and asks the bot to do about it. */
export class ClientCommands {
  readonly #parts: ClientCommandParts;

  constructor(parts: ClientCommandParts) {
    this.#parts = parts;
  }

  /** A `send-text` or `append-to-context`. @throws InvalidOptionsError, UnsupportedFeatureError; nothing has happened then. */
  say(command: Extract<ClientCommand, { readonly type: "say" }>, message: RTVIMessage): void {
    const content = readContent(command.role, command.content, message.type);
    const run = command.run ?? content.role === "user";
    this.#add([content], run, message.type, command.audio ? "played" : "dropped");
    this.#parts.conversationHistory.append(messageOf(content));
    this.#asked(run);
    if (command.acknowledge) {
      this.#parts.sink.deliver("append-to-context-result", { result: "success" }, message.id);
    }
  }

  append(messages: unknown, run: boolean): void {
    const items = readContext(messages, "messages");
    this.#add(contentsOf(items, "messages"), run, "llm:append_to_messages");
    for (const item of items) this.#parts.conversationHistory.append(item);
    this.#asked(run);
  }

  /** Nothing can be taken out of a running session: the new conversation is told to the next connection. */
  replace(messages: unknown, interrupt: boolean): void {
    const items = readContext(messages, "messages");
    contentsOf(items, "messages");
    if (interrupt) this.interrupt();
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

  /** Says what has been waiting, if the bot is silent. A text would interrupt it. */
  next(): void {
    const { bot, conversationHistory } = this.#parts;
    if (conversationHistory.orders.length === 0 || conversationHistory.superseded || bot.busy) return;
    const text = conversationHistory.orders.shift() ?? "";
    const order = `Say the following text aloud, word for word, in its own language. Add nothing.\n\n${text}`;
    this.#add([{ role: "user", parts: [{ text: order }] }], true, "tts:say");
  }

  /** What `speak` orders is no part of the conversation, so that it cannot be asked for again. */
  #asked(run: boolean): void {
    if (run) this.#parts.bot.awaited();
  }

  #add(contents: readonly Content[], run: boolean, feature: string, sound: TurnSound = "played"): void {
    const { bot, clock, conversationHistory, sink } = this.#parts;
    if (conversationHistory.superseded) {
      conversationHistory.due ||= run;
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
      return { clientContent: { ...(turns.length > 0 && { turns }), turnComplete: run } };
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
