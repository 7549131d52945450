import type { Attempt, Connection, Upcalls } from "../contracts/connection.js";
import type { Command, Dialogue, Effect, Expects } from "../contracts/dialogue.js";
import type { Continuity } from "../contracts/continuity.js";
import type { Provider, ProviderSession } from "../contracts/provider.js";
import { ConnectionLostError, NotReadyError, type RtviMachineError } from "../errors.js";
import type { Logger } from "../log.js";
import { asError } from "../util/reason.js";

/** The hooks that a subclass of Pipecat's base implements, and what they are asked beside. */
export interface TransportHooks {
  connectLLM(): Promise<void>;
  disconnectLLM(): Promise<void>;
  /** Asks the service for a sign of life; false when it cannot be asked. */
  probe(): boolean;
  handleUserAudioStream(data: ArrayBuffer): void;
  /** Takes connection parameters of one session. */
  applyParams(params: unknown): void;
  /** The client waits for the bot, and this connection has to be asked. @param ask The subclass's own `sendReadyMessage`. */
  askForReady(ask: () => Promise<void>): void;
}

/**
 * One connection out of `connectLLM()` and `disconnectLLM()`, which have no notion of attempts: what the subclass says is taken
 * as said of the attempt in progress.
 */
class HookedAttempt implements Dialogue, Connection {
  readonly request: Attempt;
  readonly #up: Upcalls;
  readonly #hooks: TransportHooks;
  readonly #logger: Logger;
  #phase: "connecting" | "open" | "lost" = "connecting";
  /** A service may say that it is ready before `connectLLM()` has resolved: it counts from the moment the connection is open. */
  #readiness: "unready" | "early" | "ready" = "unready";
  #continuity: Continuity = "fresh";
  #closing: Promise<void> | undefined;
  expects: Expects = "nothing";
  #activity: "quiet" | "busy" = "quiet";

  constructor(request: Attempt, up: Upcalls, hooks: TransportHooks, logger: Logger) {
    this.request = request;
    this.#up = up;
    this.#hooks = hooks;
    this.#logger = logger;
  }

  /** Calls `connectLLM()`. `isCurrent`: whether no newer attempt is under way. */
  start(isCurrent: () => boolean): void {
    const { signal } = this.request;
    signal.addEventListener("abort", () => void this.#disconnect(), { once: true });
    run(() => this.#hooks.connectLLM()).then(
      () => {
        if (!signal.aborted) this.#up.opened(this);
        else if (isCurrent()) {
          // It opened after it was given up: it is closed again.
          this.#closing = undefined;
          void this.#disconnect();
        }
      },
      (error: unknown) => {
        this.#up.closed(asError(error));
      },
    );
  }

  get isReady(): boolean {
    return this.#readiness === "ready";
  }

  get isBusy(): boolean {
    return this.#activity === "busy";
  }

  get isConnecting(): boolean {
    return this.#phase === "connecting";
  }

  get isOpen(): boolean {
    return this.#phase === "open";
  }

  /** The subclass says that its service is ready. */
  ready(): void {
    if (this.#phase === "connecting") this.#readiness = "early";
    else this.#up.effects(this.#readyEffects());
  }

  /** The subclass says that its service goes on with the conversation of before. */
  kept(continuity: Continuity): void {
    if (this.request.resuming) this.#continuity = continuity;
  }

  /** The subclass says what its service owes. */
  setExpects(expects: Expects): void {
    this.expects = expects;
    this.#up.effects([]);
  }

  /** The subclass says whether somebody speaks. */
  setBusy(isBusy: boolean): void {
    this.#activity = isBusy ? "busy" : "quiet";
    this.#up.effects([]);
  }

  /** The subclass says that the service will end the connection. */
  expiring(withinMs: number): void {
    this.#up.effects([{ type: "change-connection", withinMs }]);
  }

  /** The subclass says that something has come. */
  received(): void {
    this.#up.admits("");
  }

  /** The subclass says that the connection is gone. */
  lost(error: RtviMachineError): void {
    this.#phase = "lost";
    this.#up.closed(error);
  }

  /* A dialogue that translates nothing. */

  open(): Effect[] {
    this.#phase = "open";
    return this.#readiness === "early" ? this.#readyEffects() : [];
  }
  receive(): Effect[] {
    return [];
  }
  command(_command: Command): Effect[] {
    return [];
  }
  playback(): Effect[] {
    return [];
  }
  played(): Effect[] {
    return [];
  }
  probe(): Effect[] | undefined {
    return this.#hooks.probe() ? [] : undefined;
  }
  unsent(): Effect[] {
    return [];
  }
  end(): Effect[] {
    return [];
  }

  /* A connection that the subclass owns. */

  readonly bufferedAmount = 0;
  readonly maxMessageSize = Infinity;

  send(): void {
    throw new NotReadyError("A subclass sends its messages itself.");
  }
  sendEncoded(): void {
    this.send();
  }
  audio(pcm: ArrayBuffer): void {
    this.#hooks.handleUserAudioStream(pcm);
  }
  close(): void {
    void this.#disconnect().then(() => {
      this.#up.closed(new ConnectionLostError("The connection was closed on purpose."));
    });
  }

  #readyEffects(): Effect[] {
    this.#readiness = "ready";
    return [{ type: "ready", continuity: this.#continuity, botReady: "delivered" }];
  }

  /** Once per connection. */
  #disconnect(): Promise<void> {
    this.#closing ??= run(() => this.#hooks.disconnectLLM()).catch((error: unknown) => {
      this.#logger.warn("disconnectLLM() failed", error);
    });
    return this.#closing;
  }
}

/** What the hooks of a subclass make: a provider, and the attempt that its helpers speak of. */
export class HooksProvider implements Provider {
  readonly name = "RealTimeWebsocketTransport";
  readonly service = "The service";
  readonly processor = "service";
  readonly media = { uplink: "pcm", voice: "player" } as const;
  #hooks: TransportHooks | undefined;
  #attempt: HookedAttempt | undefined;
  /** The subclass's own `sendReadyMessage`, once the client has asked. */
  #ask: (() => Promise<void>) | undefined;

  /** The transport exists: from now on its hooks can be called. */
  attach(hooks: TransportHooks): void {
    this.#hooks = hooks;
  }

  /** The attempt in progress or in use; undefined outside a session. */
  get attempt(): HookedAttempt | undefined {
    return this.#attempt;
  }

  /** The client has asked for the bot: each connection from now on is asked anew. */
  asked(ask: () => Promise<void>): void {
    this.#ask = ask;
  }

  readParams(params: unknown): unknown {
    return params;
  }

  begin({ params, logger }: { readonly params: unknown; readonly logger: Logger }): ProviderSession {
    const hooks = this.#hooks;
    if (hooks === undefined) throw new NotReadyError("The transport was not initialized.");
    hooks.applyParams(params);
    return {
      refresh: (fresh) => hooks.applyParams(fresh),
      plan: () => undefined,
      credential: () => Promise.resolve(undefined),
      open: (_plan, _credential, request, up) => {
        const attempt = new HookedAttempt(request, up, hooks, logger);
        this.#attempt = attempt;
        // After the end of the session there is none.
        attempt.start(() => (this.#attempt ?? attempt) === attempt);
      },
      dialogue: (_plan, _credential, connection) => {
        // Not at once: the app has not heard yet that the connection is open.
        const ask = this.#ask;
        if (ask !== undefined) queueMicrotask(() => hooks.askForReady(ask));
        return this.#dialogueOf(connection);
      },
      commandOffline: () => "wait",
      end: () => {
        this.#attempt = undefined;
        this.#ask = undefined;
        return { effects: [], kept: undefined };
      },
    };
  }

  #dialogueOf(connection: Connection): Dialogue {
    if (connection instanceof HookedAttempt) return connection;
    throw new TypeError("A connection that the hooks did not open.");
  }
}

/** Turns a synchronous throw into a rejection; a hook may be declared async and not be. */
async function run(hook: () => Promise<void>): Promise<void> {
  await hook();
}
