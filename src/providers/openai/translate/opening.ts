import type { OpenAISink } from "../effects.js";
import { dialectOf, type OpenAIDialect } from "../dialect.js";
import { messageItem } from "../items.js";
import type { OpenAIMessage } from "../options.js";
import { fieldOf, isRecord, recordAt, type JsonRecord } from "../../../rtvi/translate/records.js";
import { buildSession } from "../session.js";
import type { ItemRegister } from "./item-register.js";

/** What a session is opened with. */
export interface OpeningSetup {
  /** Checked settings. */
  readonly settings: JsonRecord;
  /** A GA session object laid over what the settings make. */
  readonly session: JsonRecord | undefined;
  readonly initialMessages: readonly OpenAIMessage[];
  /** Whether the bot answers the initial messages. */
  readonly runInitial: boolean;
  readonly dialect: OpenAIDialect | "auto";
  /** Whether audio travels in events, so that its format must be said. */
  readonly formats: boolean;
}

/**
 * From `session.created` to ready: the session is configured, then the conversation so far is told. Keeps what the
 * service says about the session that is in force.
 */
export class Opening {
  #phase: "waiting" | "configuring" | "ready" = "waiting";
  #dialect: OpenAIDialect;
  #inForce: JsonRecord = {};
  #voiceUsed = false;
  /** Settings were sent, and the service has not said yet what it makes of them. */
  #unanswered = false;

  constructor(
    private readonly sink: OpenAISink,
    private readonly setup: OpeningSetup,
    private readonly register: ItemRegister,
  ) {
    this.#dialect = setup.dialect === "beta" ? "beta" : "ga";
  }

  get phase(): "waiting" | "configuring" | "ready" {
    return this.#phase;
  }

  /** Whether a running session has yet to say what it makes of changed settings; how long it may open, others decide. */
  get isUnanswered(): boolean {
    return this.#phase === "ready" && this.#unanswered;
  }

  get dialect(): OpenAIDialect {
    return this.#dialect;
  }

  /** When the service will end the session, in epoch seconds. */
  get expiresAt(): number | undefined {
    const at = fieldOf(this.#inForce, "expires_at");
    return typeof at === "number" ? at : undefined;
  }

  /** Whether the service answers by itself when the user stops speaking. */
  get autoResponds(): boolean {
    return this.#turnFlag("create_response");
  }

  /** Whether the service stops a response by itself when the user starts speaking. */
  get interruptsResponses(): boolean {
    return this.#turnFlag("interrupt_response");
  }

  /** `session.created`. */
  created(session: JsonRecord): void {
    this.#inForce = session;
    if (this.#phase !== "waiting") return;
    const spoken = dialectOf(session);
    if (this.setup.dialect === "auto") this.#dialect = spoken ?? "ga";
    else if (spoken !== undefined && spoken !== this.#dialect) {
      this.sink.warn(`The service speaks the ${spoken} dialect, but \`dialect\` is "${this.#dialect}".`);
    }
    this.#phase = "configuring";
    this.#send(this.setup.settings, true, this.setup.session);
  }

  /** `session.updated`. Returns whether the session has become ready by it. */
  updated(session: JsonRecord): boolean {
    this.#inForce = session;
    this.#unanswered = false;
    if (this.#phase !== "configuring") return false;
    this.#phase = "ready";
    this.setup.initialMessages.forEach((message, index) => {
      this.register.create(messageItem(message, this.#dialect, `initial_messages[${index}]`));
    });
    return true;
  }

  /** Sends changed settings of a running session; before it runs, the opening will send them. */
  update(settings: JsonRecord): void {
    if (this.#phase === "waiting") return;
    const { voice, ...rest } = settings;
    if (voice === undefined || !this.#voiceUsed) {
      this.#send(settings, false, undefined);
      return;
    }
    this.sink.warn("`voice` cannot change once the model has spoken: the new voice is kept for the next session.");
    if (Object.values(rest).some((value) => value !== undefined)) this.#send(rest, false, undefined);
  }

  /** The service did not take the settings. */
  refused(): void {
    this.#unanswered = false;
  }

  /** Asks for a sign of life: settings that change nothing. Only once the first ones were answered: the answers look alike. */
  probe(): void {
    const session = this.#dialect === "beta" ? {} : { type: "realtime" };
    if (this.#phase === "ready") this.sink.sendFor("probe", { type: "session.update", session });
  }

  /** The model has spoken: from now on the voice is fixed. */
  spoke(): void {
    this.#voiceUsed = true;
  }

  #send(settings: JsonRecord, defaults: boolean, over: JsonRecord | undefined): void {
    const { session, warnings } = buildSession(settings, {
      dialect: this.#dialect,
      defaults,
      formats: this.setup.formats,
      ...(over !== undefined && { over }),
    });
    for (const warning of warnings) this.sink.warn(warning);
    this.#unanswered = true;
    this.sink.sendFor("session", { type: "session.update", session });
  }

  /** True where the service does not say: that is its default. False in push to talk, where nothing is detected. */
  #turnFlag(flag: string): boolean {
    const input = recordAt(recordAt(this.#inForce, "audio"), "input");
    const nested = fieldOf(input, "turn_detection");
    const detection = nested === undefined ? fieldOf(this.#inForce, "turn_detection") : nested;
    if (detection === null) return false;
    return !isRecord(detection) || fieldOf(detection, flag) !== false;
  }
}
