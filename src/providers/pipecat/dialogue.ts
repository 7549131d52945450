import { RTVIMessage, UnsupportedFeatureError } from "@pipecat-ai/client-js";
import type { Turns } from "../../contracts/turns.js";
import type { Command, Dialogue, Effect, Expects, OutgoingMessage } from "../../contracts/dialogue.js";
import type { PlaybackReport } from "../../contracts/speaker.js";
import { EffectSink } from "../../dialogue/effects.js";
import { RtviMachineError, ServiceError } from "../../errors.js";
import { asProtocolError } from "../../util/field-reader.js";
import { isRecord } from "../../util/records.js";
import type { Redactor } from "../../util/redact.js";
import type { AckTracker } from "./ack-tracker.js";
import { readBotMessage, readError, resumes, type BotMessage } from "./bot-message.js";
import { BotVoice } from "./bot-voice.js";
import { isDecoded } from "./decode-queue.js";
import type { MessageWriter, WrittenMessage } from "./message-writer.js";
import { NAME, SERVICE } from "./names.js";
import type { OpenActivities } from "./open-activities.js";
import { PingProbe } from "./ping-probe.js";
import { turnFactOf } from "./turn-facts.js";

/** What a dialogue is made of. What is not its own outlives the connection. */
export interface PipecatDialogueSetup {
  readonly writer: MessageWriter;
  readonly acks: AckTracker;
  readonly activities: OpenActivities;
  /** What items of this connection are called to the player: no two connections by the same name. */
  readonly voice: string;
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
  /** `client-ready` is said once on a connection. */
  #greeting: "due" | "said" = "due";
  /** Dismissed: the app has sent the bot away, so that its going is no loss. */
  #bot: "wanted" | "dismissed" = "wanted";

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

  get expects(): Expects {
    return "nothing";
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
      this.#sink.report(error instanceof RtviMachineError ? error : new ServiceError(String(error)));
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
      case "client-ready":
        this.#setup.asked();
        this.#greet();
        break;
      case "interrupt":
        this.#voice.interrupt();
        break;
      case "mic":
      case "missed-speech":
        break;
      default:
        // Whoever wants more of the bot asks its server, in RTVI.
        throw new UnsupportedFeatureError(command.type, NAME);
    }
    return this.#sink.take();
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
    // An app that leaves does not ask what became of its last words.
    if (keeps && messages.length > 0) this.#sink.add({ type: "unconfirmed", messages });
    return this.#sink.take();
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
      this.#send(written, message);
      this.#pings.sent(message, written.size);
    } else if (type !== "disconnect-bot") throw new UnsupportedFeatureError(type, "The serializer");
    this.#tell();
  }

  #send(written: WrittenMessage | undefined, of?: RTVIMessage): void {
    if (written === undefined) return;
    this.#sink.add({ type: "send-encoded", data: written.data, ...(of !== undefined && { of }) });
  }

  /** Without an answer in sight the session is ready at once, or `connect()` would never settle. */
  #greet(): void {
    if (this.#greeting === "said") return;
    this.#greeting = "said";
    const written = this.#setup.writer.message(RTVIMessage.clientReady());
    if (written === undefined) this.#ready("fresh");
    else this.#send(written);
  }

  #read(message: unknown): void {
    const inbound = readBotMessage(message);
    if (inbound === undefined || this.#pings.received(inbound.id)) return;
    const { type, data } = inbound;
    this.#voice.received(type);
    this.#setup.activities.received(type, data);
    const fact = turnFactOf(type);
    if (fact !== undefined) this.#sink.add({ type: "tell", fact });
    this.#tell();
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
    if (fatal) this.#sink.add({ type: "fault", error: new ServiceError(text) });
    else {
      const shown = redact.json(data, true);
      this.#sink.deliver("error", { ...(isRecord(shown) && shown), error: text, message: text, fatal }, id);
    }
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
