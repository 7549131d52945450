import {
  DeviceError,
  Transport,
  type PipecatClientOptions,
  type RTVIMessage,
  type Tracks,
  type TransportState,
  UnsupportedFeatureError,
} from "@pipecat-ai/client-js";
import type { TransportActor } from "../compose.js";
import type { Provider } from "../contracts/provider.js";
import { toDeviceError } from "../media/device-errors.js";
import type { MediaManager } from "../media/media-manager.js";
import { WebAudioMediaManager } from "../media/web-audio-media-manager.js";
import type { TransportOptions } from "../options.js";
import { deviceIdOf } from "../util/check-options.js";
import { hideField } from "../util/hidden-field.js";
import { checkArguments } from "./check-arguments.js";
import { TransportCore } from "./core.js";
import { isMicrophoneMissing } from "./microphone-state.js";

/**
 * The RTVI face of a voice session: client-js's `Transport` over a provider. Each member is an event of the charts, a look at
 * their state, or a fact passed on to the app's callbacks.
 *
 * ```ts
 * class MyTransport extends VoiceTransport {
 *   constructor(options: MyOptions, manager?: MediaManager, transportOptions?: TransportOptions) {
 *     super(myProvider(options), manager, transportOptions);
 *   }
 * }
 * ```
 *
 * client-js hands apps a `Proxy` of the transport: no `#private` member lies behind a getter or setter, and no public property
 * holds a class or a function.
 */
export class VoiceTransport extends Transport {
  /** @internal Of the library's own classes: its types are in no declaration file, or all that it is made of were. */
  protected readonly _core: TransportCore;

  /**
   * @param provider The voice service.
   * @param manager Devices and playback; default `WebAudioMediaManager` at the provider's rates.
   * @throws InvalidOptionsError naming the option that is wrong.
   */
  constructor(provider: Provider, manager?: MediaManager, options: TransportOptions = {}) {
    super();
    checkArguments(provider, manager, options);
    // client-js writes it, headers of the app's server among it.
    hideField(this, "_startBotParams");
    // Until `initialize()` brings the client's: a transport that is driven without a client has none.
    this._callbacks = {};
    this._onMessage = () => undefined;
    if (provider.maxMessageSize !== undefined) this._maxMessageSize = provider.maxMessageSize;
    this._core = new TransportCore({
      provider,
      manager: manager ?? defaultManager(provider, options),
      options,
      announced: (state) => {
        this._state = state;
      },
      maxMessageSize: () => this.maxMessageSize,
      handOut: (message) => {
        this._onMessage(message);
      },
    });
  }

  /** The XState actor of the session's root chart, for `useSelector`, inspectors and tests. */
  get actor(): TransportActor {
    return this._core.actor;
  }

  /** Whether the messages of RTVI's services are answered by this transport, in every state. */
  get answersServices(): boolean {
    return this._core.answersServices;
  }

  initialize(options: PipecatClientOptions, messageHandler: (message: RTVIMessage) => void): void {
    this._core.ownership.take({
      options,
      handler: messageHandler,
      adopted: (adopted) => {
        this._options = adopted;
        this._callbacks = adopted.callbacks ?? {};
      },
    });
    if (this._core.ownership.isContested) return;
    this._onMessage = (message) => {
      this._core.messages.pass(message);
    };
  }

  /** Asks for the microphone. Resolves when the user has answered, also with no: that is an `onDeviceError`. */
  initDevices(): Promise<void> {
    return this._core.attempts.initDevices();
  }

  /** The parameters of one session, checked and otherwise as they are. @throws InvalidOptionsError naming the key that is wrong. */
  _validateConnectionParams(params?: unknown): unknown {
    this._core.checkParams(params);
    return params;
  }

  /**
   * Resolves when connected. The promise is the charts' own, as those of `initDevices()` and `sendReadyMessage()` are: what the
   * client does next is told by when it reacts to it.
   * @throws ConnectionAbortedError when `disconnect()` came first; AlreadyConnectedError when a newer call took over; the
   * connection's error when it failed.
   */
  _connect(params?: unknown): Promise<void> {
    return this._core.attempts.connect(params);
  }

  /** Legal in every state; resolves when disconnected. */
  _disconnect(): Promise<void> {
    return this._core.attempts.disconnect();
  }

  /** Waits until the service is ready, then delivers bot-ready. Rejects when the session ends before. */
  sendReadyMessage(): Promise<void> {
    return this._core.attempts.ready(() => this._core.sendReadyMessage());
  }

  /** @throws as `ClientMessages.send` */
  sendMessage(message: RTVIMessage): void {
    this._core.messages.send(message);
  }

  get state(): TransportState {
    this._core.attempts.looked();
    return this._core.session.state;
  }

  /**
   * The client writes `authenticating` and `authenticated`; any other write is refused with a warning.
   * @throws ConnectionAbortedError or AlreadyConnectedError where a bot is not wanted any more: it is not started then, or not
   * connected to.
   */
  set state(state: TransportState) {
    if (state === "authenticating") this._core.attempts.startCalled();
    else if (state === "authenticated") this._core.attempts.startAnswered();
    else this._core.logger.warn(`transport.state = "${state}" was refused: the state follows the session.`);
  }

  /** What a message of the app may weigh, in bytes: the RTVI limit, or the connection's where that is lower. */
  override get maxMessageSize(): number {
    return Math.min(this._maxMessageSize, this._core.runner.connection?.maxMessageSize ?? Infinity);
  }

  /** Silences the bot at once, as a user's voice does, and stops what it is making. Without effect when it is silent. */
  interrupt(): void {
    this._core.advise({ type: "interrupt" });
  }

  /** When the service will end this session, in epoch seconds; undefined until it has said so. */
  get expiry(): number | undefined {
    return this._core.runner.expiresAt;
  }

  getAllMics(): Promise<MediaDeviceInfo[]> {
    return this._core.manager.getAllMics();
  }
  getAllCams(): Promise<MediaDeviceInfo[]> {
    return this._core.manager.getAllCams();
  }
  getAllSpeakers(): Promise<MediaDeviceInfo[]> {
    return this._core.manager.getAllSpeakers();
  }

  /** Never rejects: the client does not await it. A failure is an `onDeviceError`. */
  async updateMic(micId: string): Promise<void> {
    await this._reported("mic", () => this._core.devices.updateMic(deviceIdOf(micId)));
  }
  /** @throws UnsupportedFeatureError where the manager has no camera. The log says so too. */
  updateCam(camId: string): void {
    const updating = this._supported(() => this._core.manager.updateCam(camId));
    void this._reported("cam", () => updating);
  }
  /** Chooses the output. A failure is an `onDeviceError`, and nothing changes. */
  updateSpeaker(speakerId: string): void {
    const refused = (): void => this._core.devices.reportSpeaker();
    void this._reported("speaker", () => this._core.devices.updateSpeaker(deviceIdOf(speakerId)), refused);
  }

  get selectedMic(): MediaDeviceInfo | Record<string, never> {
    return this._core.manager.selectedMic;
  }
  get selectedCam(): MediaDeviceInfo | Record<string, never> {
    return this._core.manager.selectedCam;
  }
  get selectedSpeaker(): MediaDeviceInfo | Record<string, never> {
    return this._core.devices.speaker;
  }

  /** Frees a bot that the browser's autoplay policy holds silent; call it inside a user gesture. */
  resumeAudio(): void {
    this._core.order({ type: "gesture.made" });
  }

  enableMic(enable: boolean): void {
    // As Pipecat's classes take what is no boolean; but "false" is no.
    if (typeof enable !== "boolean") {
      const taken = `enableMic() takes a boolean, not a ${typeof enable}: it was taken for ${String(Boolean(enable))}.`;
      this._core.logger.warn(taken);
    }
    this._core.enableMic(enable);
  }
  /** Whether the microphone is on: wanted by the app, and neither refused nor lost. */
  get isMicEnabled(): boolean {
    return this._core.isMicWanted && !isMicrophoneMissing(this._core.actor);
  }

  /** @throws UnsupportedFeatureError where the manager has no camera: the client makes `onUnsupportedFeature` of it. The log says so too. */
  enableCam(enable: boolean): void {
    const enabling = this._supported(() => this._core.manager.enableCam(enable));
    void this._reported("cam", () => enabling);
  }
  /** @throws UnsupportedFeatureError where the manager cannot share the screen, as `enableCam`. */
  enableScreenShare(enable: boolean): void {
    this._supported(() => this._core.manager.enableScreenShare(enable));
  }
  get isCamEnabled(): boolean {
    return this._core.manager.isCamEnabled;
  }
  get isSharingScreen(): boolean {
    return this._core.manager.isSharingScreen;
  }

  /** The local tracks, and the bot's while there is one. */
  tracks(): Tracks {
    const bot = this._core.tracks.bot;
    return { ...this._core.manager.tracks(), ...(bot !== undefined && { bot: { audio: bot } }) };
  }

  /** An app without `onUnsupportedFeature` would hear nothing of it. */
  private _supported<Result>(use: () => Result): Result {
    try {
      return use();
    } catch (error) {
      if (error instanceof UnsupportedFeatureError) this._core.logger.warn(`not supported: ${error.message}`);
      throw error;
    }
  }

  /** @param refused A menu that shows the choice already goes back to what is in use. */
  private async _reported(
    kind: "mic" | "cam" | "speaker",
    update: () => void | Promise<void>,
    refused?: () => void,
  ): Promise<void> {
    try {
      await update();
    } catch (error) {
      this._core.reportDeviceError(error instanceof DeviceError ? error : toDeviceError(kind, error));
      refused?.();
    }
  }
}

function defaultManager({ media }: Provider, options: TransportOptions): MediaManager {
  const { inputSampleRate, outputSampleRate, chunkMs } = media;
  return new WebAudioMediaManager({
    ...(options.workletUrl !== undefined && { workletUrl: options.workletUrl }),
    ...(options.logger !== undefined && { logger: options.logger }),
    ...(inputSampleRate !== undefined && { inputSampleRate }),
    ...(outputSampleRate !== undefined && { outputSampleRate }),
    ...(chunkMs !== undefined && { chunkMs }),
    ...options.audio,
  });
}
