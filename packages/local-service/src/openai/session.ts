import type { AudioEncoding } from "../audio/formats.js";
import { ConversationLog } from "../conversation-log.js";
import type { EventLog } from "../event-log.js";
import type { FaultKnobs } from "../faults.js";
import { parseJsonObject, stringOr, type JsonObject } from "../json.js";
import type { SessionLine } from "../line.js";
import type { SessionView } from "../live-session.js";
import type { Settings } from "../options.js";
import { Timers } from "../timers.js";
import { betaToGaEvent, gaToBetaEvents } from "./beta.js";
import { handleClientEvent, type ClientEventParts } from "./client-events.js";
import { Conversation } from "./conversation.js";
import { eventFacts } from "./event-facts.js";
import { newId } from "./ids.js";
import type { SessionVoice } from "./session-voice.js";
import { InputSound } from "./input-sound.js";
import { itemJson } from "./items.js";
import { malformedFrames } from "./malformed.js";
import type { ServerEvent } from "./server-event.js";
import { errorEvent, ProtocolMistake, type ProtocolErrorFacts } from "./protocol-error.js";
import { Responder } from "./responder.js";
import { readFormat, SessionConfig } from "./session-config.js";
import { SessionWaits } from "../session-waits.js";

/** What a session is opened with. */
export interface SessionStart {
  readonly line: SessionLine;
  /** Where sound goes that does not travel in events (WebRTC). */
  readonly voice?: SessionVoice;
  readonly settings: Settings;
  readonly faults: Readonly<FaultKnobs>;
  readonly events: EventLog;
  readonly id: string;
  /** How the conversation log calls it. */
  readonly label: string;
  readonly model: string;
  /** Settings that a client secret brought along; empty for none. */
  readonly baked: JsonObject;
}

/** Updates come in bursts: the greeting waits for the last of them. */
const GREET_PAUSE_MS = 100;

/** One conversation over one socket. */
export class OpenAiSession implements SessionView {
  readonly protocol = "openai";
  readonly #start: SessionStart;
  readonly #log: ConversationLog;
  readonly #timers = new Timers();
  readonly #waits = new SessionWaits(this.#timers);
  readonly #conversation = new Conversation();
  readonly #config: SessionConfig;
  readonly #parts: ClientEventParts;

  constructor(start: SessionStart) {
    this.#start = start;
    const { settings, faults } = start;
    this.#log = new ConversationLog(settings.logger, start.label);
    const expiresAt = Math.floor(Date.now() / 1000) + Math.ceil(settings.sessionMaxSeconds);
    this.#config = new SessionConfig(start.id, start.model, expiresAt, settings.vad);
    if (Object.keys(start.baked).length > 0) this.#config.update(start.baked, false);
    const shared = {
      send: (event: ServerEvent) => this.send(event),
      conversation: this.#conversation,
      config: this.#config,
      timers: this.#timers,
      log: this.#log,
    };
    const responder = new Responder({
      ...shared,
      settings,
      lateDeltas: faults.lateDeltas,
      fails: faults.failResponses,
      ended: (soundMs) => this.#waitForSilence(soundMs),
    });
    const input = new InputSound({
      ...shared,
      hear: (pcm) => responder.hear(pcm),
      speechStarted: (interrupts) => {
        this.#waits.callOff();
        if (!interrupts) return;
        responder.interrupt();
        this.#cutVoice();
      },
      turnEnded: () => this.#attempt(() => responder.create()),
    });
    this.#parts = {
      ...shared,
      input,
      responder,
      update: (session) => this.#update(session),
      clearVoice: start.voice && (() => start.voice?.clear()),
      respond: (params) => {
        this.#waits.callOff();
        responder.create(params);
      },
    };
  }

  /** The whole session object, as `session.updated` last had it. */
  get config(): JsonObject {
    return this.#config.effective;
  }

  /** How the session encodes its voice. */
  get outputFormat(): AudioEncoding {
    return readFormat(this.#config.output.format);
  }

  /** Sound received so far, in ms. */
  get receivedMs(): number {
    return this.#parts.input.receivedMs;
  }

  /** The conversation, as events show it. */
  get items(): readonly JsonObject[] {
    return this.#conversation.items.map((item) => itemJson(item));
  }

  /** Says hello on the wire and starts the session's clocks. */
  open(): void {
    const { settings, faults, model, line } = this.#start;
    this.#log.line("session", `opened, ${model}`);
    if (faults.dropAfterMs !== undefined) this.#timers.after(faults.dropAfterMs, () => line.terminate());
    if (faults.silent) return;
    this.send({ type: "session.created", session: this.config });
    const { id } = this.#conversation;
    this.send({ type: "conversation.created", conversation: { id, object: "realtime.conversation" } });
    if (faults.malformed) for (const frame of malformedFrames()) line.send(frame);
    this.#timers.after(settings.sessionMaxSeconds * 1000, () => this.#expire());
    this.#greetAfter(settings.greetAfterMs);
  }

  /** One frame from the client. */
  receive(data: Buffer, isBinary: boolean): void {
    const raw = isBinary ? undefined : parseJsonObject(data.toString("utf8"));
    if (raw) this.#logEvent("in", raw);
    if (this.#start.faults.silent) return;
    this.#attempt(() => {
      if (!raw) throw new ProtocolMistake({ code: "invalid_json", message: "Expected text with one JSON object." });
      handleClientEvent(this.#start.settings.dialect === "beta" ? betaToGaEvent(raw) : raw, this.#parts);
    }, stringOr(raw?.event_id));
  }

  /** Sound from the client that does not travel in events: mono PCM16 at 24 kHz. */
  hear(pcm: Buffer): void {
    this.#attempt(() => this.#parts.input.push(pcm));
  }

  /** Sends one event in the session's dialect. What has no `type` is no event, and goes out as it is. */
  send(message: JsonObject): void {
    const { line, voice, settings } = this.#start;
    if (!line.isOpen) return;
    const type = stringOr(message.type);
    if (type === undefined) {
      line.send(JSON.stringify(message));
      return;
    }
    const event: ServerEvent = { ...message, type };
    if (voice?.takes(event) === true) return;
    for (const out of settings.dialect === "beta" ? gaToBetaEvents(event) : [event]) {
      this.#logEvent("out", out);
      line.send(JSON.stringify({ ...out, event_id: newId("event") }));
    }
  }

  /** Reports an error and closes: an end that clients must tell from a lost line. */
  fail(facts: ProtocolErrorFacts, code: number, reason: string): void {
    this.send(errorEvent(facts));
    this.#log.line("session", facts.message);
    this.#start.line.close(code, reason);
  }

  /** The socket is gone. */
  closed(code: number): void {
    this.#timers.clear();
    this.#log.line("session", `closed (${String(code)})`);
  }

  #logEvent(direction: "in" | "out", event: JsonObject): void {
    const facts = eventFacts(event);
    if (facts) this.#start.events.add(this.#start.id, direction, facts);
  }

  /** Turns a client's mistake into an `error` event; the session goes on. */
  #attempt(work: () => void, causedBy?: string): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ProtocolMistake)) throw error;
      this.send(errorEvent(error.facts, causedBy));
      this.#log.line("session", `error ${String(error.facts.code)}: ${error.message}`);
    }
  }

  #update(session: unknown): void {
    if (this.#start.faults.noUpdated) return;
    this.#config.update(session, this.#parts.responder.hasSpoken);
    this.#parts.input.configure();
    this.send({ type: "session.updated", session: this.config });
    if (this.#waits.greetingDue) this.#greetAfter(GREET_PAUSE_MS);
  }

  #greetAfter(ms: number): void {
    if (this.#start.settings.greet) this.#waits.greetAfter(ms, () => this.#parts.responder.greet());
  }

  /** The service knows itself how much of its own playback was heard. */
  #cutVoice(): void {
    const cut = this.#start.voice?.clear();
    if (cut === undefined || cut.playedMs <= 0) return;
    this.#attempt(() => {
      this.#conversation.truncate(cut.itemId, 0, cut.playedMs);
      const at = { item_id: cut.itemId, content_index: 0, audio_end_ms: cut.playedMs };
      this.send({ type: "conversation.item.truncated", ...at });
    });
  }

  #waitForSilence(soundMs: number): void {
    const idleMs = this.#config.turnDetection?.idleMs;
    if (idleMs === undefined) return;
    this.#waits.idleAfter(soundMs + idleMs, () => {
      if (this.#config.turnDetection?.idleMs === undefined || this.#parts.input.speaking) return;
      this.#parts.input.timeOut(idleMs);
      this.#parts.responder.nudge();
    });
  }

  #expire(): void {
    const { sessionMaxSeconds: max } = this.#start.settings;
    const span = max % 60 === 0 ? `${String(max / 60)} minutes` : `${String(max)} seconds`;
    const message = `Your session hit the maximum duration of ${span}.`;
    this.fail({ code: "session_expired", message }, 1001, message);
  }
}
