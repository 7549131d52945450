import type { RTVIMessage } from "@pipecat-ai/client-js";
import { encodeBase64 } from "../../../codec/base64.js";
import { NotReadyError } from "../../../errors.js";
import { readContext } from "../../../services/responder/context.js";
import type { CallFailure, CallReference, Effect } from "../../../contracts/dialogue.js";
import type { ConversationHistory, HistoryItem } from "../../../dialogue/conversation-history.js";
import { fieldOf, recordAt, stringAt, type JsonRecord } from "../../../util/records.js";
import type { TurnClock } from "../../../dialogue/turn-clock.js";
import { missedSpeech } from "../missed-speech.js";
import { createItem, historyItem, messageItem } from "../items.js";
import { orderToSay, resultText, type Said, type ServiceCommands } from "../../../dialogue/client-commands.js";
import type { OpenAISink } from "../effects.js";
import type { OpenAIBot } from "./bot.js";
import type { ItemRegister } from "./item-register.js";
import type { SessionSetup } from "./session-setup.js";
import { MOST_WAITING } from "./sequencer.js";
import type { UserAudio } from "./user-audio.js";

/** What the app's turns act on. */
export interface ClientCommandParts {
  readonly sink: OpenAISink;
  readonly sessionSetup: SessionSetup;
  readonly clock: TurnClock;
  readonly bot: OpenAIBot;
  readonly history: ConversationHistory;
  readonly register: ItemRegister;
  readonly userAudio: UserAudio;
  /** Bytes that an RTVI message may have on this connection. */
  readonly maxMessageSize: () => number;
}

/** What the app itself puts into the conversation, takes out of it, and asks the bot to do about it. */
export class ClientCommands implements ServiceCommands {
  readonly #parts: ClientCommandParts;

  constructor(parts: ClientCommandParts) {
    this.#parts = parts;
  }

  /** A `send-text` or `append-to-context`. @throws InvalidOptionsError, MessageTooLargeError; nothing has happened then. */
  say({ role, content, run, audio }: Said, message: RTVIMessage): void {
    const { sessionSetup, history, register, sink, bot, clock } = this.#parts;
    const item = messageItem({ role, content }, sessionSetup.dialect, message.type);
    sink.check(createItem(item));
    if (run === true) this.interrupt();
    const id = register.create(item);
    for (const said of readContext([{ role, content }], message.type)) history.note(id, said);
    if (run !== true) return;
    clock.turnEnded();
    bot.sequencer.request(audio ? {} : { params: { [this.#modalities]: ["text"] } });
  }

  /**
   * Adds messages to the conversation; `run`: interrupts the bot and has it answer.
   * @throws InvalidOptionsError naming the message that makes no sense; nothing has happened then.
   */
  append(messages: unknown, run: boolean): void {
    const items = this.#read(messages);
    if (run) this.interrupt();
    this.#create(items);
    if (run) this.run();
  }

  /**
   * Replaces the conversation.
   * @throws InvalidOptionsError naming the message that makes no sense; nothing has happened then.
   */
  replace(messages: unknown, interrupt: boolean): void {
    const items = this.#read(messages);
    if (interrupt) this.interrupt();
    // A call is part of the conversation that it was made in.
    this.#parts.bot.tools.end();
    this.#parts.register.deleteAll();
    this.#parts.history.clear();
    this.#create(items);
  }

  /** Has the bot answer the conversation as it stands, as soon as it may. */
  run(): void {
    this.#parts.clock.turnEnded();
    this.#parts.bot.sequencer.request();
  }

  /**
   * Has the bot speak a text, as soon as it may. The words become part of the conversation; the model is shown nothing
   * else meanwhile, and calls no function.
   * @throws NotReadyError when too much waits to be said; MessageTooLargeError; nothing has happened then.
   */
  speak(text: string): void {
    const { bot, sessionSetup, sink } = this.#parts;
    if (bot.sequencer.isFull) {
      throw new NotReadyError(`${MOST_WAITING} answers wait for the bot to finish, and no more may: let it say some.`);
    }
    const params = {
      instructions: orderToSay(text),
      input: [],
      tool_choice: "none",
      [this.#modalities]: sessionSetup.dialect === "beta" ? ["audio", "text"] : ["audio"],
    };
    sink.check({ type: "response.create", response: params });
    bot.sequencer.request({ params });
  }

  result(callId: string, result: unknown): boolean {
    return this.#parts.bot.tools.result(callId, result);
  }

  failCall(call: CallReference, failure: CallFailure): void {
    this.#parts.bot.tools.fail(call, failure);
  }

  update(settings: JsonRecord): void {
    this.#parts.sessionSetup.update(settings);
  }

  mic(on: boolean): void {
    if (!on) this.#parts.userAudio.stopped();
  }

  /** An event of the app. One that answers a function call is that call's result. */
  raw(event: JsonRecord): void {
    const item = event.type === "conversation.item.create" ? recordAt(event, "item") : {};
    const callId = item.type === "function_call_output" ? stringAt(item, "call_id") : undefined;
    const output = resultText(fieldOf(item, "output"));
    this.#parts.sink.send(event);
    if (callId !== undefined) this.#parts.bot.answered(callId, output);
  }

  /** What the user said while nobody could hear it. Where they have not stopped, the service hears the rest, and answers that. */
  missedSpeech(pcm: readonly ArrayBuffer[], rate: number): void {
    const { register, sessionSetup, maxMessageSize } = this.#parts;
    const { pieces, whole } = missedSpeech(pcm, rate, maxMessageSize()) ?? { pieces: [], whole: false };
    if (!sessionSetup.isReady) return;
    for (const piece of pieces) {
      const audio = encodeBase64(new Uint8Array(piece));
      register.create({ type: "message", role: "user", content: [{ type: "input_audio", audio }] });
    }
    if (whole && sessionSetup.autoResponds) this.run();
  }

  /** The service has an item. One that the app sent in an event of its own is a part of the conversation as any other. */
  added(itemId: string, said: HistoryItem | undefined): void {
    const { history, register, bot } = this.#parts;
    const isOurs = register.has(itemId);
    if (said?.type === "tool-result") bot.confirmed(said.callId);
    register.added(itemId);
    if (isOurs || said === undefined) return;
    const { type } = said;
    // Results of handlers are written down as they are sent, and have no id of ours.
    if (type === "tool-result" && history.items.some((item) => item.type === type && item.callId === said.callId))
      return;
    history.note(itemId, said);
  }

  /** The connection refused the first of these: none of them happens, and a call that was to be answered is cancelled. */
  takeBack(effects: readonly Effect[]): void {
    const { sink } = this.#parts;
    for (const effect of effects) {
      if (effect.type === "send") this.#unsent(effect.event);
      else if (effect.type !== "deliver") sink.add(effect);
      else if (effect.message.type === "llm-function-call-stopped") {
        const { result: _result, ...call } = recordAt({ ...effect.message }, "data");
        sink.deliver(effect.message.type, { ...call, cancelled: true });
      } else if (effect.message.id === undefined) sink.add(effect);
    }
  }

  /** The service has an item no longer. */
  deleted(itemId: string): void {
    this.#parts.register.deleted(itemId);
    this.#parts.history.remove(itemId);
  }

  /** Silences the bot and stops what it is making. */
  interrupt(): void {
    this.#parts.bot.voice.silence();
    this.#parts.bot.interrupt(true, "app");
  }

  #unsent(event: JsonRecord): void {
    const { sessionSetup, bot, history, register } = this.#parts;
    const item = recordAt(event, "item");
    const id = stringAt(item, "id");
    if (event.type === "session.update") sessionSetup.refused(stringAt(event, "event_id"));
    else if (event.type === "response.create") bot.refused(stringAt(event, "event_id"), false);
    else if (id === undefined) history.removeResult(stringAt(item, "call_id") ?? "");
    else if (register.has(id)) this.deleted(id);
  }

  get #modalities(): string {
    return this.#parts.sessionSetup.dialect === "beta" ? "modalities" : "output_modalities";
  }

  #read(messages: unknown): { readonly item: JsonRecord; readonly said: HistoryItem }[] {
    const { sessionSetup, sink } = this.#parts;
    return readContext(messages, "messages").map((said, index) => {
      const item = historyItem(said, sessionSetup.dialect, `messages[${index}]`);
      sink.check(createItem(item));
      return { said, item };
    });
  }

  #create(items: readonly { readonly item: JsonRecord; readonly said: HistoryItem }[]): void {
    for (const { item, said } of items) {
      this.#parts.history.note(this.#parts.register.create(item), said);
    }
  }
}
