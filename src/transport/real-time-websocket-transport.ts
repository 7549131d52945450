import {
  RTVIMessageType,
  type RTVIMessage,
  type PipecatClientOptions,
  type TransportState,
} from "@pipecat-ai/client-js";
import type { Continuity } from "../contracts/continuity.js";
import type { ConnectRequest, Expects, Connection, ConnectionReports } from "../contracts/connection.js";
import { ConnectionLostError, NotReadyError, ServiceError, type RtviMachineError } from "../errors.js";
import type { MediaManager } from "../media/media-manager.js";
import { WebAudioMediaManager } from "../media/web-audio-media-manager.js";
import type { TransportOptions } from "../options.js";
import { ConversationTransport } from "./conversation-transport.js";
import { connectByHooks } from "./hooks-connection.js";

export type { TrackSampleOffset } from "./conversation-transport.js";

const BOT_READY: string = RTVIMessageType.BOT_READY;

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
 * Base of transports that talk directly to a voice-to-voice service. Extend it, implement the abstract methods, and the
 * chart gives lifecycle, devices, playback, reconnection and inspection. A subclass written for Pipecat's class of this
 * name runs unchanged; see `docs/writing-a-transport.md`.
 */
export abstract class RealTimeWebsocketTransport extends ConversationTransport {
  protected _service_options: LLMServiceOptions;
  private _attempt: ConnectRequest | undefined;
  private _reports: ConnectionReports | undefined;
  private _audioFailed = false;
  /** From the attempt until the connection is open, or the session over. */
  private _dialing = false;
  private _readyEarly = false;
  /** The connection of this attempt is gone, whether the session has heard of it or not. */
  private _isLost = false;
  /** What the service has said of the conversation on this connection. */
  private _conversation: Continuity = "fresh";
  /** Whether bot-ready was handed out in this session. */
  private _botAnnounced = false;
  /** How often it was asked for anew since it was handed out, and how many answers to that are still to come. */
  private _asked = 0;
  private _repeats = 0;
  private _readyIsBounded = false;

  /**
   * @param service_options what the service needs; a subclass reads them from `this._service_options`.
   * @param manager devices and playback; default `WebAudioMediaManager` at 24 kHz both ways.
   */
  constructor(service_options: LLMServiceOptions, manager?: MediaManager, options: TransportOptions = {}) {
    super(manager ?? defaultManager(options), options);
    this._service_options = service_options;
  }

  /** Called once from `initialize()`: set up the service's client. */
  abstract initializeLLM(): void;
  /** Called once from `initialize()`, after `initializeLLM()`: attach listeners for the service's messages. */
  abstract attachLLMListeners(): void;
  /** Called for every attempt; resolves when the connection is open, rejects when it cannot be opened. */
  abstract connectLLM(): Promise<void>;
  /** Called to say close and to release an abandoned attempt; must bear being called when nothing is open. */
  abstract disconnectLLM(): Promise<void>;
  /**
   * Optional: asks the service for a sign of life with a message that changes nothing and is always answered. Called when
   * the service owes something and is silent (`expects`), and when the page wakes up. False when it cannot be asked now.
   */
  probeLLM?(): boolean;
  /** Called with each chunk of microphone audio while the session is ready: 16-bit little-endian mono PCM. */
  abstract handleUserAudioStream(data: ArrayBuffer): void;
  /** Called by the client after `connect()`: resolve when the service is ready, and deliver `bot-ready`. */
  abstract override sendReadyMessage(): Promise<void>;
  abstract override sendMessage(message: RTVIMessage): void;

  override initialize(options: PipecatClientOptions, messageHandler: (message: RTVIMessage) => void): void {
    super.initialize(options, messageHandler);
    const deliver = this._onMessage;
    this._onMessage = (message) => {
      // A subclass that hands out bot-ready has said that its service is ready.
      if (message.type === BOT_READY) {
        this.serviceReady();
        // The bot is the one that the app knows already.
        if (this._botAnnounced && this._conversation !== "fresh") return;
        // Asked for on each of several connections that were never ready, it is told for all of them at once.
        if (this._repeats-- > 0) return;
        this._repeats = Math.max(0, this._asked - 1);
        this._asked = 0;
        this._botAnnounced = true;
      }
      deliver(message);
    };
    this._settleReadyWithSession();
    this.initializeLLM();
    this.attachLLMListeners();
  }

  /** A subclass's promise may never settle when its service falls silent; the client awaits it, so the session bounds it. */
  private _settleReadyWithSession(): void {
    if (this._readyIsBounded) return;
    this._readyIsBounded = true;
    const announce = this.sendReadyMessage.bind(this);
    this.sendReadyMessage = () => Promise.race([announce(), this.whenEnded()]);
  }

  protected openConnection(request: ConnectRequest, reports: ConnectionReports): Connection {
    this._attempt = request;
    this._reports = reports;
    this._conversation = "fresh";
    this._dialing = true;
    this._readyEarly = false;
    this._isLost = false;
    return connectByHooks(request, reports, {
      connect: () => this.connectLLM(),
      disconnect: () => this.disconnectLLM(),
      probe: () => this.probeLLM?.() === true,
      isCurrent: () => this._attempt === request,
      record: (error) => this._session.faults.record(error),
      logger: this.logger,
    });
  }

  protected sendAudio(pcm: ArrayBuffer): void {
    try {
      this.handleUserAudioStream(pcm);
    } catch (error) {
      if (this._audioFailed) return;
      this._audioFailed = true;
      this.reportError(error instanceof Error ? error : new ServiceError(String(error)));
    }
  }

  protected applyConnectionParams(params: unknown): void {
    if (typeof params === "object" && params !== null) {
      this._service_options = { ...this._service_options, ...params };
    }
  }

  protected override stateAnnounced(state: TransportState): void {
    if (state === "connected" && this._botAnnounced) this._asked += 1;
    if (state === "connecting") this.botStoppedSpeaking();
    else this._dialing = false;
    if (state === "connected" && this._readyEarly) this.serviceReady();
    if (state === "ready" && this._conversation !== "fresh") this._asked = 0;
    if (state === "ready") this.botJoined();
    if (state === "disconnecting" || state === "disconnected" || state === "error") this.botLeft();
    if (state !== "disconnected" && state !== "error") return;
    this.conversationEnded();
    this._audioFailed = this._botAnnounced = false;
    this._asked = this._repeats = 0;
    this._reports = undefined;
  }

  protected override canSend(): boolean {
    return !this._isLost;
  }

  protected override acceptState(state: TransportState): boolean {
    if (state === "ready") this.serviceReady();
    else if (state === "error") this._failedState();
    // The other states follow the session, and a subclass that announces them says nothing new.
    else return state === this._state;
    return true;
  }

  /** The attempt attempt in progress or in use. @throws NotReadyError outside a session. */
  protected get attempt(): ConnectRequest {
    if (this._attempt === undefined) throw new NotReadyError("There is no connection attempt.");
    return this._attempt;
  }

  /** The service said that it is ready: RTVI `connected` becomes `ready` and microphone audio flows. */
  protected serviceReady(): void {
    // It may say so before connectLLM() has resolved: then it counts from the moment the connection is open.
    this._readyEarly = this._dialing;
    this._session.serviceReady(this._conversation);
  }

  /**
   * The service goes on with the conversation of before, because it kept it or because it was told it again. Say so before
   * `serviceReady()`: the app is then told of the same bot and hears no second bot-ready. Without effect unless
   * `attempt.resuming`.
   */
  protected conversationKept(how: "resumed" | "replayed"): void {
    if (this._attempt?.resuming === true) this._conversation = how;
  }

  /**
   * The service will end the connection within so many ms. It is changed for a new one as soon as nobody speaks, and before
   * that time is over in any case. To be said when the end is near, not from the start.
   */
  protected connectionExpiring(withinMs: number): void {
    this._reports?.expiring({ withinMs });
  }

  /** Whether the user or the bot speaks, or a tool is waited for: no moment to change the connection. */
  protected conversationBusy(isBusy: boolean): void {
    this._reports?.busy(isBusy);
  }

  /** Something came from the service. To be called for every message; without it silence is no reason for anything. */
  protected messageReceived(): void {
    this._reports?.received();
  }

  /** What the service owes from now on: while it owes something, it may not be silent for longer than `timeouts.silence`. */
  protected expects(expects: Expects): void {
    this._reports?.expects(expects);
  }

  /** The open connection is gone; `error.retryable` decides whether it is reconnected. */
  protected connectionLost(error: RtviMachineError): void {
    this._isLost = true;
    this._reports?.closed(this._session.faults.record(error));
  }

  /** A subclass that gives up while it connects usually throws right after, and what it throws says more. */
  private _failedState(): void {
    const { _attempt: attempt } = this;
    const fail = (): void => {
      if (attempt?.signal.aborted === false) this._fail(new ServiceError("The service failed."));
    };
    if (this._dialing) setTimeout(fail, 0);
    else fail();
  }

  private _fail(error: RtviMachineError): void {
    this.actor.send({ type: "bot.failed", fault: this._session.faults.record(error) });
  }

  /** The connection failed for good: the session ends in `error`. */
  connectionError(errorMsg: string): void {
    if (this._reports === undefined) this._fail(new ConnectionLostError(errorMsg));
    else this.connectionLost(new ConnectionLostError(errorMsg));
  }
}

function defaultManager(options: TransportOptions): MediaManager {
  return new WebAudioMediaManager({
    ...(options.workletUrl !== undefined && { workletUrl: options.workletUrl }),
    ...(options.logger !== undefined && { logger: options.logger }),
    ...options.audio,
  });
}
