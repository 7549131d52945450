import { DeviceError, type PipecatClientOptions, type RTVIEventCallbacks } from "@pipecat-ai/client-js";

const MIC = { deviceId: "scripted-mic", label: "Scripted microphone", groupId: "", kind: "audioinput" } as const;

/** The user who is asked for a microphone by something that is not ours. */
export class AskedUser {
  answer: "allow" | "deny" | "wait" = "allow";
  /** Microphones held now. */
  held = 0;

  /** Undefined when refused. */
  async asked(): Promise<typeof MIC | undefined> {
    if (this.answer === "wait") await new Promise<never>(() => undefined);
    if (this.answer === "deny") return undefined;
    this.held = 1;
    return MIC;
  }
}

/**
 * A media manager with the methods of Pipecat's, in the order in which its `DailyMediaManager` does things: what a suite finds with it is
 * the transport's own, and no fault of devices.
 */
export class PeerMedia {
  #callbacks: RTVIEventCallbacks = {};
  #enableMic = true;
  #isInitialized = false;
  readonly isSharingScreen = false;
  readonly isCamEnabled = false;
  readonly supportsScreenShare = false;

  constructor(private readonly user: AskedUser) {}

  setUserAudioCallback(): void {
    // It records nothing.
  }
  setClientOptions({ callbacks = {}, enableMic = true }: PipecatClientOptions): void {
    this.#callbacks = callbacks;
    this.#enableMic = enableMic;
  }
  async initialize(): Promise<void> {
    if (this.#isInitialized) return;
    if (this.#enableMic) {
      const mic = await this.user.asked();
      if (mic === undefined) this.#callbacks.onDeviceError?.(new DeviceError(["mic"], "permissions", "denied"));
      else this.#callbacks.onMicUpdated?.(mic as MediaDeviceInfo);
    }
    this.#isInitialized = true;
  }
  async connect(): Promise<void> {
    if (!this.#isInitialized) await this.initialize();
  }
  disconnect(): Promise<void> {
    this.#isInitialized = false;
    this.user.held = 0;
    return Promise.resolve();
  }
  userStartedSpeaking(): Promise<null> {
    return Promise.resolve(null);
  }
  bufferBotAudio(): void {
    // It plays nothing.
  }
  getAllMics(): Promise<readonly object[]> {
    return Promise.resolve([MIC]);
  }
  getAllCams(): Promise<readonly object[]> {
    return Promise.resolve([]);
  }
  getAllSpeakers(): Promise<readonly object[]> {
    return Promise.resolve([]);
  }
  get selectedMic(): object {
    return this.user.held > 0 ? MIC : {};
  }
  get isMicEnabled(): boolean {
    return this.#enableMic && this.user.held > 0;
  }
  enableMic(enable: boolean): void {
    this.#enableMic = enable;
  }
  tracks(): object {
    return { local: {} };
  }
}

type Listener = (event: object) => void;

/** Daily's call object, as far as a transport uses it that asks it for the microphone. */
export class PeerCall {
  readonly #listeners = new Map<string, Set<Listener>>();
  #isAudioOn = false;
  #observes = false;

  constructor(private readonly user: AskedUser) {}

  on(type: string, listener: Listener): this {
    this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(listener));
    return this;
  }
  #emit(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }

  async startCamera({ startAudioOff }: { readonly startAudioOff: boolean }): Promise<object> {
    const mic = startAudioOff ? undefined : await this.user.asked();
    this.#isAudioOn = mic !== undefined;
    if (!startAudioOff && mic === undefined) {
      this.#emit("camera-error", {
        error: { type: "permissions", blockedMedia: ["audio"], blockedBy: "user", msg: "denied" },
      });
    }
    return { camera: {}, mic: mic ?? {}, speaker: {} };
  }
  enumerateDevices(): Promise<{ readonly devices: readonly object[] }> {
    return Promise.resolve({ devices: [MIC] });
  }
  participants(): object {
    if (!this.#isAudioOn) return {};
    return { local: { tracks: { audio: { persistentTrack: { id: "mic", kind: "audio" } } } } };
  }
  isLocalAudioLevelObserverRunning(): boolean {
    return this.#observes;
  }
  startLocalAudioLevelObserver(): Promise<void> {
    this.#observes = true;
    return Promise.resolve();
  }
  localAudio(): boolean {
    return this.#isAudioOn;
  }
  setLocalAudio(on: boolean): void {
    this.#isAudioOn = on;
  }
  leave(): Promise<void> {
    this.#isAudioOn = false;
    this.user.held = 0;
    return Promise.resolve();
  }
  destroy(): Promise<void> {
    return this.leave();
  }
}
