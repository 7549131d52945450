import { Transport, type Tracks } from "@pipecat-ai/client-js";
import type { TransportActor } from "../compose.js";
import { toDeviceError } from "../media/device-errors.js";
import type { MediaManager } from "../media/media-manager.js";
import { isMicrophoneMissing } from "./microphone-state.js";

/** The members of client-js's `Transport` that pass a wish or a question about devices on. */
export abstract class DeviceTransport extends Transport {
  protected readonly _mediaManager: MediaManager;
  protected _micWanted = true;

  constructor(manager: MediaManager) {
    super();
    this._mediaManager = manager;
    // Until `initialize()` brings the client's: whoever drives a transport without a client has none.
    this._callbacks = {};
    this._onMessage = () => undefined;
  }

  /** The session's root actor: who holds the microphone and the speaker. */
  abstract get actor(): TransportActor;

  getAllMics(): Promise<MediaDeviceInfo[]> {
    return this._mediaManager.getAllMics();
  }
  getAllCams(): Promise<MediaDeviceInfo[]> {
    return this._mediaManager.getAllCams();
  }
  getAllSpeakers(): Promise<MediaDeviceInfo[]> {
    return this._mediaManager.getAllSpeakers();
  }

  /** Never rejects: the client does not await it. A failure is an `onDeviceError`. */
  async updateMic(micId: string): Promise<void> {
    this.actor.send({ type: "mic.chosen", deviceId: micId === "default" ? "" : micId });
    await this._reported("mic", () => this._mediaManager.updateMic(micId));
  }
  updateCam(camId: string): void {
    void this._reported("cam", () => this._mediaManager.updateCam(camId));
  }
  updateSpeaker(speakerId: string): void {
    void this._reported("speaker", () => this._mediaManager.updateSpeaker(speakerId));
  }

  get selectedMic(): MediaDeviceInfo | Record<string, never> {
    return this._mediaManager.selectedMic;
  }
  get selectedCam(): MediaDeviceInfo | Record<string, never> {
    return this._mediaManager.selectedCam;
  }
  get selectedSpeaker(): MediaDeviceInfo | Record<string, never> {
    return this._mediaManager.selectedSpeaker;
  }

  /** Frees a bot that the browser's autoplay policy holds silent; call it inside a user gesture. */
  resumeAudio(): void {
    this.actor.send({ type: "gesture.made" });
  }

  enableMic(enable: boolean): void {
    this._micWanted = enable;
    this.actor.send({ type: enable ? "mic.unmuted" : "mic.muted" });
  }

  /** Whether the microphone is on: wanted by the app, and neither refused nor lost. */
  get isMicEnabled(): boolean {
    return this._micWanted && !isMicrophoneMissing(this.actor);
  }

  /** Tells the app through `onMicUpdated` which microphone it has. */
  protected reportSelectedMic(): void {
    const mic = this.selectedMic;
    if (isDevice(mic)) this._callbacks.onMicUpdated?.(mic);
  }

  /** @throws UnsupportedFeatureError where the manager has no camera. */
  enableCam(enable: boolean): void {
    const enabling = this._mediaManager.enableCam(enable);
    void this._reported("cam", () => enabling);
  }
  /** @throws UnsupportedFeatureError where the manager cannot share the screen. */
  enableScreenShare(enable: boolean): void {
    this._mediaManager.enableScreenShare(enable);
  }
  get isCamEnabled(): boolean {
    return this._mediaManager.isCamEnabled;
  }
  get isSharingScreen(): boolean {
    return this._mediaManager.isSharingScreen;
  }

  tracks(): Tracks {
    return this._mediaManager.tracks();
  }

  private async _reported(kind: "mic" | "cam" | "speaker", update: () => void | Promise<void>): Promise<void> {
    try {
      await update();
    } catch (error) {
      this.reportDeviceError(kind, error);
    }
  }

  /** Tells the app through `onDeviceError`, as a client-js `DeviceError`. */
  protected reportDeviceError(kind: "mic" | "cam" | "speaker", error: unknown): void {
    this._callbacks.onDeviceError?.(toDeviceError(kind, error));
  }
}

function isDevice(device: MediaDeviceInfo | Record<string, never>): device is MediaDeviceInfo {
  return "deviceId" in device;
}
