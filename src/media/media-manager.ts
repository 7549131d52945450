import type { PipecatClientOptions, RTVIEventCallbacks, Tracks } from "@pipecat-ai/client-js";
import type { MicrophonePort } from "../contracts/microphone.js";
import type { SpeakerPort } from "../contracts/speaker.js";
import { hasMethods, methods } from "../util/check-options.js";
import type { SinkChoice } from "./sink-choice.js";
import type { TrackMeter } from "./track-meter.js";

/** The two ends of a manager that the charts drive. */
export interface MediaPorts {
  readonly microphone: MicrophonePort;
  readonly speaker: SpeakerPort;
  /** Which device the bot is played on, also where something else plays it. */
  readonly sinks?: SinkChoice;
  /** Measures a track that does not pass the manager, on the scale of its own levels. */
  readonly meter?: (track: MediaStreamTrack) => TrackMeter;
}

/**
 * Devices, capture and playback behind one object, in the shape of Pipecat's `MediaManager`, so that a manager written
 * for Pipecat's transports works here unchanged.
 *
 * A manager that also offers `ports` lets the charts drive microphone and speaker one by one (mute, loss, autoplay,
 * samples really played); one that does not is driven through `initialize`, `connect`, `disconnect` and `enableMic`.
 */
export abstract class MediaManager {
  declare protected _userAudioCallback: (data: ArrayBuffer) => void;
  declare protected _options: PipecatClientOptions;
  protected _callbacks: RTVIEventCallbacks = {};
  protected _micEnabled = true;
  protected _camEnabled = false;
  protected _supportsScreenShare = false;

  /** Where microphone chunks go: 16-bit little-endian mono PCM. */
  setUserAudioCallback(userAudioCallback: (data: ArrayBuffer) => void): void {
    this._userAudioCallback = userAudioCallback;
  }

  /** Takes the client's options; a second call changes nothing unless `override` is true. */
  setClientOptions(options: PipecatClientOptions, override = false): void {
    if ((this._options as PipecatClientOptions | undefined) && !override) return;
    this._options = options;
    this._callbacks = options.callbacks ?? {};
    this._micEnabled = options.enableMic ?? true;
    this._camEnabled = options.enableCam ?? false;
  }

  /** The name that `setClientOptions` had in Pipecat's 0.3 managers. */
  setRTVIOptions(options: PipecatClientOptions, override = false): void {
    this.setClientOptions(options, override);
  }

  /** Microphone and speaker as the charts drive them; undefined when the manager has only the methods below. */
  get ports(): MediaPorts | undefined {
    return undefined;
  }

  /** Acquires devices and prepares playback. */
  abstract initialize(): Promise<void>;
  /** Starts handing microphone audio to the callback. */
  abstract connect(): Promise<void>;
  /** Releases everything. */
  abstract disconnect(): Promise<void>;

  /** Stops the bot's audio; resolves to what was cut, in the manager's own terms. */
  abstract userStartedSpeaking(): Promise<unknown>;
  /** Queues the bot's audio: 16-bit little-endian mono PCM. */
  abstract bufferBotAudio(data: ArrayBuffer | Int16Array, id?: string): Int16Array | undefined;

  abstract getAllMics(): Promise<MediaDeviceInfo[]>;
  abstract getAllCams(): Promise<MediaDeviceInfo[]>;
  abstract getAllSpeakers(): Promise<MediaDeviceInfo[]>;

  abstract updateMic(micId: string): void | Promise<void>;
  abstract updateCam(camId: string): void | Promise<void>;
  abstract updateSpeaker(speakerId: string): void | Promise<void>;

  abstract get selectedMic(): MediaDeviceInfo | Record<string, never>;
  abstract get selectedCam(): MediaDeviceInfo | Record<string, never>;
  abstract get selectedSpeaker(): MediaDeviceInfo | Record<string, never>;

  abstract enableMic(enable: boolean): void | Promise<void>;
  abstract enableCam(enable: boolean): void | Promise<void>;
  abstract enableScreenShare(enable: boolean): void;

  abstract get isCamEnabled(): boolean;
  abstract get isMicEnabled(): boolean;
  abstract get isSharingScreen(): boolean;

  abstract tracks(): Tracks;

  get supportsScreenShare(): boolean {
    return this._supportsScreenShare;
  }
}

/** The public members of Pipecat's media managers, which are all that is needed of one. */
export interface PipecatMediaManager {
  setUserAudioCallback(callback: (data: ArrayBuffer) => void): void;
  setClientOptions(options: PipecatClientOptions, override?: boolean): void;
  initialize(): Promise<void>;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  userStartedSpeaking(): Promise<unknown>;
  bufferBotAudio(data: ArrayBuffer | Int16Array, id?: string): Int16Array | undefined;
  enableMic(enable: boolean): void | Promise<void>;
  tracks(): Tracks;
}

const METHODS = [
  "setUserAudioCallback",
  "setClientOptions",
  "initialize",
  "connect",
  "disconnect",
  "userStartedSpeaking",
  "bufferBotAudio",
  "enableMic",
  "tracks",
] as const satisfies readonly (keyof PipecatMediaManager)[];

/** What a media manager must be. */
export const MANAGER = methods(...METHODS);

/** Pipecat declares its class with protected members, so that by type no other class fits, though by its methods one does. */
export function isMediaManager(manager: unknown): manager is MediaManager {
  return hasMethods(manager, METHODS);
}
