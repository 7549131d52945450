import type { EffectSink } from "../../../dialogue/effects.js";
import { ProtocolError, type ServiceError } from "../../../errors.js";
import { asProtocolError, FieldReader } from "../../../util/field-reader.js";
import { parseRecord } from "../../../util/parse.js";
import { isRecord, type JsonRecord } from "../../../util/records.js";
import type { Redactor } from "../../../util/redact.js";
import {
  durationMs,
  LONGEST_AUDIO,
  LONGEST_TEXT,
  MOST_CALLS,
  MOST_ENTRIES,
  readCall,
  readUsage,
  redactRawEvent,
} from "../events.js";
import { flagIn, textsIn } from "../fields.js";
import { PROCESSOR, SERVICE } from "../names.js";
import type { GeminiHistory } from "../gemini-history.js";
import type { GeminiBot } from "./bot.js";
import type { ConnectionLifetime } from "./connection-lifetime.js";
import { Outcomes } from "./outcomes.js";
import { searchResponseOf } from "./search-response.js";
import type { User } from "./user.js";

/** How long before its end a connection is changed at the first quiet moment, in ms. One that has longer is let be: the next may have no longer. */
const EARLY_MS = 300_000;

/** Whom the service's messages concern. */
export interface MessageReaderPorts {
  readonly bot: GeminiBot;
  readonly user: User;
  readonly lifetime: ConnectionLifetime;
  readonly conversationHistory: GeminiHistory;
  /** Show messages to the app as they are, too; "all" means audio as well. */
  readonly rawEvents: boolean | "all";
  /** Makes the service's words safe to show. */
  readonly redact: Redactor;
  /** The service has taken the setup. */
  readonly opened: () => void;
}

/** Reads the service's messages. Several fields may come in one: each counts, and what is wrong with one touches no other. */
export class MessageReader {
  readonly #outcomes: Outcomes;

  constructor(
    private readonly sink: EffectSink,
    private readonly ports: MessageReaderPorts,
  ) {
    this.#outcomes = new Outcomes(ports.redact);
  }

  /** One message. What cannot be understood is reported. */
  receive(data: unknown): void {
    this.#guarded(() => {
      const { lifetime, conversationHistory, opened } = this.ports;
      const message = parseRecord(data, SERVICE);
      this.#showRaw(message);
      const read = new FieldReader(message, "a message", SERVICE);
      if (read.has("setupComplete")) opened();
      this.#report(() => this.#outcomes.failure(message));
      this.#each(read, "voiceActivity", (inner) => this.#voice(inner.optionalName("voiceActivityType")));
      this.#each(read, "voiceActivityDetectionSignal", (inner) => this.#voice(inner.optionalName("vadSignalType")));
      this.#each(read, "serverContent", (inner) => this.#content(inner, read.has("toolCall")));
      this.#each(read, "toolCall", (inner) => this.#call(inner));
      this.#each(read, "toolCallCancellation", (inner) => this.#cancel(inner));
      this.#each(read, "usageMetadata", (inner) => this.#usage(inner));
      this.#each(read, "sessionResumptionUpdate", (inner) => {
        if (!lifetime.update(inner, conversationHistory.isSettled)) return;
        conversationHistory.covered();
        this.ports.bot.covered();
      });
      this.#goAway(read);
    });
  }

  /** @param calls Whether the message calls functions beside its content, as the Live API does. */
  #content(read: FieldReader, calls: boolean): void {
    this.#guarded(() => {
      if (flagIn(read, "interrupted")) this.#interrupted();
    });
    this.#each(read, "inputTranscription", (inner) => {
      const text = inner.optionalText("text", LONGEST_TEXT) ?? "";
      const { bot, user } = this.ports;
      const late = user.isLate(bot.generating);
      if (text !== "" && !late) bot.prompted();
      if (text.trim() !== "") bot.understood(late);
      user.recognised(text, flagIn(inner, "finished"), bot.generating);
    });
    this.#each(read, "modelTurn", (inner) => {
      for (const part of inner.list("parts", MOST_ENTRIES)) this.#guarded(() => this.#part(part, calls));
    });
    this.#each(read, "outputTranscription", (inner) => {
      this.ports.bot.transcript(inner.optionalText("text", LONGEST_TEXT) ?? "");
      if (flagIn(inner, "finished")) this.ports.bot.transcriptPaused();
    });
    this.#each(read, "groundingMetadata", (inner) => {
      const found = searchResponseOf(inner, this.ports.bot.said);
      if (found !== undefined) this.sink.deliver("bot-llm-search-response", this.ports.redact.json(found));
    });
    this.#guarded(() => {
      if (flagIn(read, "generationComplete")) this.ports.bot.generated();
    });
    this.#guarded(() => {
      if (flagIn(read, "turnComplete")) this.#complete();
    });
    this.#report(() => [...this.#outcomes.failure(read.whole), ...this.#outcomes.turn(read)]);
    this.#each(read, "urlContextMetadata", (inner) => {
      this.#report(() => this.#outcomes.pages(inner));
    });
  }

  #complete(): void {
    const what = this.ports.bot.complete();
    if (what === "interrupted") return;
    this.ports.conversationHistory.settled();
    this.ports.lifetime.answered();
    this.ports.user.turnOver(what === "silent");
  }

  #report(outcomes: () => readonly ServiceError[]): void {
    this.#guarded(() => {
      for (const error of outcomes()) this.sink.report(error);
    });
  }

  #part(read: FieldReader, calls: boolean): void {
    // As the API's other methods call functions.
    const call = calls ? undefined : read.optionalInner("functionCall");
    if (call !== undefined) this.ports.bot.call([readCall(call)]);
    const data = read.optionalInner("inlineData");
    if (data !== undefined) this.ports.bot.audio(data.text("data", LONGEST_AUDIO), data.text("mimeType", LONGEST_TEXT));
    this.#report(() => this.#outcomes.code(read.optionalInner("codeExecutionResult")));
    // What the model thinks is not what it says.
    if (!flagIn(read, "thought")) this.ports.bot.text(read.optionalText("text", LONGEST_TEXT) ?? "");
  }

  #interrupted(): void {
    const own = this.ports.bot.wasAsked;
    this.ports.bot.silence();
    if (own) this.ports.conversationHistory.arrived();
    else this.ports.user.interrupted();
    this.ports.bot.interrupted();
  }

  #voice(type: string | undefined): void {
    if (type === "ACTIVITY_START" || type === "VAD_SIGNAL_TYPE_SOS") this.ports.user.began();
    else if (type === "ACTIVITY_END" || type === "VAD_SIGNAL_TYPE_EOS") this.ports.user.stopped();
  }

  /** That the connection ends is news, also where it cannot be read when. */
  #goAway(read: FieldReader): void {
    const said = read.any("goAway");
    if (said === undefined || said === null || said === false) return;
    const leftMs = this.#guarded(() => {
      const timeLeft = read.inner("goAway").optionalText("timeLeft", LONGEST_TEXT);
      return timeLeft === undefined ? undefined : durationMs(timeLeft);
    });
    const withinMs = this.ports.lifetime.goAway(leftMs);
    if (withinMs === undefined) return;
    const afterMs = Math.max(0, withinMs - EARLY_MS);
    this.sink.add({ type: "change-connection", ...(afterMs > 0 && { afterMs }), withinMs: withinMs - afterMs });
  }

  #call(read: FieldReader): void {
    const isOne = isRecord(read.any("functionCalls"));
    const written = isOne ? [read.inner("functionCalls")] : read.list("functionCalls", MOST_CALLS);
    if (written.length === 0) throw new ProtocolError(`${SERVICE} sent a toolCall without a call that can be read.`);
    const calls = written.flatMap((call) => {
      const readable = this.#guarded(() => readCall(call));
      return readable === undefined ? [] : [readable];
    });
    this.ports.bot.call(calls);
  }

  #cancel(read: FieldReader): void {
    for (const id of textsIn(read, "ids", MOST_ENTRIES)) this.ports.bot.tools.cancelled(id);
  }

  #usage(read: FieldReader): void {
    const tokens = readUsage(read, (reading) => this.#guarded(reading));
    if (tokens !== undefined) this.sink.deliver("metrics", { tokens: [{ processor: PROCESSOR, ...tokens }] });
  }

  #showRaw(message: JsonRecord): void {
    const { rawEvents, redact } = this.ports;
    const shown = rawEvents === false ? undefined : redactRawEvent(message, rawEvents === "all");
    if (shown !== undefined) this.sink.deliver("server-message", { t: "raw", d: redact.json(shown) });
  }

  /** One field of a message; what is wrong with it does not touch the others. */
  #each(read: FieldReader, key: string, handle: (inner: FieldReader) => void): void {
    this.#guarded(() => {
      const inner = read.optionalInner(key);
      if (inner !== undefined) handle(inner);
    });
  }

  #guarded<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.sink.report(asProtocolError(error, SERVICE));
      return undefined;
    }
  }
}
