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
import { notSentError } from "../../dialogue/requests.js";
import { InvalidOptionsError } from "../../errors.js";
import { callAnsweredBy } from "../../transport/function-calls.js";
import { redactor, type Redactor } from "../../util/redact.js";
import { resolveKey } from "./credential.js";
import { OpenAIDialogue } from "./dialogue.js";
import { PROCESSOR, SAMPLE_RATE, SERVICE } from "./names.js";
import type { OpenAIServiceOptions, OpenAISessionConfig } from "./options.js";
import { readConnectionParams, type OpenAIConnectionParams } from "./params.js";
import { planSession, type SessionPlan } from "./plan.js";
import { openAIResponder } from "./services/responder.js";
import { countingUp } from "../../dialogue/bot-output.js";
import type { Turns } from "../../contracts/turns.js";
import { credentialsIn } from "../../util/urls.js";

/** What client-js allows a message of the app, in bytes. */
const LONGEST_MESSAGE = 64 * 1024;

/** The key of an attempt, and what makes words safe to show that may quote it. */
export interface SafeKey {
  readonly key: string;
  readonly redact: Redactor;
}

/** How the events and the audio of one connection travel. */
export interface OpenAIChannel {
  readonly media: MediaPlan;
  /** Opens it. Never throws. @param named The model, where the app has named one. */
  readonly open: (plan: SessionPlan, key: SafeKey, attempt: Attempt, up: Upcalls, named: string | undefined) => void;
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

type Credential = OpenAICredentialOfAttempt & SafeKey;

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

  begin({ params, rates }: SessionStart<Params>): ProviderSession<Params> {
    if (this.media.uplink === "pcm") checkRates(rates);
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

  /** Changes session settings (checked), for every later session and, where they were given with its parameters, for the running one. */
  keepSettings(settings: OpenAISessionConfig): void {
    this.#options = { ...this.#options, settings: { ...this.#options.settings, ...settings } };
    this.#session?.keepSettings(settings);
  }

  /** What of the conversation is known; undefined outside a session. */
  get history(): OpenAIDialogue["history"] | undefined {
    return this.#session?.history;
  }
}

/** @throws InvalidOptionsError where events would carry audio at another rate than the service's. */
function checkRates({ input, output }: SessionStart<Params>["rates"]): void {
  if (input === SAMPLE_RATE && output === SAMPLE_RATE) return;
  throw new InvalidOptionsError(
    `OpenAI takes and sends audio at ${SAMPLE_RATE} Hz, but the media manager records at ${input} Hz and plays at ${output} Hz: ` +
      "leave `audio.inputSampleRate` and `audio.outputSampleRate` out, or give a manager that works at that rate.",
  );
}

function epochSeconds(): number {
  return Date.now() / 1000;
}

/** One session: what outlives its connections. */
class OpenAISession implements ProviderSession<Params, SessionPlan, Credential> {
  readonly #provider: OpenAIProvider;
  readonly #parts: OpenAIProviderParts;
  #params: Params;
  /** When those came, in epoch seconds. */
  #givenAt = epochSeconds();
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
    this.#givenAt = epochSeconds();
  }

  plan({ resuming }: Attempt): SessionPlan {
    return planSession(this.#provider.options, this.#params, resuming);
  }

  async credential({ baseUrl }: SessionPlan, attempt: Attempt): Promise<Credential> {
    this.#parts.channel.check();
    const { options } = this.#provider;
    const read =
      this.#parts.credential === undefined
        ? { key: await resolveKey(options.api_key, this.#params, attempt, epochSeconds(), this.#givenAt) }
        : await this.#parts.credential(attempt);
    return { ...read, redact: redactor([read.key, ...credentialsIn(baseUrl)]) };
  }

  open(plan: SessionPlan, credential: Credential, attempt: Attempt, up: Upcalls): void {
    const { model } = credential;
    const named = model ?? this.#params?.model ?? this.#provider.options.model;
    const minted = model === undefined ? plan : { ...plan, model };
    this.#parts.channel.open(minted, credential, attempt, up, named);
  }

  dialogue(plan: SessionPlan, { redact }: Credential, connection: Connection, turns: Turns): Dialogue {
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
        redact,
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
    const callId = callAnsweredBy(message);
    if (callId === undefined || this.#latest?.awaits(callId) !== true) return "wait";
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
      effects.push({ type: "reject", message, error: notSentError() });
    }
    return effects;
  }
}
