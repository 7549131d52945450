import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { Attempt, Connection, Upcalls } from "../../contracts/connection.js";
import type { Command, Dialogue, Effect } from "../../contracts/dialogue.js";
import type {
  MediaPlan,
  Provider,
  ProviderSession,
  Responder,
  ResponderHost,
  SessionStart,
} from "../../contracts/provider.js";
import { NotReadyError } from "../../errors.js";
import { isRecord, stringAt } from "../../util/records.js";
import { redactor } from "../../util/redact.js";
import { resolveKey } from "./credential.js";
import { OpenAIDialogue } from "./dialogue.js";
import { PROCESSOR, SERVICE } from "./names.js";
import type { OpenAIServiceOptions, OpenAISessionConfig } from "./options.js";
import { readConnectionParams, type OpenAIConnectionParams } from "./params.js";
import { planSession, type SessionPlan } from "./plan.js";
import { openAIResponder } from "./services/responder.js";
import { checkSettings } from "./settings.js";
import { countingUp } from "../../dialogue/bot-output.js";
import type { Turns } from "../../contracts/turns.js";
import { credentialsIn } from "../../util/urls.js";

const RESULT = "llm-function-call-result";
/** What client-js allows a message of the app, in bytes. */
const LONGEST_MESSAGE = 64 * 1024;
const NOT_SENT = "The session ended before the connection was back: it was not sent.";

/** How the events and the audio of one connection travel. */
export interface OpenAIChannel {
  readonly media: MediaPlan;
  /** Opens it. Never throws. @param named The model, where the app has named one. */
  readonly open: (plan: SessionPlan, key: string, attempt: Attempt, up: Upcalls, named: string | undefined) => void;
  /** @throws UnsupportedEnvironmentError where the page lacks what it needs: before a key is asked for. */
  readonly check: () => void;
}

type Params = OpenAIConnectionParams | undefined;

/** What a provider is made of. */
export interface OpenAIProviderParts {
  /** The transport's name, for errors. */
  readonly name: string;
  readonly channel: OpenAIChannel;
  readonly options: OpenAIServiceOptions;
  /** Reads the key of an attempt and the options that come with it. Default: `api_key`, or the session's secret. */
  readonly credential?: ReadCredential | undefined;
}

/** Asked once for each attempt. */
export type ReadCredential = (attempt: Attempt) => Promise<OpenAICredentialOfAttempt>;

/** The key of an attempt, and the model that it was made for. */
export interface OpenAICredentialOfAttempt {
  readonly key: string;
  readonly model?: string;
}

/** OpenAI's Realtime API as a provider: its options, its sessions, and what answers for RTVI's services. */
export class OpenAIProvider implements Provider<Params> {
  readonly name: string;
  readonly service = SERVICE;
  readonly processor = PROCESSOR;
  readonly media: MediaPlan;
  readonly #parts: OpenAIProviderParts;
  #options: OpenAIServiceOptions;
  #session: OpenAISession | undefined;

  constructor(parts: OpenAIProviderParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.media = parts.channel.media;
    this.#options = parts.options;
  }

  get options(): OpenAIServiceOptions {
    return this.#options;
  }

  /** Connection parameters of the running session. */
  get params(): Params {
    return this.#session?.params;
  }

  readParams(params: unknown): Params {
    return readConnectionParams(params);
  }

  begin({ params }: SessionStart<Params>): ProviderSession<Params> {
    const session = new OpenAISession(this, this.#parts, params);
    this.#session = session;
    return session;
  }

  /** The session is over. */
  ended(): void {
    this.#session = undefined;
  }

  responder(host: ResponderHost): Responder {
    return openAIResponder(this, host);
  }

  /** Lays options over those that there are. */
  change(options: Pick<OpenAIServiceOptions, "model" | "initial_messages">): void {
    this.#options = { ...this.#options, ...options };
  }

  /**
   * Changes session settings, for every later session and, where they were given with its parameters, for the running one.
   * @throws InvalidOptionsError naming the key whose type is wrong. @returns the settings, checked.
   */
  keepSettings(settings: OpenAISessionConfig): void {
    const checked = checkSettings(settings, "settings");
    this.#options = { ...this.#options, settings: { ...this.#options.settings, ...settings } };
    this.#session?.keepSettings(checked);
  }

  /** What of the conversation is known. @throws NotReadyError outside a session. */
  get history(): OpenAIDialogue["history"] {
    const history = this.#session?.history;
    if (history === undefined) throw new NotReadyError("The session is not ready: wait for the state `ready`.");
    return history;
  }
}

/** One session: what outlives its connections. */
class OpenAISession implements ProviderSession<Params, SessionPlan, OpenAICredentialOfAttempt> {
  readonly #provider: OpenAIProvider;
  readonly #parts: OpenAIProviderParts;
  #params: Params;
  readonly #nextSegment = countingUp();
  /** Of the last connection that had opened: the next goes on with it. */
  #latest: OpenAIDialogue | undefined;
  /** Results that were taken without a connection, and that the service has not received. */
  #late: RTVIMessage[] = [];

  constructor(provider: OpenAIProvider, parts: OpenAIProviderParts, params: Params) {
    this.#provider = provider;
    this.#parts = parts;
    this.#params = params;
  }

  get params(): Params {
    return this.#params;
  }

  get history(): OpenAIDialogue["history"] | undefined {
    return this.#latest?.history;
  }

  keepSettings(checked: NonNullable<OpenAIConnectionParams["settings"]>): void {
    // Those of the connection parameters lie over the options, and would be back after a reconnection.
    if (this.#params?.settings === undefined) return;
    this.#params = { ...this.#params, settings: { ...this.#params.settings, ...checked } };
  }

  refresh(params: Params): void {
    this.#params = params;
  }

  plan({ resuming }: Attempt): SessionPlan {
    return planSession(this.#provider.options, this.#params, resuming);
  }

  async credential(_plan: SessionPlan, attempt: Attempt): Promise<OpenAICredentialOfAttempt> {
    this.#parts.channel.check();
    const { options } = this.#provider;
    if (this.#parts.credential !== undefined) return this.#parts.credential(attempt);
    const key = await resolveKey(options.api_key, this.#params, attempt, Date.now() / 1000);
    return { key };
  }

  open(plan: SessionPlan, { key, model }: OpenAICredentialOfAttempt, attempt: Attempt, up: Upcalls): void {
    const named = model ?? this.#params?.model ?? this.#provider.options.model;
    const minted = model === undefined ? plan : { ...plan, model };
    this.#parts.channel.open(minted, key, attempt, up, named);
  }

  dialogue(plan: SessionPlan, { key }: OpenAICredentialOfAttempt, connection: Connection, turns: Turns): Dialogue {
    const continues = plan.resumes ? this.#latest : undefined;
    // A session that was lost before it was ready is not gone on with.
    const left = continues === undefined ? this.#abandon() : [];
    const dialogue = new OpenAIDialogue(
      {
        ...plan,
        name: this.#parts.name,
        playedBy: this.#parts.channel.media.voice,
        soundAt: () => connection.soundAt,
        maxEventSize: () => connection.maxMessageSize,
        maxMessageSize: () => Math.min(LONGEST_MESSAGE, connection.maxMessageSize),
        redact: redactor([key, ...credentialsIn(plan.baseUrl)]),
        turns,
        nextSegment: this.#nextSegment,
        now: () => performance.now(),
        date: () => new Date(),
        first: left,
        replayed: () => {
          this.#late = [];
        },
      },
      continues,
    );
    this.#latest = dialogue;
    return dialogue;
  }

  /** The result of a tool that was called over a connection which is lost: the next one is given it. */
  commandOffline(command: Command): Effect[] | "wait" {
    if (command.type === "fail-call") return this.#latest?.command(command) ?? [];
    if (command.type !== "message") return "wait";
    const { message } = command;
    if (message.type !== RESULT || this.#latest === undefined) return "wait";
    const callId = isRecord(message.data) ? stringAt(message.data, "tool_call_id") : undefined;
    if (callId === undefined || !this.#latest.awaits(callId)) return "wait";
    const effects = this.#latest.command(command);
    this.#late.push(message);
    return effects;
  }

  end(): { readonly effects: readonly Effect[]; readonly kept: undefined } {
    const effects = this.#abandon();
    this.#latest = undefined;
    this.#provider.ended();
    return { effects, kept: undefined };
  }

  /** Nothing goes on with the conversation: what was taken for it is refused. */
  #abandon(): Effect[] {
    const effects: Effect[] = this.#latest?.abandon() ?? [];
    for (const message of this.#late.splice(0)) {
      effects.push({ type: "reject", message, error: new NotReadyError(NOT_SENT) });
    }
    return effects;
  }
}
