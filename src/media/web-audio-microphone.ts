import { DeviceError } from "@pipecat-ai/client-js";
import type { DeviceInfo, MicrophonePort, MicrophoneReports, MicrophoneRequest } from "../contracts/microphone.js";
import { ConnectionAbortedError } from "../errors.js";
import { CaptureSession, type CaptureSettings, withdrawal } from "./capture-session.js";
import { toMicrophoneError } from "./device-errors.js";
import { type DeviceWatch, findDevice, listDevices, normaliseDeviceId, toDeviceInfo } from "./devices.js";

export interface MicrophoneSettings extends CaptureSettings {
  readonly watch: DeviceWatch;
  readonly processing: {
    readonly echoCancellation: boolean;
    readonly noiseSuppression: boolean;
    readonly autoGainControl: boolean;
  };
}

/** What the microphone tells its manager, beside what its owner hears. */
export interface MicrophoneEvents {
  chunk(pcm: ArrayBuffer): void;
  level(rms: number): void;
  /** The device that is really in use: after opening, after a swap. */
  device(device: MediaDeviceInfo): void;
  trackStarted(track: MediaStreamTrack): void;
  trackStopped(track: MediaStreamTrack): void;
  /** A swap failed; the device before it is still in use. */
  swapFailed(error: DeviceError): void;
}

/** One opening of the port, from `open` to `close`. */
interface SessionSetup {
  readonly reports: MicrophoneReports;
  readonly signal: AbortSignal;
  readonly unwatch: () => void;
  session: CaptureSession;
  /** A swap that is not finished. */
  next: CaptureSession | undefined;
  /** The real device in use, and what the system's default was then. */
  device: MediaDeviceInfo | undefined;
  defaultLabel: string | undefined;
}

function labelOfDefault(devices: readonly MediaDeviceInfo[]): string | undefined {
  return devices.find((device) => device.kind === "audioinput" && device.deviceId === "default")?.label;
}

/** The MicrophonePort of Web Audio: one device at a time, swapped without a gap. */
export class WebAudioMicrophone implements MicrophonePort {
  readonly #settings: MicrophoneSettings;
  readonly #events: MicrophoneEvents;
  #opening: SessionSetup | undefined;
  /** "" is the system's default. */
  #preferred = "";
  #streaming = false;
  #muted = false;

  constructor(settings: MicrophoneSettings, events: MicrophoneEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  /** The live track, muted or not. */
  get track(): MediaStreamTrack | undefined {
    return this.#opening?.session.track;
  }

  async open(request: MicrophoneRequest, reports: MicrophoneReports): Promise<DeviceInfo> {
    this.close();
    if (request.signal.aborted) throw withdrawal();
    const wanted = normaliseDeviceId(request.deviceId) || this.#preferred;
    this.#preferred = wanted;
    this.#muted = request.muted;
    const opening: SessionSetup = {
      reports,
      signal: request.signal,
      unwatch: this.#settings.watch.hold(),
      session: this.#newSession(),
      next: undefined,
      device: undefined,
      defaultLabel: undefined,
    };
    this.#opening = opening;
    request.signal.addEventListener("abort", this.#onAbort);
    try {
      const track = await this.#startPreferred(opening);
      const device = await this.#adopt(opening, opening.session, track);
      // Another one was chosen meanwhile.
      if (this.#preferred !== wanted) void this.choose(this.#preferred);
      return toDeviceInfo(device);
    } catch (error) {
      if (this.#opening === opening) this.close();
      throw error;
    }
  }

  setStreaming(streaming: boolean): void {
    this.#streaming = streaming;
    this.#applyFlow();
  }

  setMuted(muted: boolean): void {
    if (this.#muted === muted) return;
    this.#muted = muted;
    this.#applyFlow();
    const { track } = this;
    if (track === undefined) return;
    if (muted) this.#events.trackStopped(track);
    else this.#events.trackStarted(track);
  }

  /**
   * Chooses a device: "" or "default" for the system's. While open, the new one is acquired before the old one is dropped;
   * otherwise it is remembered for the next `open`. A failure is told through `swapFailed` and changes nothing.
   */
  async choose(deviceId: string): Promise<void> {
    const before = this.#preferred;
    this.#preferred = normaliseDeviceId(deviceId);
    const opening = this.#opening;
    if (opening?.session.track === undefined) return;
    opening.next?.close();
    const next = this.#newSession();
    opening.next = next;
    try {
      const track = await next.start(this.#constraints(this.#preferred));
      if (next.closed) return;
      const old = opening.session;
      const oldTrack = old.track;
      opening.session = next;
      opening.next = undefined;
      old.close();
      if (oldTrack !== undefined && !this.#muted) this.#events.trackStopped(oldTrack);
      await this.#adopt(opening, next, track);
    } catch (error) {
      // A later choice, or close(), has taken its place.
      if (error instanceof ConnectionAbortedError) return;
      opening.next = undefined;
      this.#preferred = before;
      this.#events.swapFailed(toMicrophoneError(error));
    }
  }

  /** To be called when devices come or go: follows the system's default, and returns to the preferred device. */
  devicesChanged(devices: readonly MediaDeviceInfo[]): void {
    const opening = this.#opening;
    if (opening?.device === undefined || opening.next !== undefined) return;
    const defaultLabel = labelOfDefault(devices);
    const preferred = findDevice(devices, "audioinput", this.#preferred);
    const stale =
      this.#preferred === ""
        ? defaultLabel !== undefined && defaultLabel !== opening.defaultLabel
        : preferred !== undefined && preferred.deviceId !== opening.device.deviceId;
    opening.defaultLabel = defaultLabel;
    if (stale) void this.choose(this.#preferred);
  }

  close(): void {
    if (this.#opening === undefined) return;
    this.#streaming = false;
    this.#release(this.#opening);
  }

  readonly #onAbort = (): void => this.close();

  /** What `close` does, save that whether chunks are wanted survives: after a loss, the next device goes on. */
  #release(opening: SessionSetup): void {
    this.#opening = undefined;
    const { track } = opening.session;
    opening.signal.removeEventListener("abort", this.#onAbort);
    opening.session.close();
    opening.next?.close();
    opening.unwatch();
    if (track !== undefined && !this.#muted) this.#events.trackStopped(track);
  }

  /** A device that was chosen once and is away now must not keep a user from speaking: the default stands in. */
  async #startPreferred(opening: SessionSetup): Promise<MediaStreamTrack> {
    try {
      return await opening.session.start(this.#constraints(this.#preferred));
    } catch (error) {
      const away = error instanceof DeviceError && (error.type === "constraints" || error.type === "not-found");
      if (!away || this.#preferred === "" || this.#opening !== opening) throw error;
      this.#settings.logger.warn("The chosen microphone is not there; using the system's default.");
      opening.session = this.#newSession();
      return opening.session.start(this.#constraints(""));
    }
  }

  /** Puts a started session to use and finds out which device it is. */
  async #adopt(opening: SessionSetup, session: CaptureSession, track: MediaStreamTrack): Promise<MediaDeviceInfo> {
    this.#applyFlow();
    const { deviceId = "", groupId = "" } = track.getSettings();
    const unlisted = { deviceId, groupId, label: track.label, kind: "audioinput" as const };
    const devices = await listDevices(this.#settings.mediaDevices(), "audioinput").catch(() => []);
    const device = findDevice(devices, "audioinput", deviceId) ?? { ...unlisted, toJSON: () => unlisted };
    if (this.#opening !== opening || session.closed) {
      throw withdrawal();
    }
    opening.device = device;
    opening.defaultLabel = labelOfDefault(devices);
    if (!this.#muted) this.#events.trackStarted(track);
    this.#events.device(device);
    this.#settings.watch.refresh();
    return device;
  }

  #newSession(): CaptureSession {
    const session: CaptureSession = new CaptureSession(this.#settings, {
      chunk: (pcm) => this.#events.chunk(pcm),
      level: (rms) => this.#events.level(rms),
      lost: (error) => {
        const opening = this.#opening;
        if (opening?.session !== session) return;
        this.#release(opening);
        opening.reports.lost(error);
      },
    });
    return session;
  }

  #applyFlow(): void {
    const session = this.#opening?.session;
    if (session?.track === undefined) return;
    session.track.enabled = !this.#muted;
    session.setStreaming(this.#streaming && !this.#muted);
  }

  #constraints(deviceId: string): MediaTrackConstraints {
    const { processing } = this.#settings;
    return { ...processing, channelCount: 1, ...(deviceId === "" ? {} : { deviceId: { exact: deviceId } }) };
  }
}
