import { ConversationLog } from "../conversation-log.js";
import type { EventLog } from "../event-log.js";
import type { FaultKnobs } from "../faults.js";
import { parseJsonObject, type JsonObject } from "../json.js";
import type { SessionLine } from "../line.js";
import type { SessionView } from "../live-session.js";
import type { Settings } from "../options.js";
import { Timers } from "../timers.js";
import { readClientMessage, type ClientMessage, type SetupMessage } from "./client-message.js";
import { contentJson } from "./contents.js";
import { eventFacts } from "./event-facts.js";
import type { Handles, Snapshot } from "./handles.js";
import { malformedFrames } from "./malformed.js";
import { closeReason, invalidArgument, Refusal } from "./refusal.js";
import { settleSetup, type Setup } from "./setup.js";
import { Talk } from "./talk.js";

/** What decides about a session whose setup has come: a token may change it, or refuse the session. */
export interface Admission {
  constrain(setup: SetupMessage): SetupMessage;
  /** @throws Refusal when no session may begin. */
  begin(isResumption: boolean): void;
  /** When messages are refused, in ms since 1970. */
  readonly endsAt: number;
}

/** What a session is opened with. */
export interface SessionStart {
  readonly line: SessionLine;
  readonly settings: Settings;
  readonly faults: Readonly<FaultKnobs>;
  readonly events: EventLog;
  readonly handles: Handles;
  readonly admission: Admission | undefined;
  /** The API version of the address. */
  readonly version: string;
  readonly id: string;
  readonly label: string;
}

/** One Gemini Live connection. */
export class GeminiSession implements SessionView {
  readonly protocol = "gemini";
  readonly #start: SessionStart;
  readonly #log: ConversationLog;
  readonly #timers = new Timers();
  #setup: Setup | undefined;
  #talk: Talk | undefined;
  #over = false;

  constructor(start: SessionStart) {
    this.#start = start;
    this.#log = new ConversationLog(start.settings.logger, start.label);
  }

  /** The setup in force, names in camelCase; empty before it came. */
  get config(): JsonObject {
    return { ...this.#setup?.config, ...this.#talk?.updates };
  }

  /** The conversation so far, that of earlier connections included. */
  get items(): readonly JsonObject[] {
    return (this.#talk?.contents ?? []).map(contentJson);
  }

  get receivedMs(): number {
    return this.#talk?.receivedMs ?? 0;
  }

  open(): void {
    const { faults, line, admission } = this.#start;
    this.#log.line("session", "opened, Gemini");
    if (faults.dropAfterMs !== undefined) this.#timers.after(faults.dropAfterMs, () => line.terminate());
    if (admission) {
      const expired = invalidArgument("auth token has expired");
      this.#timers.after(Math.max(0, admission.endsAt - Date.now()), () => this.#refuse(expired));
    }
  }

  /** One frame from the client: text or binary, the service makes no difference. */
  receive(data: Buffer): void {
    if (this.#over) return;
    const raw = parseJsonObject(data.toString("utf8"));
    const facts = raw && eventFacts(raw);
    if (facts) this.#start.events.add(this.#start.id, "in", facts);
    if (this.#start.faults.silent) return;
    try {
      if (!raw) throw invalidArgument("Invalid JSON payload received. Expected one JSON object.");
      this.#obey(readClientMessage(raw));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(error);
    }
  }

  /** Sends one message, as the service does: JSON in a binary frame. */
  send(message: JsonObject): void {
    const { line, events, id } = this.#start;
    if (!line.isOpen || this.#over) return;
    const facts = eventFacts(message);
    if (facts) events.add(id, "out", facts);
    line.send(Buffer.from(JSON.stringify(message)));
  }

  /** The socket is gone. */
  closed(code: number): void {
    this.#over = true;
    this.#timers.clear();
    this.#log.line("session", `closed (${String(code)})`);
  }

  #obey(message: ClientMessage): void {
    if (!this.#talk && !message.setup) {
      throw invalidArgument("setup must be the first message and only the first");
    }
    if (message.setup) {
      if (this.#talk) throw invalidArgument("setup must be the first message and only the first");
      if (!this.#start.faults.noUpdated) this.#begin(message.setup);
      return;
    }
    this.#talk?.take(message);
  }

  #begin(asked: SetupMessage): void {
    const { admission, settings, faults, version, handles, id, line } = this.#start;
    const setup = settleSetup(admission?.constrain(asked) ?? asked, settings.vad, version);
    const restored = this.#restore(setup);
    admission?.begin(restored !== undefined);
    this.#setup = setup;
    this.#talk = new Talk(
      {
        setup,
        settings,
        timers: this.#timers,
        log: this.#log,
        handles,
        lateDeltas: faults.lateDeltas,
        fails: faults.failResponses,
        send: (message) => this.send(message),
        failed: () => {
          this.#refuse(
            new Refusal(1011, "You exceeded your current quota, please check your plan and billing details."),
          );
        },
      },
      restored,
    );
    this.#log.line("session", `${restored ? "resumed" : "set up"}, ${setup.model}`);
    this.send({ setupComplete: { sessionId: id } });
    if (faults.malformed) for (const frame of malformedFrames()) line.send(frame);
    this.#talk.begin(restored !== undefined);
    this.#limitLife();
  }

  #restore(setup: Setup): Snapshot | undefined {
    if (setup.handle === undefined) return undefined;
    const snapshot = this.#start.handles.find(setup.handle);
    if (!snapshot) throw new Refusal(1008, "BidiGenerateContent session not found");
    if (snapshot.model === setup.model) return snapshot;
    throw invalidArgument("The model of a session that is resumed cannot change.");
  }

  /** Every connection ends; it is announced. */
  #limitLife(): void {
    const { settings, faults, line } = this.#start;
    const timeLeftMs = Math.min(settings.goAwayTimeLeftMs, settings.sessionMaxSeconds * 1000);
    const afterMs = faults.goAwayAfterMs ?? settings.sessionMaxSeconds * 1000 - timeLeftMs;
    this.#timers.after(afterMs, () => {
      this.send({ goAway: { timeLeft: `${String(timeLeftMs / 1000)}s` } });
      this.#timers.after(timeLeftMs, () => line.close(1001, "The connection has reached its maximum duration."));
    });
  }

  #refuse(refusal: Refusal): void {
    const { line, events, id } = this.#start;
    this.#over = true;
    this.#timers.clear();
    events.add(id, "out", { type: "close", code: String(refusal.code) });
    this.#log.line("session", `refused (${String(refusal.code)}): ${refusal.message}`);
    line.close(refusal.code, closeReason(refusal.message));
  }
}
