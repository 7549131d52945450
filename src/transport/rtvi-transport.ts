import type { PipecatClientOptions, RTVIMessage, TransportState } from "@pipecat-ai/client-js";
import { browserNetwork } from "../actors/network.js";
import { browserDevices } from "../actors/watches.js";
import type { TransportActor } from "../compose.js";
import type { PlaybackReport } from "../contracts/speaker.js";
import type { ConnectRequest, Connection, ConnectionReports } from "../contracts/connection.js";
import { ConnectionAbortedError } from "../errors.js";
import { defaultLogger, type Logger } from "../log.js";
import { portsOf } from "../media/manager-ports.js";
import type { MediaManager, MediaPorts } from "../media/media-manager.js";
import type { TransportOptions } from "../options.js";
import { Downlink } from "../pipes/downlink.js";
import { DeviceTransport } from "./device-transport.js";
import { guardCallbacks, guardHandler, guardLogger, runGuarded } from "./safe-callbacks.js";
import { errorMessage } from "./messages.js";
import { isMicrophoneHeld } from "./microphone-state.js";
import { connectWithParams } from "./params-connection.js";
import { isInSession, LifecyclePromises } from "./lifecycle-promises.js";
import { SendQueue } from "./send-queue.js";
import { Session } from "./session.js";
import { StartGuard } from "./start-guard.js";
import { uplinkOf } from "./uplink-of.js";

/**
 * The RTVI face of a session: every member of client-js's `Transport` as an event to the root chart, a look at its state,
 * or a fact passed on to the app's callbacks. Holds no lifecycle of its own.
 *
 * Members are `protected` or underscored, not `#private`: client-js hands apps a `Proxy` of the transport, and getters
 * run on it.
 */
export abstract class RtviTransport extends DeviceTransport {
  protected readonly options: TransportOptions;
  protected readonly logger: Logger;
  protected readonly _session: Session;
  protected readonly _downlink: Downlink;
  private readonly _startGuard = new StartGuard();
  private readonly _promises: LifecyclePromises;
  protected readonly _sendQueue: SendQueue;
  private _awaitsDevices = false;
  private _timesReady = 0;
  private _timesConnected = 0;

  constructor(manager: MediaManager, options: TransportOptions = {}) {
    super(manager);
    this.options = options;
    this.logger = guardLogger(options.logger ?? defaultLogger);
    const ports = this.mediaPorts(manager);
    const uplink = uplinkOf(manager, options.preRoll, (pcm) => {
      this.sendAudio(pcm);
    });
    this._downlink = new Downlink(ports.speaker);
    this._session = new Session(
      {
        openConnection: (request, reports) => this._dial({ ...request, resuming: this._timesReady > 0 }, reports),
        ports,
        uplink,
        downlink: this._downlink,
        observePlayback: (report) => {
          runGuarded("onPlayback", this.logger, () => {
            this.onPlayback(report);
          });
        },
        listMicrophones: () => manager.getAllMics(),
        devices: options.audio?.mediaDevices ?? browserDevices(),
        network: options.network ?? browserNetwork(),
        muted: () => !this._micWanted,
        options,
        logger: this.logger,
      },
      {
        stateChanged: (state, error) => {
          this._announce(state, error);
        },
        settled: () => {
          this._promises.released();
        },
        microphoneSettled: () => {
          this._promises.microphoneSettled();
        },
        deviceFault: (kind, fault) => {
          this.reportDeviceError(kind, this._session.faults.errorOf(fault));
        },
        linkDropped: (fault) => {
          this.reportError(this._session.faults.errorOf(fault), false);
        },
        recovered: (recovery) => {
          runGuarded("onRecovered", this.logger, () => this.options.onRecovered?.(recovery));
        },
      },
    );
    this._promises = new LifecyclePromises(this._session);
    this._sendQueue = new SendQueue({
      maxMessageSize: () => this.maxMessageSize,
      isThrough: () => !this._session.isRecovering && (this.state !== "ready" || this.canSend()),
      isImmediate: (message) => this.isImmediate(message),
      deliver: (message) => {
        this._onMessage(message);
      },
    });
  }

  /** Resolves when the service is ready and bot-ready was delivered; rejects when the session ends before. */
  abstract override sendReadyMessage(): Promise<void>;
  /** Opens one connection to the service; the `link` chart decides when. */
  protected abstract openConnection(request: ConnectRequest, reports: ConnectionReports): Connection;
  /** Sends one chunk of microphone audio; called only while the session is ready. Must not throw. */
  protected abstract sendAudio(pcm: ArrayBuffer): void;
  /** Takes validated connection parameters of one `connect()`. */
  protected abstract applyConnectionParams(params: unknown): void;
  /** What the charts drive. Called by the constructor, so an override finds no initialised field of its own. */
  protected mediaPorts(manager: MediaManager): MediaPorts {
    return portsOf(manager, this.logger);
  }
  /** Playback edges and progress, for providers that follow what is really heard. */
  protected onPlayback(_report: PlaybackReport): void {}
  /** The state changed; called before the app's callback. */
  protected stateAnnounced(_state: TransportState): void {}
  /** Whether the connection of a session that is ready takes messages; false while it closes. */
  protected canSend(): boolean {
    return true;
  }
  /** Whether a message of the app is not for the service, so that it need not wait for a connection. */
  protected isImmediate(_message: RTVIMessage): boolean {
    return false;
  }
  /** A subclass wrote a state that the client does not write; true if it was taken as a fact. */
  protected acceptState(_state: TransportState): boolean {
    return false;
  }
  /** The XState actor of the session's root chart, for `useSelector`, inspectors and tests. */
  override get actor(): TransportActor {
    return this._session.actor;
  }

  initialize(options: PipecatClientOptions, messageHandler: (message: RTVIMessage) => void): void {
    this._callbacks = guardCallbacks(options.callbacks ?? {}, this.logger);
    this._options = { ...options, callbacks: this._callbacks };
    this._onMessage = guardHandler(messageHandler, this.logger);
    this._mediaManager.setClientOptions(this._options);
    this._awaitsDevices = options.enableMic === true || options.enableCam === true;
    if (options.enableMic === false) this.enableMic(false);
    this._sendQueue.takeOver(this);
  }

  /** Asks for the microphone. Resolves when the user has answered, also with no: that is an `onDeviceError`. */
  async initDevices(): Promise<void> {
    if (!this._startGuard.devicesRequested()) return;
    const held = isMicrophoneHeld(this.actor);
    await this._promises.initDevices();
    // The client takes a microphone that is not reported for one that it does not have.
    if (held && isMicrophoneHeld(this.actor)) this.reportSelectedMic();
  }

  _validateConnectionParams(params?: unknown): unknown {
    return params;
  }

  /**
   * Resolves when connected.
   * @throws ConnectionAbortedError when `disconnect()` came first; the link's error when it failed;
   * AlreadyConnectedError during a session.
   */
  async _connect(params?: unknown): Promise<void> {
    if (this._startGuard.takeCancelled()) {
      throw new ConnectionAbortedError("disconnect() was called before the connection was attempted.");
    }
    await this._promises.connect(() => {
      this.applyConnectionParams(params);
    });
  }

  /** Legal in every state; resolves when disconnected. */
  async _disconnect(): Promise<void> {
    this._startGuard.released(this._promises.awaitsDevices && this._awaitsDevices);
    await this._promises.disconnect();
  }

  /** Resolves at `ready`; rejects when the session ends before. */
  protected whenReady(): Promise<void> {
    return this._promises.whenReady();
  }

  /** Rejects when the session ends; never resolves. To be raced against what a service may never answer. */
  protected whenEnded(): Promise<void> {
    return this._promises.whenEnded();
  }

  get state(): TransportState {
    return this._state;
  }

  /** The client writes `authenticating` and `authenticated`; any other write is refused with a warning. */
  set state(state: TransportState) {
    if (state === "authenticating") {
      if (this._startGuard.botStarting()) this._session.revive().send({ type: "bot.starting" });
    } else if (state === "authenticated") {
      if (this._startGuard.botStarted()) this.actor.send({ type: "bot.started" });
    } else if (!this.acceptState(state)) {
      this.logger.warn(`transport.state = "${state}" was refused: the state follows the session.`);
    }
  }

  private _announce(state: TransportState, error: Error | undefined): void {
    this._state = state;
    this._promises.announced(state, error);
    this.logger.info(`state: ${state}`);
    if (state === "disconnected" || state === "error") this._timesReady = this._timesConnected = 0;
    runGuarded("stateAnnounced", this.logger, () => {
      this.stateAnnounced(state);
    });
    this._callbacks.onTransportStateChanged?.(state);
    if (state === "connected" && ++this._timesConnected === 1) this._callbacks.onConnected?.();
    if (state === "disconnected") this._callbacks.onDisconnected?.();
    if (state === "ready") this._timesReady += 1;
    if (state === "connected") this._opened();
    if (state === "ready") this._sendQueue.flush();
    else if (!isInSession(state)) this._sendQueue.end();
    if (error !== undefined) this.reportError(error, true);
  }

  /** A connection that opened with the conversation is ready; any other is asked, because the client asks only once. */
  private _opened(): void {
    const { continuity } = this._session;
    if (continuity !== "fresh") this._session.serviceReady(continuity);
    else if (this._timesReady > 0) this._askForReady();
  }

  private _askForReady(): void {
    const ask = async (): Promise<void> => this.sendReadyMessage();
    ask().catch((error: unknown) => {
      this.logger.debug("The service was not ready again before the session ended.", error);
    });
  }

  private _dial(request: ConnectRequest, reports: ConnectionReports): Connection {
    return connectWithParams(request, reports, this.options.connectionParams, {
      use: (params) => {
        this.applyConnectionParams(this._validateConnectionParams(params));
      },
      open: () => this.openConnection(request, reports),
      record: (error) => this._session.faults.record(error),
    });
  }

  /** Tells the app through `onError`. A fatal one makes the client disconnect. */
  protected reportError(error: Error, fatal = false): void {
    this.logger.warn(`${fatal ? "fatal error" : "error"}: ${error.message}`);
    this._callbacks.onError?.(errorMessage(error, fatal));
  }
}
