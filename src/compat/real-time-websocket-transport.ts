import {
  RTVIMessage,
  RTVIMessageType,
  type BotTTSTextData,
  type PipecatClientOptions,
  type RTVIEventCallbacks,
  type TranscriptData,
  type TransportState,
} from "@pipecat-ai/client-js";
import type { Attempt } from "../contracts/connection.js";
import type { Expects } from "../contracts/dialogue.js";
import type { PlayedItem } from "../contracts/speaker.js";
import type { TurnEdge } from "../contracts/turns.js";
import { ConnectionLostError, NotReadyError, ServiceError, type RtviMachineError } from "../errors.js";
import type { MediaManager } from "../media/media-manager.js";
import type { TransportOptions } from "../options.js";
import { checkOwnService } from "../transport/check-arguments.js";
import { Speaking } from "../transport/speaking.js";
import { VoiceTransport } from "../transport/voice-transport.js";
import { hideField } from "../util/hidden-field.js";
import { HooksProvider } from "./hooks-provider.js";
import { interpose } from "./interpose.js";
import { asError } from "../util/reason.js";

const BOT_READY: string = RTVIMessageType.BOT_READY;

/** The app's callbacks for what the turns say. */
const EDGES: Partial<Record<TurnEdge["type"], (callbacks: RTVIEventCallbacks) => void>> = {
  "user-started-speaking": (callbacks) => callbacks.onUserStartedSpeaking?.(),
  "user-stopped-speaking": (callbacks) => callbacks.onUserStoppedSpeaking?.(),
  "bot-started-speaking": (callbacks) => callbacks.onBotStartedSpeaking?.(),
  "bot-stopped-speaking": (callbacks) => callbacks.onBotStoppedSpeaking?.(),
};

/** Options of a direct voice-to-voice service; a subclass narrows them. */
export interface LLMServiceOptions {
  api_key?: unknown;
  initial_messages?: unknown[];
  /** @deprecated Pipecat 0.3's name of `initial_messages`. */
  initial_message?: unknown[];
  model?: string;
  settings?: object;
}

/**
 * Base of transports that talk directly to a voice-to-voice service, in the shape of Pipecat's abstract class of this name: extend
 * it, implement the abstract methods, and the charts give lifecycle, devices, playback, reconnection and inspection. A subclass
 * written for Pipecat's class runs unchanged; see `docs/writing-a-transport.md`. A new service is better written as a `Provider`: `docs/writing-a-provider.md`.
 */
export abstract class RealTimeWebsocketTransport extends VoiceTransport {
  protected _service_options: LLMServiceOptions;
  private readonly _hooks: HooksProvider;
  private readonly _speaking: Speaking;

  /**
   * @param service_options what the service needs; a subclass reads them from `this._service_options`.
   * @param manager devices and playback; default `WebAudioMediaManager` at 24 kHz both ways.
   * @throws InvalidOptionsError naming the option that is wrong, or misplaced.
   */
  constructor(service_options: LLMServiceOptions, manager?: MediaManager, options: TransportOptions = {}) {
    checkOwnService(service_options);
    const hooks = new HooksProvider();
    super(hooks, manager, options);
    this._hooks = hooks;
    this._speaking = new Speaking(this._core);
    this._service_options = service_options;
    // A key is in it.
    hideField(this, "_service_options");
    hooks.attach({
      connectLLM: () => this.connectLLM(),
      disconnectLLM: () => this.disconnectLLM(),
      probe: () => {
        const failed = (error: unknown): void => this._core.logger.debug("probeLLM() failed", error);
        return runHook(() => this.probeLLM?.(), failed) === true;
      },
      handleUserAudioStream: (data) => {
        const failed = (error: unknown): void => this._core.microphone.failed(error);
        runHook(() => this.handleUserAudioStream(data), failed);
      },
      applyParams: (params) => {
        if (typeof params !== "object" || params === null) return;
        this._service_options = { ...this._service_options, ...params };
      },
      askForReady: (ask) => {
        const again = async (): Promise<void> => this._core.attempts.promises.untilEnd(ask());
        again().catch((error: unknown) => {
          this._core.logger.debug("The service was not ready again before the session ended.", error);
        });
      },
    });
  }

  /** Called once from `initialize()`: set up the service's client. */
  abstract initializeLLM(): void;
  /** Called once from `initialize()`, after `initializeLLM()`: attach listeners for the service's messages. */
  abstract attachLLMListeners(): void;
  /** Called for every attempt; resolves when the connection is open, rejects when it cannot be opened. */
  abstract connectLLM(): Promise<void>;
  /** Called to close the connection, and to release an abandoned attempt; must bear being called when nothing is open. */
  abstract disconnectLLM(): Promise<void>;
  /**
   * Optional: asks the service for a sign of life with a message that changes nothing and is always answered. Called after
   * every silence, and when the page wakes up. False when it cannot be asked now.
   */
  probeLLM?(): boolean;
  /** Called with each chunk of microphone audio while the session is ready: 16-bit little-endian mono PCM. */
  abstract handleUserAudioStream(data: ArrayBuffer): void;
  /** Called by the client after `connect()`: resolve when the service is ready, and deliver `bot-ready`. */
  abstract override sendReadyMessage(): Promise<void>;
  abstract override sendMessage(message: RTVIMessage): void;

  override initialize(options: PipecatClientOptions, messageHandler: (message: RTVIMessage) => void): void {
    super.initialize(options, messageHandler);
    // Another client has it, and its service is set up already.
    if (this._core.ownership.isContested) return;
    this._onMessage = (message) => {
      // A subclass that hands out bot-ready has said that its service is ready.
      if (message.type === BOT_READY && !this._core.messages.isOutgoing(message)) {
        this.serviceReady();
        this._core.turns.botReady(message);
      } else this._core.messages.pass(message);
    };
    if (!this._core.messages.isInterposed) {
      const sendMessage = interpose(this, {
        sendMessage: (message) => {
          this._core.messages.send(message);
        },
        sendReadyMessage: (ready) => {
          return this._core.attempts.ready(() => {
            this._hooks.asked(ready);
            return ready();
          });
        },
      });
      this._core.messages.interpose({
        sendMessage: (message) => {
          const failed = (error: unknown): void => this._core.messages.reject(message, asError(error));
          runHook(() => sendMessage(message), failed);
        },
        edge: (edge) => {
          this._core.call((callbacks) => {
            EDGES[edge]?.(callbacks);
          });
        },
      });
    }
    const failed = (error: unknown): void => this._core.reportError(asError(error));
    runHook(() => this.initializeLLM(), failed);
    runHook(() => this.attachLLMListeners(), failed);
  }

  /** Silences the bot now; resolves to what was really played of each item that was cut. */
  protected interruptBot(): Promise<readonly PlayedItem[]> {
    return this._speaking.interruptBot();
  }

  /** The user began to speak: silences the bot and reports it to the app. Resolves to where it was cut; null if it was silent. */
  userStartedSpeaking(): Promise<unknown> {
    return this._speaking.userStartedSpeaking();
  }

  userStoppedSpeaking(): void {
    this._speaking.userStoppedSpeaking();
  }

  userTranscript(transcript: TranscriptData): void {
    this._speaking.userTranscript(transcript);
  }

  botStartedSpeaking(): void {
    this._speaking.botStartedSpeaking();
  }

  botStoppedSpeaking(): void {
    this._speaking.botStoppedSpeaking();
  }

  botTtsText(data: BotTTSTextData): void {
    this._speaking.botTtsText(data);
  }

  /** Queues the bot's audio: 16-bit little-endian mono PCM; `id` names the utterance. */
  bufferBotAudio(audio: ArrayBuffer, id?: string): void {
    this._speaking.bufferBotAudio(audio, id);
  }

  override get state(): TransportState {
    return super.state;
  }

  /** The client writes `authenticating` and `authenticated`; a subclass may say that its service is ready, or has failed. */
  override set state(state: TransportState) {
    if (state === "ready") this.serviceReady();
    else if (state === "error") this._failed();
    // The other states follow the session, and a subclass that announces them says nothing new.
    else if (state === "authenticating" || state === "authenticated" || state !== this._state) super.state = state;
  }

  /** Whether the bot is heard. A subclass that writes it says so silently: the app hears of `botStartedSpeaking()` alone. */
  protected get _botIsSpeaking(): boolean {
    return this._core.session.turns.is("bot.speaking");
  }
  protected set _botIsSpeaking(speaks: boolean) {
    this._core.enter(() => this._core.turns.tell({ type: speaks ? "voice.began" : "voice.drained", silently: true }));
  }

  /** The attempt in progress or in use. @throws NotReadyError outside a session. */
  protected get attempt(): Attempt {
    const { attempt } = this._hooks;
    if (attempt === undefined) throw new NotReadyError("There is no connection attempt.");
    return attempt.request;
  }

  /** Resolves at `ready`; rejects when the session ends before. */
  protected whenReady(): Promise<void> {
    return this._core.attempts.promises.whenReady();
  }

  /** Rejects when the session ends; never resolves. To be raced against what a service may never answer. */
  protected whenEnded(): Promise<void> {
    return this._core.attempts.promises.whenEnded();
  }

  /** The service said that it is ready: RTVI `connected` becomes `ready` and microphone audio flows. */
  protected serviceReady(): void {
    this._hooks.attempt?.ready();
  }

  /**
   * The service goes on with the conversation of before, because it kept it or because it was replayed. Say so before
   * `serviceReady()`: the app then knows the bot and hears no second bot-ready. Without effect unless `attempt.resuming`.
   */
  protected conversationKept(how: "resumed" | "replayed"): void {
    this._hooks.attempt?.kept(how);
  }

  /**
   * The service will end the connection within so many ms. It is changed for a new one as soon as nobody speaks, and before
   * that time is over in any case. To be said when the end is near, not from the start.
   */
  protected connectionExpiring(withinMs: number): void {
    this._hooks.attempt?.expiring(withinMs);
  }

  /** Whether the user or the bot speaks, or a tool is waited for: no moment to change the connection. */
  protected conversationBusy(isBusy: boolean): void {
    this._hooks.attempt?.setBusy(isBusy);
  }

  /** Something came from the service. To be called for every message; without it a service that owes something is taken for silent. */
  protected messageReceived(): void {
    this._hooks.attempt?.received();
  }

  /** What the service owes from now on: while it owes something, it may not be silent for longer than `timeouts.silence`. */
  protected serviceExpects(expects: Expects): void {
    this._hooks.attempt?.setExpects(expects);
  }

  /** The open connection is gone; `error.retryable` decides whether another is opened. */
  protected connectionLost(error: RtviMachineError): void {
    this._hooks.attempt?.lost(error);
  }

  /** Hands a server-to-client RTVI message to the client. */
  protected deliver(type: string, data?: unknown, id?: string): void {
    this._onMessage(new RTVIMessage(type, data, id));
  }

  /** Answers a message of the app with an error: `onMessageError`. */
  protected rejectMessage(message: RTVIMessage, error: Error): void {
    this._core.messages.reject(message, error);
  }

  /** Reports through `onError`. A fatal one makes the client disconnect. */
  protected reportError(error: Error, fatal = false): void {
    // A subclass without types may hand in anything.
    this._core.reportError(asError(error), fatal);
  }

  /** Whether a chunk of audio should be sent, by the bytes that wait in the socket. Reports when that begins. */
  protected keepsUp(bufferedAmount: number): boolean {
    return this._core.microphone.keepsUp(bufferedAmount);
  }

  /** The connection failed for good: the session ends in `error`. */
  connectionError(errorMsg: string): void {
    const { attempt } = this._hooks;
    if (attempt === undefined) this._core.fail(new ConnectionLostError(errorMsg));
    else attempt.lost(new ConnectionLostError(errorMsg));
  }

  /** A subclass that gives up while it connects usually throws right after, and what it throws says more. */
  private _failed(): void {
    const { attempt } = this._hooks;
    const fail = (): void => {
      if (attempt?.request.signal.aborted === false) this._core.fail(new ServiceError("The service failed."));
    };
    if (attempt?.isConnecting === true) setTimeout(fail, 0);
    else fail();
  }
}

/** A hook that is declared without a promise may be async all the same: what it rejects with is not lost. */
function runHook(hook: () => unknown, failed: (error: unknown) => void): unknown {
  const returned = hook();
  if (returned instanceof Promise) returned.catch(failed);
  return returned;
}
