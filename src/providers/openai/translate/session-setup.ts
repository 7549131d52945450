import type { MessageTooLargeError } from "@pipecat-ai/client-js";
import { InvalidOptionsError } from "../../../errors.js";
import { purposeOf, type OpenAISink } from "../effects.js";
import { dialectOf, type OpenAIDialect } from "../dialect.js";
import { createItem, messageItems } from "../items.js";
import type { OpenAIMessage } from "../options.js";
import { fieldOf, isRecord, recordAt, stringAt, type JsonRecord } from "../../../util/records.js";
import { buildSession } from "../session.js";
import type { ItemRegister } from "./item-register.js";

/** The silence that ends a turn by default, and what is added to be sure that it is long enough. */
const SILENCE_MS = 500;
const MARGIN_MS = 500;
/** Semantic VAD waits for no longer, by eagerness, in ms with the margin. */
const LONGEST_TURN_END: Readonly<Record<string, number>> & { readonly low: number } = {
  low: 8_500,
  medium: 4_500,
  auto: 4_500,
  high: 2_500,
};

/** What a session is opened with. */
export interface SessionSetupParts {
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
export class SessionSetup {
  #phase: "waiting" | "configuring" | "ready" = "waiting";
  /** The ids of what the service has yet to answer, in order. Settings and probes are the same event, and so are the answers. */
  #unanswered: string[] = [];
  #dialect: OpenAIDialect;
  #inForce: JsonRecord = {};
  /** "fixed": the model has spoken with it. */
  #voice: "open" | "fixed" = "open";
  /** The initial messages that the service was told. */
  readonly told: OpenAIMessage[] = [];

  constructor(
    private readonly sink: OpenAISink,
    private readonly setup: SessionSetupParts,
    private readonly register: ItemRegister,
  ) {
    this.#dialect = setup.dialect === "beta" ? "beta" : "ga";
  }

  /** Whether the service has yet to take the first settings. */
  get isConfiguring(): boolean {
    return this.#phase === "configuring";
  }

  get isReady(): boolean {
    return this.#phase === "ready";
  }

  /** Whether a running session has yet to say what it makes of changed settings; how long it may open, others decide. */
  get isChanging(): boolean {
    return this.isReady && this.#unanswered.some((id) => purposeOf(id) === "session");
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

  /** How long the silence is that ends a turn of the user for certain, in ms; undefined in push to talk. */
  get turnEndsAfterMs(): number | undefined {
    const detection = this.#turnDetection;
    if (detection === null) return undefined;
    if (isRecord(detection) && fieldOf(detection, "type") === "semantic_vad") {
      return LONGEST_TURN_END[stringAt(detection, "eagerness") ?? "auto"] ?? LONGEST_TURN_END.low;
    }
    const silence = isRecord(detection) ? fieldOf(detection, "silence_duration_ms") : undefined;
    return (typeof silence === "number" && silence >= 0 ? silence : SILENCE_MS) + MARGIN_MS;
  }

  /** The connection is open. A service that is not to say first which dialect it speaks need not speak first at all. */
  opened(): void {
    if (this.setup.dialect !== "auto") this.configure();
  }

  /** `session.created`. */
  created(session: JsonRecord): void {
    this.#inForce = session;
    const spoken = dialectOf(session);
    if (this.setup.dialect === "auto" && this.#phase === "waiting") this.#dialect = spoken ?? "ga";
    else if (spoken !== undefined && spoken !== this.#dialect) {
      this.sink.warn(`The service speaks the ${spoken} dialect, but \`dialect\` is "${this.#dialect}".`);
    }
    this.configure();
  }

  /** Sends the settings, once. */
  configure(): void {
    if (this.#phase !== "waiting") return;
    this.#phase = "configuring";
    const cause = this.#send(this.setup.settings, true, this.setup.session);
    if (cause === undefined) return;
    const error = new InvalidOptionsError(`The session cannot be configured: ${cause.message}`, { cause });
    this.sink.add({ type: "fault", error });
  }

  /** `session.updated`. Returns whether the session has become ready by it. */
  updated(session: JsonRecord): boolean {
    this.#inForce = session;
    const isFirst = this.#phase === "configuring";
    this.#unanswered.shift();
    if (!isFirst) return false;
    this.#phase = "ready";
    this.setup.initialMessages.forEach((message, index) => {
      const name = `initial_messages[${index}]`;
      const items = messageItems(message, this.#dialect, name);
      const cause = items.map((item) => this.sink.excess(createItem(item))).find((excess) => excess !== undefined);
      if (cause !== undefined) {
        this.sink.report(new InvalidOptionsError(`${name} is left out: ${cause.message}`, { cause }));
        return;
      }
      for (const item of items) this.register.create(item);
      this.told.push(message);
    });
    return true;
  }

  /** Sends changed settings of a running session; before it runs, the session setup will send them. @throws MessageTooLargeError */
  update(settings: JsonRecord): void {
    if (this.#phase === "waiting") return;
    const { voice, ...rest } = settings;
    const keepsVoice = voice !== undefined && this.#voice === "fixed";
    if (keepsVoice) {
      this.sink.warn("`voice` cannot change once the model has spoken: the new voice is kept for the next session.");
      if (Object.values(rest).every((value) => value === undefined)) return;
    }
    const excess = this.#send(keepsVoice ? rest : settings, false, undefined);
    if (excess !== undefined) throw excess;
  }

  /** The service did not take an event. Where it does not say which, that may have been the probe whose turn it was. */
  refused(eventId: string | undefined): void {
    const [oldest] = this.#unanswered;
    const refused = eventId === undefined && purposeOf(oldest) === "probe" ? oldest : eventId;
    this.#unanswered = this.#unanswered.filter((id) => id !== refused);
  }

  /** Asks for a sign of life: settings that change nothing. To be called once it is ready: the answers to all settings look alike. */
  probe(): void {
    const session = this.#dialect === "beta" ? {} : { type: "realtime" };
    this.#unanswered.push(this.sink.sendFor("probe", { type: "session.update", session }));
  }

  /** The model has spoken: from now on the voice is fixed. */
  spoke(): void {
    this.#voice = "fixed";
  }

  /** Returns why the connection does not take them, if so; nothing was sent then. */
  #send(settings: JsonRecord, defaults: boolean, over: JsonRecord | undefined): MessageTooLargeError | undefined {
    const { session, warnings } = buildSession(settings, {
      dialect: this.#dialect,
      defaults,
      formats: this.setup.formats,
      ...(over !== undefined && { over }),
    });
    for (const warning of warnings) this.sink.warn(warning);
    const event = { type: "session.update", session };
    const excess = this.sink.excess(event);
    if (excess !== undefined) return excess;
    this.#unanswered.push(this.sink.sendFor("session", event));
    return undefined;
  }

  get #turnDetection(): unknown {
    const input = recordAt(recordAt(this.#inForce, "audio"), "input");
    const nested = fieldOf(input, "turn_detection");
    return nested === undefined ? fieldOf(this.#inForce, "turn_detection") : nested;
  }

  /** True where the service does not say: that is its default. False in push to talk, where nothing is detected. */
  #turnFlag(flag: string): boolean {
    const detection = this.#turnDetection;
    if (detection === null) return false;
    return !isRecord(detection) || fieldOf(detection, flag) !== false;
  }
}
