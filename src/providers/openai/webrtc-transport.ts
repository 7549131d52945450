import { BOT } from "../../transport/conversation-transport.js";
import {
  DeviceError,
  type PipecatClientOptions,
  type RTVIEventCallbacks,
  type RTVIMessage,
  type Tracks,
  type TransportState,
} from "@pipecat-ai/client-js";
import { ConnectionFailedError, ConnectionLostError, UnsupportedEnvironmentError } from "../../errors.js";
import { portsOf, ratesOf } from "../../media/manager-ports.js";
import type { MediaManager, MediaPorts } from "../../media/media-manager.js";
import { TrackMicrophone } from "../../media/track-microphone.js";
import { TrackSpeaker } from "../../media/track-speaker.js";
import type { Fetch, PeerConnectionConstructor, TransportOptions } from "../../options.js";
import { openPeer, type PeerHandle } from "../../connection/peer-connection.js";
import { missedSpeech } from "./missed-speech.js";
import { OpenAITransport } from "./openai-transport.js";
import type { OpenAIServiceOptions } from "./options.js";
import { redactor } from "../../util/redact.js";
import { callUrl, exchangeOffer } from "./service-call.js";

const NAME = "OpenAIRealTimeWebRTCTransport";
const ICE_GRACE_MS = 5_000;

/**
 * Talks to OpenAI's Realtime API over WebRTC: audio as RTP tracks both ways, events on a data channel.
 *
 * ```ts
 * const transport = new OpenAIRealTimeWebRTCTransport({
 *   api_key: async () => (await fetch("/client-secret")).json(),
 *   session_config: { instructions: "You are a confused jellyfish.", voice: "marin" },
 * });
 * const client = new PipecatClient({ transport });
 * ```
 *
 * The bot's track is played here. An app that attaches the track of `onTrackStarted` itself turns that off with the
 * option `playBotTrack: false`.
 */
export class OpenAIRealTimeWebRTCTransport extends OpenAITransport {
  private _peer: PeerHandle | undefined;
  /** Made by `mediaPorts`, inside the base's constructor: a field with an initialiser would undo that. */
  declare private _speaker: TrackSpeaker;
  declare private _track: TrackMicrophone;
  /** What the user says while there is no call, once it is handed over. */
  private _missed: ArrayBuffer[] | undefined;
  private _selectedSpeaker: MediaDeviceInfo | undefined;

  /**
   * @param service_options See `OpenAIServiceOptions`; `base_url` may be `http(s)` or `ws(s)`. They are checked when
   * connecting, so that an error reaches the app.
   * @param manager Devices; default `WebAudioMediaManager`. Its track is sent, its chunks are asked for only while
   * there is no call.
   */
  constructor(service_options: OpenAIServiceOptions, manager?: MediaManager, options: TransportOptions = {}) {
    super(service_options, manager, options, { name: NAME, playback: "remote" });
  }

  protected override mediaPorts(manager: MediaManager): MediaPorts {
    const plays = this.options.playBotTrack ?? true;
    this._speaker = new TrackSpeaker({
      createElement: () => (plays && typeof Audio === "function" ? new Audio() : undefined),
      onLevel: (level) => this._callbacks.onRemoteAudioLevel?.(level, BOT),
      logger: this.logger,
    });
    this._track = new TrackMicrophone(portsOf(manager, this.logger).microphone);
    return { microphone: this._track, speaker: this._speaker };
  }

  override initialize(options: PipecatClientOptions, messageHandler: (message: RTVIMessage) => void): void {
    const follow = (): void => this._peer?.setMicrophone(this._microphone);
    super.initialize({ ...options, callbacks: followTracks(options.callbacks ?? {}, follow) }, messageHandler);
  }

  /**
   * Connects; resolves when the data channel is open.
   * @throws AuthenticationError or InvalidOptionsError without a usable `api_key`; ServiceError with the service's own
   * words; ConnectionFailedError.
   */
  async connectLLM(): Promise<void> {
    const { signal } = this.attempt;
    const plan = this.planAttempt();
    const { fetch, RTCPeerConnection } = environment(this.options);
    const key = await this.keyOfAttempt();
    const redact = redactor([key]);
    const named = this._params?.model ?? this._service_options.model;
    const url = callUrl(plan, named ?? (key.startsWith("ek_") ? undefined : plan.model));

    let current: PeerHandle | undefined;
    let receive: ((data: string | ArrayBuffer) => void) | undefined;
    // The service may speak before the awaiting line below runs.
    const begin = (): ((data: string | ArrayBuffer) => void) =>
      (receive ??= this.begin(plan, redact, (text) => current?.send(text), {
        soundAt: () => current?.soundAt,
        maxEventSize: () => current?.maxMessageSize ?? Infinity,
      }));
    let bot: MediaStreamTrack | undefined;
    try {
      await openPeer({
        RTCPeerConnection,
        channel: "oai-events",
        graceMs: this.options.timeouts?.iceGrace ?? ICE_GRACE_MS,
        signal,
        exchange: (offer, over) => exchangeOffer(offer, { url, key, fetch, signal: over, redact }),
        onPeer: (peer) => {
          current = this._peer = peer;
          peer.setMicrophone(this._microphone);
        },
        onRemoteTrack: (track) => {
          if (track.kind !== "audio") return;
          bot = track;
          this._speaker.setTrack(track, async () => current?.remoteLevel());
          this._callbacks.onTrackStarted?.(track, BOT);
        },
        onMessage: (data) => {
          begin()(data);
        },
        onLost: (error) => {
          this.wireEnded(error);
        },
        onReleased: () => {
          if (this._peer === current) this._peer = undefined;
          if (bot === undefined) return;
          if (this._speaker.track === bot) this._speaker.setTrack(undefined);
          this._callbacks.onTrackStopped?.(bot, BOT);
        },
      });
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) throw error;
      throw new ConnectionFailedError(`${error.message} It had not been open yet.`, { cause: error, retryable: true });
    }
    begin();
  }

  /** Says close, which over WebRTC is done at once. */
  async disconnectLLM(): Promise<void> {
    const peer = this._peer;
    this._runtime.end();
    peer?.close();
    return Promise.resolve();
  }

  /** What is said into a closing channel is lost. */
  protected override canSend(): boolean {
    return super.canSend() && this._peer?.isOpen === true;
  }

  /** The microphone's audio goes by RTP, but for what was said while there was no call. */
  handleUserAudioStream(data: ArrayBuffer): void {
    this._missed?.push(data);
  }

  /** What a message may weigh, in bytes: the RTVI limit, or the data channel's where that is lower. */
  override get maxMessageSize(): number {
    return Math.min(super.maxMessageSize, this._peer?.maxMessageSize ?? Infinity);
  }

  /** The local tracks, and the bot's while there is a connection. */
  override tracks(): Tracks {
    const bot = this._speaker.track;
    return { ...super.tracks(), ...(bot !== undefined && { bot: { audio: bot } }) };
  }

  /** Chooses the output of the bot's track. A failure is an `onDeviceError`, and nothing changes. */
  override updateSpeaker(speakerId: string): void {
    this._chooseSpeaker(speakerId).catch((cause: unknown) => {
      const details = cause instanceof Error ? { sourceError: cause } : undefined;
      const error = new DeviceError(["speaker"], "not-found", "The chosen speaker cannot be used.", details);
      this.reportDeviceError("speaker", error);
    });
  }

  override get selectedSpeaker(): MediaDeviceInfo | Record<string, never> {
    return this._selectedSpeaker ?? {};
  }

  protected override stateAnnounced(state: TransportState): void {
    super.stateAnnounced(state);
    const { isRecovering } = this._session;
    this._track.listen(isRecovering);
    if (isRecovering) this._missed = [];
    else if (state !== "ready") this._missed = undefined;
    // After the uplink has handed over what it kept.
    else if (this._missed !== undefined) queueMicrotask(this._tellMissed.bind(this));
  }

  /** Tells the new call what the user said while there was none: in the conversation, because a track takes no recording. */
  private _tellMissed(): void {
    const words = missedSpeech(this._missed ?? [], ratesOf(this._mediaManager).input, this.maxMessageSize);
    this._missed = undefined;
    if (words === undefined || !this._runtime.isReady) return;
    try {
      this._runtime.act((conversation) =>
        conversation.act((turns) => {
          turns.overheard(words.pieces, words.whole);
        }),
      );
    } catch (error) {
      if (error instanceof Error) this.reportError(error);
    }
  }

  protected override botSpeaks(speaking: boolean): void {
    this._speaker.setSpeaking(speaking);
  }

  private get _microphone(): MediaStreamTrack | undefined {
    return this._mediaManager.tracks().local.audio;
  }

  private async _chooseSpeaker(speakerId: string): Promise<void> {
    await this._speaker.chooseSink(speakerId);
    const id = speakerId === "" ? "default" : speakerId;
    const device = (await this.getAllSpeakers()).find(({ deviceId }) => deviceId === id);
    this._selectedSpeaker = device;
    if (device !== undefined) this._callbacks.onSpeakerUpdated?.(device);
  }
}

/** The app's callbacks, with somebody listening in on tracks that come and go. Looked up at the call, as elsewhere. */
function followTracks(callbacks: RTVIEventCallbacks, follow: () => void): RTVIEventCallbacks {
  return new Proxy(callbacks, {
    get(target, name) {
      const callback: unknown = Reflect.get(target, name);
      if (name !== "onTrackStarted" && name !== "onTrackStopped") return callback;
      return (...args: unknown[]): unknown => {
        follow();
        return typeof callback === "function" ? (Reflect.apply(callback, target, args) as unknown) : undefined;
      };
    },
  });
}

function environment(options: TransportOptions): { fetch: Fetch; RTCPeerConnection: PeerConnectionConstructor } {
  const { fetch = globalThis.fetch, RTCPeerConnection = globalThis.RTCPeerConnection } = options;
  if (typeof RTCPeerConnection !== "function") {
    throw new UnsupportedEnvironmentError(
      "There is no RTCPeerConnection here: use a browser that has it and lets this page use it, or pass one as " +
        "`options.RTCPeerConnection`.",
    );
  }
  if (typeof fetch !== "function") {
    throw new UnsupportedEnvironmentError("There is no global fetch here: pass one as `options.fetch`.");
  }
  // Called through a property of ours the global fetch would refuse.
  return { fetch: (url, init) => fetch(url, init), RTCPeerConnection };
}
