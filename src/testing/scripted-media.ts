import { DeviceError, type DeviceErrorType, type Tracks, UnsupportedFeatureError } from "@pipecat-ai/client-js";
import type { DeviceInfo, MicrophonePort, MicrophoneReports, MicrophoneRequest } from "../contracts/microphone.js";
import type { OutputReport, PlayedItem, SpeakerPort } from "../contracts/speaker.js";
import { MediaManager, type MediaPorts } from "../media/media-manager.js";

/** How a scripted microphone answers `open`. `"hang"` waits for `answer()`, as a permission prompt does. */
export type MicrophoneScript = "grant" | "hang" | DeviceErrorType;

const DEVICE: DeviceInfo = { deviceId: "scripted-mic", label: "Scripted microphone", groupId: "scripted" };

/** A microphone without a browser. */
export class ScriptedMicrophone implements MicrophonePort {
  script: MicrophoneScript = "grant";
  /** What is held, or was held last. */
  device: DeviceInfo = DEVICE;
  /** Microphones held now; a leak if not 0 after a session. */
  held = 0;
  muted = false;
  streaming = false;
  #reports: MicrophoneReports | undefined;
  #answer: ((error: DeviceError | undefined) => void) | undefined;
  readonly #granted: () => void;

  /** @param granted is told each time that the microphone was granted. */
  constructor(granted: () => void = () => undefined) {
    this.#granted = granted;
  }

  async open(request: MicrophoneRequest, reports: MicrophoneReports): Promise<DeviceInfo> {
    this.muted = request.muted;
    if (this.script === "hang") {
      await new Promise<void>((resolve, reject) => {
        this.#answer = (error) => {
          if (error === undefined) resolve();
          else reject(error);
        };
        request.signal.addEventListener("abort", () => {
          reject(new DeviceError(["mic"], "unknown", "aborted"));
        });
      });
    } else if (this.script !== "grant") {
      throw new DeviceError(["mic"], this.script);
    }
    if (request.signal.aborted) throw new DeviceError(["mic"], "unknown", "aborted");
    this.#reports = reports;
    this.held += 1;
    this.device = request.deviceId === "" ? DEVICE : { ...DEVICE, deviceId: request.deviceId };
    this.#granted();
    return this.device;
  }

  /** Answers a hanging `open`. */
  answer(error?: DeviceErrorType): void {
    this.#answer?.(error === undefined ? undefined : new DeviceError(["mic"], error));
    this.#answer = undefined;
  }

  /** Unplugs it. */
  lose(): void {
    if (this.held === 0) return;
    this.held -= 1;
    const reports = this.#reports;
    this.#reports = undefined;
    reports?.lost(new DeviceError(["mic"], "not-found", "unplugged"));
  }

  setStreaming(streaming: boolean): void {
    this.streaming = streaming;
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
  }

  close(): void {
    if (this.#reports !== undefined) this.held -= 1;
    this.#reports = undefined;
    this.streaming = false;
  }
}

/** An output without a browser: plays when it is told to. */
export class ScriptedSpeaker implements SpeakerPort {
  /** Whether an output is open; a leak if true after a session. */
  isOpen = false;
  /** Everything written since the last interruption or close. */
  readonly queue: { readonly itemId: string; readonly samples: number }[] = [];
  resumed = 0;
  #report: (report: OutputReport) => void = () => undefined;

  open(report: (report: OutputReport) => void): Promise<void> {
    this.isOpen = true;
    this.#report = report;
    return Promise.resolve();
  }

  write(pcm: Int16Array, itemId: string): void {
    this.queue.push({ itemId, samples: pcm.length });
  }

  /** Says what a player would. */
  report(report: OutputReport): void {
    if (this.isOpen) this.#report(report);
  }

  interrupt(): Promise<readonly PlayedItem[]> {
    const cut = this.queue.splice(0);
    return Promise.resolve(
      cut.map(({ itemId, samples }) => ({ itemId, playedSamples: 0, receivedSamples: samples, sampleRate: 24_000 })),
    );
  }

  resume(): Promise<void> {
    this.resumed += 1;
    this.report({ type: "unblocked" });
    return Promise.resolve();
  }

  close(): void {
    this.isOpen = false;
    this.queue.length = 0;
    this.#report = () => undefined;
  }
}

function infoOf(device: DeviceInfo): MediaDeviceInfo {
  return { ...device, kind: "audioinput", toJSON: () => device };
}

/** As the default manager has it. */
function unsupported(feature: string): UnsupportedFeatureError {
  return new UnsupportedFeatureError(feature, "ScriptedMediaManager");
}

/** A media manager without a browser, for tests of transports and apps. */
export class ScriptedMediaManager extends MediaManager {
  readonly microphone = new ScriptedMicrophone(() => {
    this._callbacks.onMicUpdated?.(infoOf(this.microphone.device));
  });
  readonly speaker = new ScriptedSpeaker();

  override get ports(): MediaPorts {
    return { microphone: this.microphone, speaker: this.speaker };
  }

  /** One chunk of microphone audio, if the microphone is held, streaming and not muted. */
  say(pcm: ArrayBuffer): void {
    if (this.microphone.held > 0 && this.microphone.streaming && !this.microphone.muted) this._userAudioCallback(pcm);
  }

  initialize(): Promise<void> {
    return Promise.resolve();
  }
  connect(): Promise<void> {
    return Promise.resolve();
  }
  disconnect(): Promise<void> {
    return Promise.resolve();
  }
  userStartedSpeaking(): Promise<unknown> {
    return this.speaker.interrupt();
  }
  bufferBotAudio(data: ArrayBuffer | Int16Array, id = "default"): Int16Array {
    const pcm = data instanceof Int16Array ? data : new Int16Array(data);
    this.speaker.write(pcm, id);
    return pcm;
  }
  getAllMics(): Promise<MediaDeviceInfo[]> {
    return Promise.resolve([infoOf(DEVICE)]);
  }
  getAllCams(): Promise<MediaDeviceInfo[]> {
    return Promise.resolve([]);
  }
  getAllSpeakers(): Promise<MediaDeviceInfo[]> {
    return Promise.resolve([]);
  }
  updateMic(micId: string): void {
    if (this.microphone.held === 0) return;
    this.microphone.device = { ...DEVICE, deviceId: micId };
    this._callbacks.onMicUpdated?.(infoOf(this.microphone.device));
  }
  updateCam(): never {
    throw unsupported("updateCam");
  }
  updateSpeaker(): void {
    // One output only.
  }
  get selectedMic(): MediaDeviceInfo | Record<string, never> {
    return this.microphone.held > 0 ? infoOf(this.microphone.device) : {};
  }
  get selectedCam(): Record<string, never> {
    return {};
  }
  get selectedSpeaker(): Record<string, never> {
    return {};
  }
  enableMic(enable: boolean): void {
    this.microphone.setMuted(!enable);
  }
  enableCam(enable: boolean): void {
    if (enable) throw unsupported("enableCam");
  }
  enableScreenShare(enable: boolean): void {
    if (enable) throw unsupported("enableScreenShare");
  }
  readonly isCamEnabled = false;
  get isMicEnabled(): boolean {
    return !this.microphone.muted;
  }
  readonly isSharingScreen = false;
  tracks(): Tracks {
    return { local: {} };
  }
}

/** A microphone and a speaker of no browser. */
export function scriptedMedia(): ScriptedMediaManager {
  return new ScriptedMediaManager();
}
