import {
  RTVIMessage,
  RTVIMessageType,
  Transport,
  type PipecatClientOptions,
  type Tracks,
  type TransportState,
} from "@pipecat-ai/client-js";
import { WebAudioMediaManager, type TransportOptions } from "rtvi-machine";
import { createWebSocketTransport, type RealtimeEvent, type WebSocketTransportConfig } from "rtvi-machine/thrive";
import { clientEvents, rtviMessages } from "./messages.js";

/**
 * An app of the Thrive platform as a transport of `PipecatClient`, so that the console can show it beside the others:
 * a client of the façade and of nothing else, except for the devices and the chart, which the platform has no names for.
 */
export class ThriveTransport extends Transport {
  readonly #manager: WebAudioMediaManager;
  readonly #app;
  #credential: unknown;
  #followed: TransportState = "disconnected";
  #speaking = false;
  #release = (): void => undefined;

  constructor(config: WebSocketTransportConfig, options: TransportOptions) {
    super();
    this._state = "disconnected";
    this.#manager = new WebAudioMediaManager(options.audio);
    const getSessionToken = (): { value: string } => ({ value: secretIn(this.#credential) });
    this.#app = createWebSocketTransport(config, { getSessionToken, mediaManager: this.#manager }, options);
  }

  get actor() {
    return this.#app.rtvi.actor;
  }

  initialize(options: PipecatClientOptions, messageHandler: (message: RTVIMessage) => void): void {
    this._options = options;
    this._callbacks = options.callbacks ?? {};
    this._onMessage = messageHandler;
    // Levels, tracks and lists of devices.
    this.#manager.setClientOptions({ ...options, transport: this.#app.rtvi }, true);
    this.#follow();
  }

  async initDevices(): Promise<void> {
    await this.#app.rtvi.initDevices();
  }

  _validateConnectionParams(answer?: unknown): unknown {
    return answer;
  }

  async _connect(credential?: unknown): Promise<void> {
    this.#credential = credential;
    this.#follow();
    // The user's token for their own server; the console's server asks for none.
    await this.#app.connect({ token: "", onEvent: (event) => this.#receive(event) });
  }

  async _disconnect(): Promise<void> {
    await this.#app.close();
  }

  sendReadyMessage(): void {
    this._onMessage(new RTVIMessage(RTVIMessageType.BOT_READY, { version: "2.1.0" }));
  }

  sendMessage(message: RTVIMessage): void {
    for (const event of clientEvents(message)) this.#app.send(event);
  }

  get state(): TransportState {
    return this._state;
  }

  set state(state: TransportState) {
    if (this._state === state) return;
    this._state = state;
    this._callbacks.onTransportStateChanged?.(state);
  }

  #receive(event: RealtimeEvent): void {
    for (const message of rtviMessages(event)) this._onMessage(message);
  }

  /** The platform has no events for the connection and for what is heard: the chart tells. */
  #follow(): void {
    this.#release();
    const { actor } = this.#app.rtvi;
    const look = (): void => {
      this.#lookAtState();
      const speaker = actor.getSnapshot().children.speaker?.getSnapshot();
      this.#setSpeaking(speaker?.matches({ open: { sound: "speaking" } }) ?? false);
    };
    const root = actor.subscribe(() => {
      follow();
      look();
    });
    let unfollow = (): void => undefined;
    let followed: unknown;
    const follow = (): void => {
      const { speaker } = actor.getSnapshot().children;
      if (speaker === followed) return;
      unfollow();
      followed = speaker;
      const subscription = speaker?.subscribe(look);
      unfollow = () => subscription?.unsubscribe();
    };
    follow();
    this.#release = () => {
      root.unsubscribe();
      unfollow();
    };
  }

  #lookAtState(): void {
    const { state } = this.#app.rtvi;
    if (state === this.#followed) return;
    this.#followed = state;
    this.state = state;
    if (state === "connected") this._callbacks.onConnected?.();
    if (state === "disconnected") this._callbacks.onDisconnected?.();
  }

  #setSpeaking(speaking: boolean): void {
    if (speaking === this.#speaking) return;
    this.#speaking = speaking;
    const type = speaking ? RTVIMessageType.BOT_STARTED_SPEAKING : RTVIMessageType.BOT_STOPPED_SPEAKING;
    this._onMessage(new RTVIMessage(type, {}));
  }

  tracks(): Tracks {
    return this.#app.rtvi.tracks();
  }
  getAllMics(): Promise<MediaDeviceInfo[]> {
    return this.#app.rtvi.getAllMics();
  }
  getAllCams(): Promise<MediaDeviceInfo[]> {
    return this.#app.rtvi.getAllCams();
  }
  getAllSpeakers(): Promise<MediaDeviceInfo[]> {
    return this.#app.rtvi.getAllSpeakers();
  }
  updateMic(id: string): Promise<void> {
    return this.#app.rtvi.updateMic(id);
  }
  updateSpeaker(id: string): void {
    this.#app.rtvi.updateSpeaker(id);
  }
  get selectedMic() {
    return this.#app.rtvi.selectedMic;
  }
  get selectedSpeaker() {
    return this.#app.rtvi.selectedSpeaker;
  }
  enableMic(enable: boolean): void {
    this.#app.rtvi.enableMic(enable);
  }
  get isMicEnabled(): boolean {
    return this.#app.rtvi.isMicEnabled;
  }

  // There is no camera and no screen to share.
  updateCam(): void {}
  enableCam(): void {}
  enableScreenShare(): void {}
  readonly selectedCam = {};
  readonly isCamEnabled = false;
  readonly isSharingScreen = false;
}

/** The secret in the answer of a session endpoint. */
function secretIn(answer: unknown): string {
  const value = typeof answer === "object" && answer !== null && "value" in answer ? answer.value : undefined;
  return typeof value === "string" ? value : "";
}
