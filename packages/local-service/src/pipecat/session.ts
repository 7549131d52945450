import { Replier } from "../bot/replier.js";
import { ConversationLog } from "../conversation-log.js";
import type { EventLog } from "../event-log.js";
import type { FaultKnobs } from "../faults.js";
import { stringOr, type JsonObject } from "../json.js";
import type { SessionLine } from "../line.js";
import type { SessionView } from "../live-session.js";
import type { Settings } from "../options.js";
import { Timers } from "../timers.js";
import { Bot } from "./bot.js";
import { handleClientMessage } from "./client-messages.js";
import { botReady, CURRENT_CLIENT, readClientVersion } from "./client-ready.js";
import { Hearing } from "./hearing.js";
import { malformedFrames } from "./malformed.js";
import type { MessageParts } from "./message-parts.js";
import { MessageWriter, RTVI_LABEL } from "./message-writer.js";
import { ServiceConfig } from "./services.js";
import type { StartedSession } from "./started-sessions.js";
import { toolsOf } from "./start-body.js";
import { readFrame } from "./wire-frames.js";

/** What a session is opened with. */
export interface PipecatStart {
  readonly line: SessionLine;
  readonly settings: Settings;
  readonly faults: Readonly<FaultKnobs>;
  readonly events: EventLog;
  /** Of the connection: a session that is resumed has one after another. */
  readonly id: string;
  /** How the conversation log calls it. */
  readonly label: string;
  readonly started: StartedSession;
}

/** Pipecat's servers end a session as any server ends a socket. */
const NORMAL_CLOSURE = 1000;

/** One conversation over one socket. */
export class PipecatSession implements SessionView {
  readonly protocol = "pipecat";
  readonly #start: PipecatStart;
  readonly #log: ConversationLog;
  readonly #timers = new Timers();
  readonly #writer: MessageWriter;
  readonly #parts: MessageParts;
  readonly #tools: readonly string[];
  #client = CURRENT_CLIENT;
  #greets: boolean;
  readonly #resumed: boolean;

  constructor(start: PipecatStart) {
    this.#start = start;
    const { settings, faults, started } = start;
    this.#log = new ConversationLog(settings.logger, start.label);
    this.#writer = new MessageWriter(start.line, start.events, start.id);
    this.#tools = toolsOf(started.body, settings.tools);
    // Who comes back was greeted before.
    const isNew = started.context.messages.length === 0;
    this.#greets = settings.greet && isNew;
    this.#resumed = started.resumable && !isNew;
    const { context } = started;
    const services = new ServiceConfig(settings.vad);
    const replier = new Replier(settings);
    const bot = new Bot({
      writer: this.#writer,
      context,
      replier,
      settings,
      timers: this.#timers,
      log: this.#log,
      tools: this.#tools,
      isLegacy: () => this.#client.isLegacy,
      models: () => services.models,
      lateDeltas: faults.lateDeltas,
      fails: faults.failResponses,
    });
    const hearing = new Hearing(
      {
        writer: this.#writer,
        hear: (pcm) => replier.hear(pcm),
        sendsInterim: () => services.sendsInterim,
        started: () => bot.interrupt(),
        said: (text, pcm) => {
          context.userSaid(text, pcm);
          this.#log.line("user", text);
          bot.run();
        },
      },
      services.vad,
    );
    this.#parts = {
      writer: this.#writer,
      bot,
      context,
      hearing,
      services,
      hasServices: settings.pipecat.services,
      isDeaf: faults.noUpdated,
      heardBefore: (id) => this.#heardBefore(id),
      ready: (id, data) => this.#ready(id, data),
      end: () => start.line.close(NORMAL_CLOSURE, ""),
    };
  }

  /** What `POST /start` settled, and the services' configuration. */
  get config(): JsonObject {
    const { id, resumable, body } = this.#start.started;
    return { sessionId: id, resumable, body, tools: this.#tools, services: this.#parts.services.config };
  }

  /** The conversation in OpenAI's chat format, which is how Pipecat keeps it. */
  get items(): readonly JsonObject[] {
    return this.#start.started.context.messages;
  }

  get receivedMs(): number {
    return this.#parts.hearing.receivedMs;
  }

  /** Starts the session's clocks. The first word is the client's. */
  open(): void {
    const { settings, faults, line } = this.#start;
    this.#log.line("session", "opened");
    if (faults.dropAfterMs !== undefined) this.#timers.after(faults.dropAfterMs, () => line.terminate());
    if (faults.silent) return;
    if (faults.malformed) for (const frame of malformedFrames()) this.#writer.raw(frame);
    this.#timers.after(settings.sessionMaxSeconds * 1000, () => this.#expire());
  }

  /** One WebSocket message of the client. */
  receive(data: Buffer, isBinary: boolean): void {
    const frame = readFrame(data, isBinary);
    if (frame.kind === "dropped") {
      this.#writer.received("(dropped)");
      this.#log.line("session", `dropped ${frame.why}`);
      return;
    }
    // Incoming sound would push everything else out of the log.
    if (frame.kind !== "audio" && frame.kind !== "message") this.#writer.received(frame.kind);
    if (frame.kind === "message") this.#writer.received(stringOr(frame.message.type) ?? "?");
    if (this.#start.faults.silent) return;
    switch (frame.kind) {
      case "audio":
        this.#parts.hearing.push(frame.bytes, frame.shape);
        break;
      case "message":
        this.#message(frame.message);
        break;
      case "text":
        // Text that enters a pipeline goes to its voice.
        this.#parts.bot.say(frame.text);
        break;
      case "transcription":
        this.#parts.hearing.transcribed(frame.text);
        break;
    }
  }

  send(message: JsonObject): void {
    this.#writer.send({ type: stringOr(message.type) ?? "", id: stringOr(message.id), data: message.data });
  }

  /** The socket is gone. */
  closed(code: number): void {
    this.#timers.clear();
    this.#parts.bot.hushed();
    this.#log.line("session", `closed (${String(code)})`);
  }

  #message(message: JsonObject): void {
    if (message.label !== RTVI_LABEL) {
      this.#log.line("session", "dropped a message that is not RTVI");
      return;
    }
    if (typeof message.type !== "string") {
      this.#writer.send({ type: "error", data: { error: "Invalid RTVI transport message: no type", fatal: false } });
      return;
    }
    handleClientMessage(message, this.#parts);
  }

  #heardBefore(id: string | undefined): boolean {
    if (id === undefined || !this.#start.started.heardBefore(id)) return false;
    this.#log.line("session", "dropped a message that was heard before");
    return true;
  }

  #ready(id: string | undefined, data: unknown): void {
    this.#client = readClientVersion(data);
    if (this.#client.problem !== undefined) this.#writer.refuse(id, this.#client.problem);
    this.#writer.send({ type: "bot-ready", id, data: botReady(data, this.#client, this.#resumed) });
    if (this.#greets) this.#parts.bot.greet();
    this.#greets = false;
  }

  #expire(): void {
    const { settings, line } = this.#start;
    const error = `The session hit the maximum duration of ${String(settings.sessionMaxSeconds)} seconds.`;
    this.#writer.send({ type: "error", data: { error, fatal: true } });
    this.#log.line("session", error);
    line.close(NORMAL_CLOSURE, "");
  }
}
