import { RTVIMessage, UnsupportedFeatureError } from "@pipecat-ai/client-js";
import type { Turns } from "../../contracts/turns.js";
import type {
  CallFailure,
  CallReference,
  Command,
  Dialogue,
  Effect,
  Expects,
  OutgoingMessage,
} from "../../contracts/dialogue.js";
import type { PlaybackReport } from "../../contracts/speaker.js";
import { EffectSink } from "../../dialogue/effects.js";
import { callError, NO_RESULT } from "../../dialogue/tool-calls.js";
import { isRequest, unconfirmedError } from "../../dialogue/requests.js";
import { ProtocolError, ServiceError, isRtviMachineError } from "../../errors.js";
import { asProtocolError } from "../../util/field-reader.js";
import { isRecord } from "../../util/records.js";
import type { Redactor } from "../../util/redact.js";
import type { AckTracker } from "./ack-tracker.js";
import { isOthers, readBotMessage, readError, resumes, type BotMessage } from "./bot-message.js";
import { BotVoice } from "./bot-voice.js";
import { isDecoded } from "./decode-queue.js";
import type { WrittenMessage } from "./encode.js";
import type { MessageWriter } from "./message-writer.js";
import { NAME, SERVICE } from "./names.js";
import type { OpenActivities } from "./open-activities.js";
import { PingProbe } from "./ping-probe.js";
import { asksForAnswer } from "./questions.js";
import { turnFactOf } from "./turn-facts.js";
import { asError } from "../../util/reason.js";

/**
 * How long the silence is that ends the turn of a user who cannot be heard any more, in ms: more than any detector of Pipecat's
 * waits, of which the turn analyzer takes the longest, 3 s after those of the voice activity.
 */
const SILENCE_MS = 4_000;
/** Samples of a chunk of it, as of a microphone's. */
const CHUNK = 512;

/** What a dialogue is made of. What is not its own outlives the connection. */
export interface PipecatDialogueSetup {
  readonly writer: MessageWriter;
  readonly acks: AckTracker;
  readonly activities: OpenActivities;
  /** What items of this connection are called to the player: no two connections by the same name. */
  readonly voice: string;
  /** Hz of the microphone's chunks. */
  readonly recorderRate: number;
  /** Hz of the player. */
  readonly playerRate: number;
  /** Blanks the secrets of the connection's address where the bot quotes them. */
  readonly redact: Redactor;
  /** Turn-taking in this session. */
  readonly turns: Turns;
  /** Ms of a clock that only goes forward. */
  readonly now: () => number;
  readonly pings: "on" | "off";
  /** Whether the app knows a bot already: only then one can be that of before. */
  readonly bot: "new" | "known";
  /** Whether the client waits for the bot since before this connection. */
  readonly client: "silent" | "waiting";
  /** The client waits for the bot from now on: each connection has to say so. */
  readonly asked: () => void;
}

/**
 * A Pipecat server speaks RTVI itself: its messages are passed on as they are, and so are the app's. Added is what the server
 * cannot know: whether it has received what it was sent, and the ends of what a lost bot had begun.
 */
export class PipecatDialogue implements Dialogue {
  readonly #setup: PipecatDialogueSetup;
  readonly #sink: EffectSink;
  readonly #voice: BotVoice;
  readonly #pings: PingProbe;
  #phase: "open" | "ready" = "open";
  /** `client-ready` is said once on a connection; "unsayable": the serializer has no RTVI. */
  #greeting: "due" | "said" | "unsayable" = "due";
  /** Dismissed: the app has sent the bot away, so that its going is no loss. */
  #bot: "wanted" | "dismissed" = "wanted";

  /** Asked: the app has sent what a bot of its kind answers at once, and nothing has come since. */
  #question: "none" | "asked" = "none";
  /** Seen: this bot has answered such a message. */
  #answers: "unseen" | "seen" = "unseen";
  /** Messages that are none of RTVI's: told once, for there may be thousands. */
  #strangers: "unseen" | "told" = "unseen";
  /** What the server has of the microphone: "stopped" with silence behind it, where the server takes the user for speaking. */
  #sound: "none" | "flowing" | "stopped" = "none";

  constructor(setup: PipecatDialogueSetup) {
    this.#setup = setup;
    this.#sink = new EffectSink(setup.turns);
    const { acks, pings, writer, playerRate, voice } = setup;
    const output = {
      write: (samples: Int16Array, itemId: string): void => {
        this.#sink.add({ type: "play", itemId, pcm: bytesOf(samples) });
      },
      flush: (): void => {
        this.#sink.add({ type: "flush" });
      },
    };
    this.#voice = new BotVoice(playerRate, output, setup.now, voice);
    this.#pings = new PingProbe({ sink: this.#sink, acks, pings, write: (message) => writer.message(message) });
  }

  /** Before the bot is ready too: what a server wants to be told first (Twilio's `start`) is the app's to send. */
  get isReady(): boolean {
    return true;
  }

  /** A bot that answers pings is asked. Of another, silence says something where it has answered before. */
  get expects(): Expects {
    const owes = this.#question === "asked" && this.#answers === "seen";
    return owes && this.#bot === "wanted" && !this.#setup.acks.answersPings ? "progress" : "nothing";
  }

  get isBusy(): boolean {
    return this.#setup.activities.isBusy;
  }

  /** Whether the bot was sent away. */
  get isDismissed(): boolean {
    return this.#bot === "dismissed";
  }

  open(): Effect[] {
    this.#setup.acks.begin();
    if (this.#setup.client === "silent") return [];
    try {
      this.#greet();
    } catch (error) {
      this.#report(error);
    }
    return this.#sink.take();
  }

  receive(decoded: unknown): Effect[] {
    if (!isDecoded(decoded)) return [];
    if (decoded.type === "audio") {
      try {
        this.#voice.play(decoded);
      } catch (error) {
        this.#sink.report(asProtocolError(error, SERVICE));
      }
      return this.#sink.take();
    }
    if (decoded.interrupts === true) this.#voice.interrupted();
    if (decoded.type === "message") this.#read(decoded.message);
    else if (decoded.interrupts !== true) this.#sink.deliver("server-message", { t: "raw", d: decoded.message });
    return this.#sink.take();
  }

  command(command: Command): Effect[] {
    switch (command.type) {
      case "message":
        this.#message(command.message);
        break;
      case "raw":
        this.#send(this.#setup.writer.raw(command.event));
        break;
      case "fail-call":
        this.#failCall(command.call, command.failure);
        break;
      case "client-ready":
        this.#setup.asked();
        this.#greet();
        break;
      case "interrupt":
        this.#voice.interrupt();
        break;
      case "mic":
        if (!command.on) this.#stopped();
        break;
      case "missed-speech":
        break;
      default:
        // Whoever wants more of the bot asks its server, in RTVI.
        throw new UnsupportedFeatureError(command.type, NAME);
    }
    return this.#sink.take();
  }

  streaming(): Effect[] {
    this.#sound = "flowing";
    return [];
  }

  playback(report: PlaybackReport): Effect[] {
    this.#voice.playback(report);
    return [];
  }

  /** The server plays what it has sent by its own clock, and is not told. */
  played(): Effect[] {
    return [];
  }

  /** A bot that was sent away need not be there, and no other is to come in its place. */
  probe(): Effect[] | undefined {
    return this.#bot === "dismissed" ? undefined : this.#pings.probe();
  }

  unsent(effects: readonly Effect[]): Effect[] {
    for (const effect of effects) {
      if (effect.type !== "send-encoded" || effect.of === undefined) continue;
      this.#setup.acks.unsent(effect.of);
      if (effect.of.type === "disconnect-bot") this.#bot = "wanted";
    }
    return [];
  }

  end(keeps: boolean): Effect[] {
    const { activities, acks, bot } = this.#setup;
    const mayComeBack = keeps && (this.#phase === "ready" || bot === "known");
    this.#deliver(activities.lost(mayComeBack));
    this.#tell();
    const messages = acks.take();
    if (keeps && messages.length > 0) this.#sink.add({ type: "unconfirmed", messages });
    if (!keeps) this.#rejectRequests(messages);
    return this.#sink.take();
  }

  /** An app that leaves does not ask what became of its last words; but what it has asked, it may still wait for. */
  #rejectRequests(messages: readonly RTVIMessage[]): void {
    for (const message of messages) {
      if (isRequest(message.type)) this.#sink.add({ type: "reject", message, error: unconfirmedError() });
    }
  }

  #message(message: RTVIMessage): void {
    const { activities, writer } = this.#setup;
    const { type } = message;
    if (!activities.takes(message)) {
      this.#sink.debug("A function result came for a call of a bot that is gone; it is ignored.");
      return;
    }
    this.#pings.admit(message);
    const written = writer.message(message);
    if (written !== undefined) {
      if (type === "disconnect-bot") this.#bot = "dismissed";
      if (asksForAnswer(message)) this.#question = "asked";
      this.#send(written, message);
      this.#pings.sent(message, written.size);
    } else if (type !== "disconnect-bot") throw new UnsupportedFeatureError(type, "The serializer");
    this.#tell();
  }

  /** The app does not answer a call that the server waits for. */
  #failCall(reference: CallReference, failure: CallFailure): void {
    const call = this.#setup.activities.failed(reference);
    if (call === undefined) return;
    const { id, name } = call;
    const error = callError(name, failure, this.#setup.redact);
    if (error !== undefined) this.#sink.report(error);
    const data = { function_name: name, tool_call_id: id, arguments: {}, result: { error: NO_RESULT } };
    this.#message(new RTVIMessage("llm-function-call-result", data));
  }

  #send(written: WrittenMessage | undefined, of?: RTVIMessage): void {
    if (written === undefined) return;
    this.#sink.add({ type: "send-encoded", data: written.data, ...(of !== undefined && { of }) });
  }

  /** Without an answer in sight the session is ready at once, or `connect()` would never settle. */
  #greet(): void {
    if (this.#greeting !== "due") return;
    this.#greeting = "said";
    const written = this.#setup.writer.message(RTVIMessage.clientReady());
    if (written !== undefined) {
      this.#send(written);
      return;
    }
    this.#greeting = "unsayable";
    this.#ready("fresh");
  }

  /** No more sound comes. A server that hears the user speak measures silence in the stream, and would wait for ever. */
  #stopped(): void {
    if (this.#sound !== "flowing") return;
    this.#sound = "stopped";
    if (this.#sink.is("user.speaking") || this.#greeting === "unsayable") this.#silence();
  }

  #silence(): void {
    const { writer, recorderRate } = this.#setup;
    const chunk = new ArrayBuffer(CHUNK * Int16Array.BYTES_PER_ELEMENT);
    try {
      for (let sent = 0; sent < (recorderRate * SILENCE_MS) / 1000; sent += CHUNK) {
        const data = writer.audio(chunk, recorderRate);
        if (data !== undefined) this.#sink.add({ type: "send-encoded", data });
      }
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    this.#sink.report(isRtviMachineError(error) ? error : new ServiceError(asError(error).message, { cause: error }));
  }

  #read(message: unknown): void {
    const inbound = readBotMessage(message);
    if (inbound === undefined) {
      if (!isOthers(message) && this.#strangers === "unseen") {
        this.#strangers = "told";
        this.#sink.report(new ProtocolError(`${SERVICE} sent a message that is not one of RTVI's.`));
      }
      return;
    }
    if (this.#question === "asked") this.#answers = "seen";
    this.#question = "none";
    if (this.#pings.received(inbound.id)) return;
    const { type, data } = inbound;
    this.#voice.received(type);
    this.#setup.activities.received(type, data);
    const fact = turnFactOf(type);
    if (fact !== undefined) this.#sink.add({ type: "tell", fact });
    this.#tell();
    // What it heard last was sent before the microphone stopped.
    if (type === "user-started-speaking" && this.#sound === "stopped") this.#silence();
    switch (type) {
      case "bot-ready":
        this.#botReady(inbound);
        break;
      case "error":
        this.#error(inbound);
        break;
      case "error-response":
        this.#sink.deliver(type, this.#setup.redact.json(data, true), inbound.id);
        break;
      default:
        this.#sink.deliver(type, data, inbound.id);
    }
  }

  /** One that the app knows is not announced again. */
  #botReady({ type, data, id }: BotMessage): void {
    if (resumes(data) && this.#setup.bot === "known") {
      this.#ready("resumed", "delivered");
      return;
    }
    this.#ready("fresh", "delivered");
    this.#sink.add({ type: "tell", fact: { type: "bot.ready" } });
    this.#sink.deliver(type, data, id);
  }

  /** Calls of a bot that is gone end before the session is ready, because what waits is sent then. */
  #ready(continuity: "fresh" | "resumed", botReady?: "delivered"): void {
    this.#deliver(this.#setup.activities.settle(continuity === "resumed"));
    this.#tell();
    this.#sink.add({ type: "ready", continuity, ...(botReady !== undefined && { botReady }) });
    if (this.#phase === "ready") return;
    this.#phase = "ready";
    this.#pings.ready();
  }

  #error({ data, id }: BotMessage): void {
    const { redact } = this.#setup;
    const { text: said, fatal } = readError(data);
    const text = redact(said);
    const error = new ServiceError(text);
    if (fatal) {
      this.#sink.add({ type: "fault", error });
      return;
    }
    const shown = redact.json(data, true);
    const told = { ...(isRecord(shown) && shown), error: text, message: text, fatal };
    const as = { type: "error", data: told, ...(id !== undefined && { id }) };
    this.#sink.add({ type: "report", error, as });
  }

  #deliver(messages: readonly OutgoingMessage[]): void {
    for (const message of messages) this.#sink.add({ type: "deliver", message });
  }

  #tell(): void {
    for (const fact of this.#setup.activities.takeFacts()) this.#sink.add({ type: "tell", fact });
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Int16Array): ArrayBuffer {
  const bytes = new ArrayBuffer(byteLength);
  new Uint8Array(bytes).set(new Uint8Array(buffer, byteOffset, byteLength));
  return bytes;
}
