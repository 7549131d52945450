import { DeviceError } from "@pipecat-ai/client-js";
import type { DeviceInfo, MicrophonePort, MicrophoneReports, MicrophoneRequest } from "../contracts/microphone.js";
import { ConnectionAbortedError } from "../errors.js";
import { CaptureSession, type CaptureSettings, withdrawal } from "./capture-session.js";
import { microphoneError, toMicrophoneError } from "./device-errors.js";
import { within } from "../util/within.js";
import { defaultKeyOf, type DeviceList, findDevice, normaliseDeviceId, toDeviceInfo } from "./devices.js";

/** How long a list of devices may take before the microphone is used without it. */
const LIST_MS = 2_000;

const INTERRUPTED = "The system has taken the microphone's audio, as for a call; it goes on when it is given back.";

export interface MicrophoneSettings extends Omit<CaptureSettings, "chunksNeeded"> {
  readonly deviceList: DeviceList;
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
  /** The device that is really in use: after opening, after a swap, after one that failed, and when it is heard again; with the list that it is in, where it was just read. */
  device(device: MediaDeviceInfo, devices?: MediaDeviceInfo[]): void;
  trackStarted(track: MediaStreamTrack): void;
  trackStopped(track: MediaStreamTrack): void;
  /** A swap failed, and the device before it is still in use; or the system holds the audio. */
  failed(error: DeviceError): void;
}

/** One opening of the port, from `open` to `close`. */
interface Opening {
  readonly reports: MicrophoneReports;
  readonly signal: AbortSignal;
  readonly unwatch: () => void;
  session: CaptureSession;
  /** A swap that is not finished. */
  next: CaptureSession | undefined;
  /** What that swap is to bring: who loses the old device, or ends, meanwhile still wants it. */
  wanted: string | undefined;
  /** The newest list of devices, where it came before it was known which is in use. */
  unseen: readonly MediaDeviceInfo[] | undefined;
  /** The real device in use, and the system's default under which it was asked for. */
  device: MediaDeviceInfo | undefined;
  defaultKey: string | undefined;
}

/** The MicrophonePort of Web Audio: one device at a time, swapped without a gap. */
export class WebAudioMicrophone implements MicrophonePort {
  readonly #settings: MicrophoneSettings;
  readonly #events: MicrophoneEvents;
  #opening: Opening | undefined;
  /** "" is the system's default. */
  #preferred = "";
  #streaming = false;
  #muted = false;
  #chunks: "needed" | "spared" = "needed";
  /** The track of which the app was told last that it has started. */
  #announced: MediaStreamTrack | undefined;

  constructor(settings: MicrophoneSettings, events: MicrophoneEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  /** The live track, muted or not. */
  get track(): MediaStreamTrack | undefined {
    return this.#opening?.session.track;
  }

  /** The device that was chosen last and could be had, or was still asked for when the microphone closed; "" is the system's default. */
  get preferred(): string {
    return this.#preferred;
  }

  /** Something else carries the track: what else is made of it may fail. */
  spareChunks(): void {
    this.#chunks = "spared";
  }

  async open(request: MicrophoneRequest, reports: MicrophoneReports): Promise<DeviceInfo> {
    this.close();
    if (request.signal.aborted) throw withdrawal();
    const wanted = normaliseDeviceId(request.deviceId) || this.#preferred;
    this.#preferred = wanted;
    this.#muted = request.muted;
    const opening: Opening = {
      reports,
      signal: request.signal,
      unwatch: this.#settings.deviceList.hold(),
      session: this.#newSession(),
      next: undefined,
      wanted: undefined,
      unseen: undefined,
      device: undefined,
      defaultKey: undefined,
    };
    this.#opening = opening;
    request.signal.addEventListener("abort", this.#onAbort);
    try {
      const track = await this.#start(opening, "session", wanted);
      const device = await this.#adopt(opening, opening.session, track);
      // Another one was chosen meanwhile.
      if (this.#preferred !== wanted) void this.choose(this.#preferred);
      else this.#lookAgain(opening);
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
    // Also where nothing changes: who turns the microphone on wants to be heard, and may do so in a gesture.
    if (!muted) this.#opening?.session.resume();
    if (this.#muted === muted) return;
    this.#muted = muted;
    this.#applyFlow();
    this.#announce();
  }

  /**
   * Chooses a device: "" or "default" for the system's. While open, the new one is acquired before the old one is dropped;
   * otherwise it is remembered for the next `open`. A failure is told through `failed` and changes nothing.
   */
  async choose(deviceId: string): Promise<void> {
    const wanted = normaliseDeviceId(deviceId);
    const opening = this.#opening;
    if (opening?.session.track === undefined) {
      this.#preferred = wanted;
      return;
    }
    opening.next?.close();
    opening.next = this.#newSession();
    opening.wanted = wanted;
    try {
      const track = await this.#start(opening, "next", wanted);
      const { session: old, next } = opening;
      if (next.closed) return;
      opening.session = next;
      opening.next = opening.wanted = opening.device = undefined;
      this.#preferred = wanted;
      const adopted = this.#adopt(opening, next, track);
      old.close();
      await adopted;
    } catch (error) {
      // A later choice, or close(), has taken its place.
      if (error instanceof ConnectionAbortedError) return;
      opening.next = opening.wanted = undefined;
      this.#events.failed(toMicrophoneError(error));
      // Whoever heard of the failure must not think that there is none.
      if (this.#opening === opening && opening.device !== undefined) this.#events.device(opening.device);
    }
    this.#lookAgain(opening);
  }

  /** To be called when devices come or go: follows the system's default, and returns to the preferred device. */
  devicesChanged(devices: readonly MediaDeviceInfo[]): void {
    const opening = this.#opening;
    if (opening === undefined) return;
    const isSettled = opening.device !== undefined && opening.next === undefined;
    opening.unseen = isSettled ? undefined : devices;
    if (isSettled) this.#follow(opening, devices);
  }

  #lookAgain(opening: Opening): void {
    if (this.#opening === opening && opening.unseen !== undefined) this.devicesChanged(opening.unseen);
  }

  #follow(opening: Opening, devices: readonly MediaDeviceInfo[]): void {
    const defaultKey = defaultKeyOf(devices, "audioinput");
    const preferred = findDevice(devices, "audioinput", this.#preferred);
    const stale =
      this.#preferred === ""
        ? defaultKey !== undefined && opening.defaultKey !== undefined && defaultKey !== opening.defaultKey
        : preferred !== undefined && preferred.deviceId !== opening.device?.deviceId;
    opening.defaultKey = defaultKey ?? opening.defaultKey;
    if (stale) void this.choose(this.#preferred);
  }

  close(): void {
    if (this.#opening === undefined) return;
    this.#streaming = false;
    this.#release(this.#opening);
  }

  readonly #onAbort = (): void => this.close();

  /** What `close` does, save that whether chunks are wanted survives: after a loss, the next device goes on. */
  #release(opening: Opening): void {
    this.#opening = undefined;
    this.#preferred = opening.wanted ?? this.#preferred;
    opening.signal.removeEventListener("abort", this.#onAbort);
    opening.session.close();
    opening.next?.close();
    opening.unwatch();
    this.#announce();
  }

  /**
   * Starts the session that waits in `place` on the device that is wanted. Where the browser refuses it by its id, though it has it
   * (iOS), it is asked without insisting. At the opening whatever comes then will do: a device that was chosen once and is away must
   * not keep a user from speaking. A swap fails instead.
   */
  async #start(opening: Opening, place: "session" | "next", wanted: string): Promise<MediaStreamTrack> {
    const first = opening[place];
    if (first === undefined) throw withdrawal();
    try {
      return await first.start(this.#constraints(wanted === "" ? {} : { deviceId: { exact: wanted } }));
    } catch (error) {
      const away = error instanceof DeviceError && (error.type === "constraints" || error.type === "not-found");
      if (!away || wanted === "") throw error;
      const hope = place === "session" || (await this.#isListed(wanted));
      // A later choice, or close(), has taken its place.
      if (this.#opening !== opening || opening[place] !== first) throw withdrawal();
      if (!hope) throw error;
      const session = (opening[place] = this.#newSession());
      const track = await session.start(this.#constraints({ deviceId: { ideal: wanted } }));
      if (track.getSettings().deviceId === wanted) return track;
      if (place === "session") {
        this.#settings.logger.warn("The chosen microphone is not there; using the system's default.");
        return track;
      }
      session.close();
      throw error;
    }
  }

  async #isListed(deviceId: string): Promise<boolean> {
    return findDevice((await this.#list()) ?? [], "audioinput", deviceId) !== undefined;
  }

  /** The devices; undefined where the browser does not say: some wait for a page that is in sight. */
  #list(): Promise<MediaDeviceInfo[] | undefined> {
    const listed = this.#settings.deviceList.list().catch(() => []);
    return within(listed, LIST_MS, undefined);
  }

  /** Puts a started session to use and finds out which device it is. */
  async #adopt(opening: Opening, session: CaptureSession, track: MediaStreamTrack): Promise<MediaDeviceInfo> {
    this.#applyFlow();
    this.#announce();
    const { deviceId = "", groupId = "" } = track.getSettings();
    const unlisted = { deviceId, groupId, label: track.label, kind: "audioinput" as const };
    const devices = await this.#list();
    const device = findDevice(devices ?? [], "audioinput", deviceId) ?? { ...unlisted, toJSON: () => unlisted };
    if (this.#opening !== opening || session.closed) {
      throw withdrawal();
    }
    opening.device = device;
    opening.defaultKey ??= defaultKeyOf(devices ?? [], "audioinput");
    this.#events.device(device, devices);
    if (devices === undefined) this.#settings.deviceList.refresh();
    return device;
  }

  /** Each track that was told of is told of again when it ends, is muted, or gives way to another. */
  #announce(): void {
    const before = this.#announced;
    if (before !== undefined && before !== this.#audible) {
      this.#announced = undefined;
      this.#events.trackStopped(before);
    }
    // Whoever heard of the end may have closed the microphone, or muted it.
    const track = this.#audible;
    if (track === undefined || this.#announced !== undefined) return;
    this.#announced = track;
    this.#events.trackStarted(track);
  }

  get #audible(): MediaStreamTrack | undefined {
    return this.#muted ? undefined : this.track;
  }

  #newSession(): CaptureSession {
    const settings = { ...this.#settings, chunksNeeded: () => this.#chunks === "needed" };
    const session: CaptureSession = new CaptureSession(settings, {
      chunk: (pcm) => this.#events.chunk(pcm),
      level: (rms) => this.#events.level(rms),
      interrupted: (isInterrupted) => {
        const device = this.#opening?.session === session ? this.#opening.device : undefined;
        if (isInterrupted) this.#events.failed(microphoneError("in-use", INTERRUPTED));
        else if (device !== undefined) this.#events.device(device);
      },
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

  #constraints(device: Pick<MediaTrackConstraints, "deviceId">): MediaTrackConstraints {
    return { ...this.#settings.processing, channelCount: 1, ...device };
  }
}
