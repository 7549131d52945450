import { encodeBase64 } from "../../codec/base64.js";
import { openSocketConnection, socketConstructor } from "../../connection/socket-connection.js";
import type { Attempt, Connection, Upcalls } from "../../contracts/connection.js";
import type { Dialogue } from "../../contracts/dialogue.js";
import type {
  MediaPlan,
  Provider,
  ProviderSession,
  Responder,
  ResponderHost,
  SessionStart,
} from "../../contracts/provider.js";
import type { HistoryItem } from "../../dialogue/conversation-history.js";
import type { TransportOptions } from "../../options.js";
import { MICROPHONE_PAUSE_MS } from "../../policy/time.js";
import { redactor } from "../../util/redact.js";
import { beginsAnew, closeError, connectError, type ClosedConnection } from "./close-codes.js";
import { socketUrl, resolveCredential } from "./credential.js";
import { GeminiDialogue } from "./dialogue.js";
import { PROCESSOR, SERVICE } from "./names.js";
import { INPUT_RATE, type GeminiLLMServiceOptions } from "./options.js";
import { readConnectionParams, type GeminiConnectionParams } from "./params.js";
import { planSession, type SessionPlan } from "./plan.js";
import { geminiResponder } from "./services/responder.js";
import { SessionMemory } from "./session-memory.js";
import { countingUp } from "../../dialogue/bot-output.js";
import type { Turns } from "../../contracts/turns.js";
import { credentialsIn } from "../../util/urls.js";

type Params = GeminiConnectionParams | undefined;

/** What a provider is made of. */
export interface GeminiProviderParts {
  /** The transport's name, for errors. */
  readonly name: string;
  readonly options: GeminiLLMServiceOptions;
  readonly transport: Pick<TransportOptions, "WebSocket">;
}

/** Google's Gemini Live API as a provider: its options, its sessions, and what answers for RTVI's services. */
export class GeminiProvider implements Provider<Params> {
  readonly name: string;
  readonly service = SERVICE;
  readonly processor = PROCESSOR;
  readonly media: MediaPlan = {
    uplink: "pcm",
    voice: "player",
    inputSampleRate: INPUT_RATE,
    pauseMs: MICROPHONE_PAUSE_MS,
  };
  readonly #transport: GeminiProviderParts["transport"];
  #options: GeminiLLMServiceOptions;
  #session: GeminiSession | undefined;

  constructor({ name, options, transport }: GeminiProviderParts) {
    this.name = name;
    this.#transport = transport;
    this.#options = options;
  }

  get options(): GeminiLLMServiceOptions {
    return this.#options;
  }

  /** Connection parameters of the running session. */
  get params(): Params {
    return this.#session?.params;
  }

  /** What was said and done in the running session; nothing outside one. */
  get items(): readonly HistoryItem[] {
    return this.#session?.items ?? [];
  }

  readParams(params: unknown): Params {
    return readConnectionParams(params);
  }

  begin(start: SessionStart<Params>): ProviderSession<Params> {
    const session = new GeminiSession(this, this.#transport, start);
    this.#session = session;
    return session;
  }

  /** The session is over. */
  ended(): void {
    this.#session = undefined;
  }

  responder(host: ResponderHost): Responder {
    return geminiResponder(this, host);
  }

  /** Puts options, and the connection parameters of the running session, in the place of those that there are. */
  change(options: GeminiLLMServiceOptions, params: Params): void {
    this.#options = options;
    if (params !== undefined) this.#session?.changeParams(params);
  }

  /** Settings have changed: those of a running session come into force with its next connection. */
  settingsChanged(): void {
    this.#session?.settingsChanged();
  }
}

/** One session: what outlives its connections. */
class GeminiSession implements ProviderSession<Params, SessionPlan, string> {
  readonly #provider: GeminiProvider;
  readonly #transport: GeminiProviderParts["transport"];
  readonly #rates: SessionStart<Params>["rates"];
  readonly #isMicWanted: () => boolean;
  readonly #memory: SessionMemory;
  #params: Params;
  readonly #nextSegment = countingUp();
  /** Whether the last attempt was planned with the settings that there are. */
  #settings: "planned" | "changed" = "planned";
  /** Of the last connection that had opened. */
  #latest: GeminiDialogue | undefined;

  constructor(provider: GeminiProvider, transport: GeminiProviderParts["transport"], start: SessionStart<Params>) {
    this.#provider = provider;
    this.#transport = transport;
    this.#rates = start.rates;
    this.#isMicWanted = start.isMicWanted;
    this.#memory = SessionMemory.of(start.kept);
    this.#params = start.params;
  }

  get params(): Params {
    return this.#params;
  }

  get items(): readonly HistoryItem[] {
    return this.#memory.history.items ?? [];
  }

  changeParams(params: GeminiConnectionParams): void {
    this.#params = params;
  }

  settingsChanged(): void {
    this.#settings = "changed";
  }

  refresh(params: Params): void {
    this.#params = params;
  }

  plan(): SessionPlan {
    const { history, resumption } = this.#memory;
    const { items, uncovered, isAnswerDue: due } = history;
    this.#settings = "planned";
    return planSession(this.#provider.options, this.#params, { ...resumption.past, items, uncovered, due });
  }

  credential(_plan: SessionPlan, { attempt, signal }: Attempt): Promise<string> {
    // Before a key is asked for.
    socketConstructor(this.#transport.WebSocket);
    return resolveCredential(this.#params?.secret ?? this.#provider.options.api_key, { attempt, signal });
  }

  open(plan: SessionPlan, credential: string, { signal }: Attempt, up: Upcalls): void {
    const { resumption } = this.#memory;
    const redact = redactorOf(plan, credential);
    const head = `{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=${this.#rates.input}","data":"`;
    const before = this.#latest;
    /** The dialogue of this connection, once it is open. */
    const own = (): GeminiDialogue | undefined => (this.#latest === before ? undefined : this.#latest);
    const facts = (): ClosedConnection => ({
      ready: own()?.isReady === true,
      resumed: plan.handle !== undefined,
      resumable: own()?.lifetime.handle !== undefined,
      mayBeginAnew: resumption.mayBeginAnew,
    });
    openSocketConnection({
      url: socketUrl(plan, credential),
      WebSocket: socketConstructor(this.#transport.WebSocket),
      signal,
      up,
      // Put together by hand: base64 needs no escaping, and this runs fifty times a second.
      encodeAudio: (pcm) => {
        return own()?.takesAudio === true ? `${head}${encodeBase64(new Uint8Array(pcm))}"}}}` : undefined;
      },
      closed: (code, reason) => {
        const was = facts();
        if (beginsAnew(code, reason, was)) resumption.drop();
        return closeError(code, reason, redact, was);
      },
      refused: (code, reason) => connectError(code, reason, redact, facts()),
    });
  }

  dialogue(plan: SessionPlan, credential: string, _connection: Connection, turns: Turns): Dialogue {
    const micOn = this.#isMicWanted();
    const dialogue = new GeminiDialogue({
      ...plan,
      name: this.#provider.name,
      redact: redactorOf(plan, credential),
      playbackRate: this.#rates.output,
      micOn,
      speaking: micOn && this.#latest?.isSpeaking === true,
      conversationHistory: this.#memory.history,
      resumption: this.#memory.resumption,
      isStale: () => this.#settings === "changed",
      turns,
      nextSegment: this.#nextSegment,
      now: () => performance.now(),
      date: () => new Date(),
    });
    this.#latest = dialogue;
    return dialogue;
  }

  /** Messages wait for the next connection. */
  commandOffline(): "wait" {
    return "wait";
  }

  end(): { readonly effects: readonly []; readonly kept: unknown } {
    this.#provider.ended();
    return { effects: [], kept: this.#provider.options.keep_session === true ? this.#memory : undefined };
  }
}

/** Makes text safe to show: without the credentials, and without the handle. */
function redactorOf({ handle, baseUrl }: SessionPlan, credential: string) {
  return redactor([credential, ...credentialsIn(baseUrl), ...(handle === undefined ? [] : [handle])]);
}
