import {
  type DeviceError,
  type PipecatClientOptions,
  type Tracks,
  UnsupportedFeatureError,
} from "@pipecat-ai/client-js";
import type { OutputReport, PlayedItem } from "../contracts/speaker.js";
import { defaultLogger, safeLogger, type Logger } from "../log.js";
import { checkValue, inside } from "../util/check-options.js";
import { BOT } from "./bot-participant.js";
import { AudioEngine } from "./audio-engine.js";
import { speakerError, toDeviceError } from "./device-errors.js";
import { DeviceList, listDevices, pageMediaDevices } from "./devices.js";
import { MediaManager, type MediaPorts } from "./media-manager.js";
import { PcmAligner } from "./pcm-aligner.js";
import { TrackMeter } from "./track-meter.js";
import { WebAudioMicrophone } from "./web-audio-microphone.js";
import { WEB_AUDIO_OPTIONS, type WebAudioOptions } from "./web-audio-options.js";
import { WebAudioSpeaker } from "./web-audio-speaker.js";

const LOCAL = { id: "local", name: "", local: true } as const;
/** What Pipecat's managers tell where there is no camera: a device without an id. */
const NO_CAMERA: MediaDeviceInfo = { deviceId: "", groupId: "", kind: "videoinput", label: "", toJSON: () => ({}) };

/**
 * The default media manager: capture and playback in AudioWorklets, over one AudioContext where the rates allow.
 *
 * The charts drive it through `ports`. It also works by itself, through Pipecat's methods: `initialize`, `connect`,
 * `disconnect`, `enableMic`. Nothing of the page is touched before it is used.
 *
 * @example
 * const manager = new WebAudioMediaManager({ chunkMs: 40 });
 * const transport = new OpenAIRealTimeWebSocketTransport(options, manager);
 */
export class WebAudioMediaManager extends MediaManager {
  /** Hz of the microphone chunks. */
  readonly inputSampleRate: number;
  /** Hz of the audio that `bufferBotAudio` takes. */
  readonly outputSampleRate: number;
  readonly isCamEnabled = false;
  readonly isSharingScreen = false;
  readonly #logger: Logger;
  readonly #mediaDevices: () => MediaDevices | undefined;
  readonly #deviceList: DeviceList;
  readonly #microphone: WebAudioMicrophone;
  readonly #speaker: WebAudioSpeaker;
  readonly #aligner: PcmAligner;
  readonly #engine: AudioEngine;
  #selectedMic: MediaDeviceInfo | undefined;
  /** The microphone of which the app is told as soon as it knows the lists. */
  #untold: MediaDeviceInfo | undefined;
  /** Set while driven through `initialize` instead of `ports`. */
  #standAlone: AbortController | undefined;
  #initializing: Promise<void> | undefined;

  /** @throws InvalidOptionsError naming the option that is wrong. */
  constructor(options: WebAudioOptions = {}) {
    super();
    this._userAudioCallback = () => undefined;
    checkValue("audio", options, inside(WEB_AUDIO_OPTIONS));
    const { inputSampleRate = 24_000, outputSampleRate = 24_000, chunkMs = 20, fadeMs = 10, levelMs = 100 } = options;
    const { echoCancellation = true, noiseSuppression = true, autoGainControl = true } = options;
    const logger = safeLogger(options.logger ?? defaultLogger);
    this.inputSampleRate = inputSampleRate;
    this.outputSampleRate = outputSampleRate;
    this.#logger = logger;
    this.#mediaDevices = () => options.mediaDevices ?? pageMediaDevices();
    const aligner = (this.#aligner = new PcmAligner(logger));
    this.#deviceList = new DeviceList(this.#mediaDevices, (devices) => this.#onDevices(devices), logger);
    const { AudioContext, workletUrl } = options;
    const engine = (this.#engine = new AudioEngine({ AudioContext, workletUrl, logger }));
    const common = { engine, logger, deviceList: this.#deviceList, levelMs };
    const processing = { echoCancellation, noiseSuppression, autoGainControl };
    this.#microphone = new WebAudioMicrophone(
      { ...common, mediaDevices: this.#mediaDevices, outputRate: inputSampleRate, chunkMs, processing },
      {
        chunk: (pcm) => this._userAudioCallback(pcm),
        level: (rms) => this._callbacks.onLocalAudioLevel?.(rms),
        device: (device, devices) => {
          this.#selectedMic = this.#untold = device;
          if (devices !== undefined) this.#deviceList.publish(devices);
          this.#tellMicrophone();
        },
        trackStarted: (track) => this._callbacks.onTrackStarted?.(track, LOCAL),
        trackStopped: (track) => this._callbacks.onTrackStopped?.(track, LOCAL),
        failed: (error) => this._callbacks.onDeviceError?.(error),
      },
    );
    this.#speaker = new WebAudioSpeaker({
      ...common,
      sampleRate: outputSampleRate,
      fadeMs,
      onLevel: (rms) => this._callbacks.onRemoteAudioLevel?.(rms, BOT),
      onDevice: (device) => this._callbacks.onSpeakerUpdated?.(device),
      onTrackStarted: (track) => this._callbacks.onTrackStarted?.(track, BOT),
      onTrackStopped: (track) => this._callbacks.onTrackStopped?.(track, BOT),
      onFlush: () => aligner.reset(),
    });
  }

  override get ports(): MediaPorts {
    return {
      microphone: this.#microphone,
      speaker: this.#speaker,
      sinks: this.#speaker.sinks,
      meter: (track) => new TrackMeter(track, this.#engine, this.inputSampleRate, this.#logger),
    };
  }

  override setClientOptions(options: PipecatClientOptions, override = false): void {
    super.setClientOptions(options, override);
    if (options.enableCam === true) this.#logger.warn(`not supported: ${unsupported("enableCam").message}`);
  }

  /**
   * Opens what is not open yet: the speaker, and the microphone unless it is disabled. A refused microphone leaves the
   * speaker open; a later call asks again.
   * @throws DeviceError, UnsupportedEnvironmentError
   */
  initialize(): Promise<void> {
    this.#standAlone ??= new AbortController();
    this.#initializing ??= this.#openBoth(this.#standAlone.signal).finally(() => {
      this.#initializing = undefined;
    });
    return this.#initializing;
  }

  async connect(): Promise<void> {
    this.#microphone.setStreaming(true);
    await this.initialize();
  }

  /** Releases microphone and speaker, at once. Never rejects. */
  async disconnect(): Promise<void> {
    const initializing = this.#initializing;
    this.#standAlone?.abort();
    this.#standAlone = undefined;
    this.#microphone.setStreaming(false);
    this.#microphone.close();
    this.#speaker.close();
    await initializing?.catch((error: unknown) => this.#logger.debug("Ended while it was initialising.", error));
  }

  /** Silences the bot. Resolves to what was cut, per item, with the samples really played. */
  userStartedSpeaking(): Promise<readonly PlayedItem[]> {
    return this.#speaker.interrupt();
  }

  /**
   * Queues the bot's audio: 16-bit little-endian mono PCM at `outputSampleRate`. The caller's buffer stays its own.
   * @param id the item (utterance) that it belongs to
   * @returns the samples that were queued; half a sample at the end waits for the next chunk
   */
  bufferBotAudio(data: ArrayBuffer | Int16Array, id = "default"): Int16Array {
    const pcm = this.#aligner.align(data, id);
    this.#speaker.write(pcm, id);
    return pcm;
  }

  getAllMics(): Promise<MediaDeviceInfo[]> {
    return listDevices(this.#mediaDevices(), "audioinput");
  }

  getAllCams(): Promise<MediaDeviceInfo[]> {
    return listDevices(this.#mediaDevices(), "videoinput");
  }

  getAllSpeakers(): Promise<MediaDeviceInfo[]> {
    return listDevices(this.#mediaDevices(), "audiooutput");
  }

  /**
   * Chooses the microphone; "" or "default" is the system's. While one is open, the new one is live before the old one is
   * dropped; if it cannot be had, `onDeviceError` tells and the old one stays.
   */
  updateMic(micId: string): Promise<void> {
    return this.#microphone.choose(micId);
  }

  updateCam(): never {
    throw unsupported("updateCam");
  }

  /**
   * Chooses the output; "" or "default" is the system's. An unknown one raises `onDeviceError`, and nothing changes.
   * @throws UnsupportedFeatureError where the browser cannot choose outputs.
   */
  async updateSpeaker(speakerId: string): Promise<void> {
    const { sinks } = this.#speaker;
    if (!sinks.canChoose && !["", "default"].includes(speakerId)) throw unsupported("updateSpeaker");
    try {
      await sinks.choose(speakerId);
    } catch (cause) {
      this._callbacks.onDeviceError?.(speakerError(cause));
      // A menu that shows the choice already goes back to what is in use.
      if (sinks.device !== undefined) this._callbacks.onSpeakerUpdated?.(sinks.device);
      return;
    }
    await sinks.refresh();
  }

  get selectedMic(): MediaDeviceInfo | Record<string, never> {
    return this.#selectedMic ?? {};
  }

  get selectedCam(): Record<string, never> {
    return {};
  }

  get selectedSpeaker(): MediaDeviceInfo | Record<string, never> {
    return this.#speaker.sinks.device ?? {};
  }

  /** Mutes or unmutes: while muted the track is disabled and no chunk leaves. */
  async enableMic(enable: boolean): Promise<void> {
    this._micEnabled = enable;
    this.#microphone.setMuted(!enable);
    // The charts open it themselves.
    if (enable && this.#standAlone !== undefined) await this.initialize();
  }

  /** @throws UnsupportedFeatureError: there is no camera here; turning it off is no error. */
  enableCam(enable: boolean): void {
    if (enable) throw unsupported("enableCam");
  }

  /** @throws UnsupportedFeatureError: screens are not shared here; turning it off is no error. */
  enableScreenShare(enable: boolean): void {
    if (enable) throw unsupported("enableScreenShare");
  }

  get isMicEnabled(): boolean {
    return this._micEnabled;
  }

  tracks(): Tracks {
    const { track } = this.#microphone;
    const { track: bot } = this.#speaker;
    return { local: track === undefined ? {} : { audio: track }, ...(bot !== undefined && { bot: { audio: bot } }) };
  }

  async #openBoth(signal: AbortSignal): Promise<void> {
    const microphone =
      this._micEnabled && this.#microphone.track === undefined ? this.#openMicrophone(signal) : undefined;
    // Looked at after the speaker, which opens whatever becomes of the microphone.
    microphone?.catch(() => undefined);
    const lost = (report: OutputReport): void => {
      if (report.type === "lost") this._callbacks.onDeviceError?.(toDeviceError("speaker", report.error));
    };
    if (!this.#speaker.isOpen) await this.#speaker.open(lost, signal);
    await microphone;
  }

  async #openMicrophone(signal: AbortSignal): Promise<void> {
    const lost = (error: DeviceError): void => this._callbacks.onDeviceError?.(error);
    await this.#microphone.open({ deviceId: "", muted: false, signal }, { lost });
  }

  #onDevices(devices: MediaDeviceInfo[]): void {
    const ofKind = (kind: MediaDeviceKind): MediaDeviceInfo[] => devices.filter((device) => device.kind === kind);
    // In the order of Pipecat's managers.
    this._callbacks.onAvailableCamsUpdated?.(ofKind("videoinput"));
    this._callbacks.onAvailableMicsUpdated?.(ofKind("audioinput"));
    this._callbacks.onAvailableSpeakersUpdated?.(ofKind("audiooutput"));
    this.#tellMicrophone();
    this.#microphone.devicesChanged(devices);
    this.#speaker.sinks.devicesChanged(devices);
  }

  #tellMicrophone(): void {
    const device = this.#untold;
    this.#untold = undefined;
    if (device === undefined) return;
    this._callbacks.onCamUpdated?.(NO_CAMERA);
    this._callbacks.onMicUpdated?.(device);
  }
}

function unsupported(feature: string): UnsupportedFeatureError {
  return new UnsupportedFeatureError(feature, "WebAudioMediaManager");
}
