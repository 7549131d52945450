import type { PipecatClientOptions, RTVIEventCallbacks } from "@pipecat-ai/client-js";
import type { MediaManager } from "../../../../src/media/media-manager.js";

const MIC = { deviceId: "foreign-mic", label: "Foreign microphone", groupId: "", kind: "audioinput" } as const;

/** A manager that knows nothing of this library: Pipecat's methods, in Pipecat's shape, and nothing else. */
class ForeignManager {
  readonly calls: string[] = [];
  /** What `initialize()` does next. */
  initializes: () => Promise<void> = () => Promise.resolve();
  /** Microphone captured now. */
  capturing = false;
  readonly played: { id: string | undefined; samples: number }[] = [];
  #callbacks: RTVIEventCallbacks = {};
  #deliver: (data: ArrayBuffer) => void = () => undefined;
  #micEnabled = true;
  #initialized = false;

  setUserAudioCallback(callback: (data: ArrayBuffer) => void): void {
    this.#deliver = callback;
  }
  setClientOptions(options: PipecatClientOptions): void {
    this.#callbacks = options.callbacks ?? {};
    this.#micEnabled = options.enableMic ?? true;
  }

  async initialize(): Promise<void> {
    this.calls.push("initialize");
    await this.initializes();
    this.#initialized = true;
    this.#callbacks.onMicUpdated?.(MIC as MediaDeviceInfo);
  }
  async connect(): Promise<void> {
    this.calls.push("connect");
    if (!this.#initialized) await this.initialize();
    this.capturing = this.#micEnabled;
  }
  async disconnect(): Promise<void> {
    this.calls.push("disconnect");
    this.#initialized = false;
    this.capturing = false;
  }

  /** Speaks into the microphone. */
  say(data: ArrayBuffer): void {
    if (this.capturing) this.#deliver(data);
  }

  async userStartedSpeaking(): Promise<unknown> {
    this.calls.push("userStartedSpeaking");
    this.played.length = 0;
    return null;
  }
  bufferBotAudio(data: ArrayBuffer | Int16Array, id?: string): Int16Array {
    const pcm = data instanceof Int16Array ? data : new Int16Array(data);
    this.played.push({ id, samples: pcm.length });
    return pcm;
  }

  async getAllMics() {
    return [MIC];
  }
  async getAllCams() {
    return [];
  }
  async getAllSpeakers() {
    return [];
  }
  updateMic(): void {
    this.calls.push("updateMic");
  }
  updateCam(): void {
    this.calls.push("updateCam");
  }
  updateSpeaker(): void {
    this.calls.push("updateSpeaker");
  }
  get selectedMic() {
    return this.#initialized ? MIC : {};
  }
  get selectedCam() {
    return {};
  }
  get selectedSpeaker() {
    return {};
  }
  enableMic(enable: boolean): void {
    this.calls.push(`enableMic(${enable})`);
    this.#micEnabled = enable;
    this.capturing = enable && this.#initialized;
  }
  enableCam(): void {
    this.calls.push("enableCam");
  }
  enableScreenShare(): void {
    this.calls.push("enableScreenShare");
  }
  get isCamEnabled() {
    return false;
  }
  get isMicEnabled() {
    return this.#micEnabled;
  }
  get isSharingScreen() {
    return false;
  }
  tracks() {
    return { local: {} };
  }
  get supportsScreenShare() {
    return false;
  }
}

/** What an app hands over is duck-typed: Pipecat's class has other private members than ours, and the same methods. */
export function foreignManager(): { readonly foreign: ForeignManager; readonly manager: MediaManager } {
  const foreign = new ForeignManager();
  return { foreign, manager: foreign as unknown as MediaManager };
}
