import { UnsupportedFeatureError, type RTVIMessage } from "@pipecat-ai/client-js";
import { encodeBase64 } from "../../codec/base64.js";
import { NotReadyError } from "../../errors.js";
import type { PlaybackReport } from "../../contracts/speaker.js";
import { ratesOf } from "../../media/manager-ports.js";
import type { MediaManager } from "../../media/media-manager.js";
import type { TransportOptions } from "../../options.js";
import { openServiceSocket, socketConstructor } from "../../transport/service-socket.js";
import { redactor, type Redactor } from "../../util/redact.js";
import type { SocketHandle } from "../../connection/websocket.js";
import { beginsAnew, closeError, dialError, type ClosedConnection } from "./close-codes.js";
import { Conversation } from "./conversation.js";
import { dialUrl, resolveCredential } from "./credential.js";
import { GeminiTransport } from "./gemini-transport.js";
import { PlannedReconnect } from "./planned-reconnect.js";
import { GeminiHistory } from "./gemini-history.js";
import { withInputRate, type GeminiLLMServiceOptions } from "./options.js";
import { readClientMessage, type GeminiClientMessage } from "./raw-messages.js";
import { planSession } from "./plan.js";
import { ResumptionHandle } from "./resumption-handle.js";

const NAME = "GeminiLiveWebsocketTransport";

/**
 * Talks to Google's Gemini Live API over a WebSocket.
 *
 * ```ts
 * const transport = new GeminiLiveWebsocketTransport({
 *   api_key: async () => (await fetch("/gemini-token")).json(),
 *   settings: { system_instruction: "You are a confused jellyfish." },
 * });
 * const client = new PipecatClient({ transport });
 * ```
 */
export class GeminiLiveWebsocketTransport extends GeminiTransport {
  private readonly _conversationHistory = new GeminiHistory();
  private readonly _inputRate: number;
  private readonly _playbackRate: number;
  private readonly _resumptionHandle = new ResumptionHandle();
  private _current: Conversation | undefined;
  private _socket: SocketHandle | undefined;
  private _muted = false;
  private readonly _plannedReconnect = new PlannedReconnect({
    busy: (isBusy) => {
      this.conversationBusy(isBusy);
    },
    expiring: (withinMs) => {
      this.connectionExpiring(withinMs);
    },
  });

  /**
   * @param service_options See `GeminiLLMServiceOptions`. They are checked when connecting, so that an error reaches the app.
   * @param manager Devices and playback; default `WebAudioMediaManager`, recording at 16 kHz and playing at 24 kHz.
   */
  constructor(service_options: GeminiLLMServiceOptions, manager?: MediaManager, options: TransportOptions = {}) {
    super(service_options, manager, manager === undefined ? withInputRate(options) : options);
    ({ input: this._inputRate, output: this._playbackRate } = ratesOf(this._mediaManager));
  }

  protected override serviceReady(): void {
    const { kept } = this._current ?? {};
    if (kept !== undefined) this.conversationKept(kept);
    super.serviceReady();
  }

  protected override onPlayback(report: PlaybackReport): void {
    super.onPlayback(report);
    this._tellLink();
  }

  /**
   * Opens the socket; resolves when it is open.
   * @throws AuthenticationError or InvalidOptionsError without a usable `api_key`; ConnectionFailedError.
   */
  async connectLLM(): Promise<void> {
    const { signal, attempt } = this.attempt;
    if (attempt === 1) this._beginSession();
    const { items, uncovered, due } = this._conversationHistory;
    this._isStale = false;
    const plan = planSession(this._service_options, this._params, {
      ...this._resumptionHandle.past,
      items,
      uncovered,
      due,
    });
    const WebSocket = socketConstructor(this.options);
    const source = this._params?.secret ?? this._service_options.api_key;
    const credential = await resolveCredential(source, { attempt, signal });
    const redact = redactor([credential, ...(plan.handle === undefined ? [] : [plan.handle])]);
    let conversation: Conversation | undefined;
    const facts = (): ClosedConnection => ({
      ready: conversation?.isReady === true,
      resumed: plan.handle !== undefined,
      resumable: conversation?.lifetime.handle !== undefined,
      mayBeginAnew: this._resumptionHandle.mayBeginAnew,
    });
    await openServiceSocket({
      url: dialUrl(plan, credential),
      WebSocket,
      signal,
      begin: (socket) => {
        this._socket = socket;
        this._plannedReconnect.opened();
        const speaking = this._current?.speaking === true;
        conversation = this._current = this._newConversation(plan, speaking, redact);
        const receive = this._runtime.begin(conversation, (text) => {
          socket.send(text);
        });
        this._runtime.tell((begun) => begun.open());
        return (data) => {
          receive(data);
          const { handle, isProven = false } = conversation?.lifetime ?? {};
          // A handle for the conversation that was replaced would bring it back.
          if (handle !== undefined && !this._conversationHistory.superseded)
            this._resumptionHandle.keep(handle, isProven);
          this._tellLink();
        };
      },
      ended: (code, reason) => {
        const was = facts();
        if (beginsAnew(code, reason, was)) this._resumptionHandle.drop();
        this.wireEnded(closeError(code, reason, redact, was));
      },
      refused: (code, reason) => dialError(code, reason, redact, facts()),
    });
  }

  /** Says close; resolves when the socket has closed. */
  async disconnectLLM(): Promise<void> {
    const socket = this._socket;
    this._socket = undefined;
    this._runtime.end();
    socket?.close();
    await socket?.closed;
  }

  /** What is said into a closing socket is lost. */
  protected override canSend(): boolean {
    return super.canSend() && this._socket?.isOpen === true;
  }

  /** Sends a chunk of microphone audio, unless the microphone is muted or the network too far behind. */
  handleUserAudioStream(data: ArrayBuffer): void {
    const socket = this._socket;
    // A chunk that was under way when the microphone was muted would open the stream again.
    if (socket?.isOpen !== true || !this._runtime.isReady || this._muted) return;
    if (!this.keepsUp(socket.bufferedAmount)) return;
    this._current?.streaming();
    const audio = encodeBase64(new Uint8Array(data));
    // Put together by hand: base64 needs no escaping, and this runs fifty times a second.
    socket.send(`{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=${this._inputRate}","data":"${audio}"}}}`);
  }

  override sendMessage(message: RTVIMessage): void {
    super.sendMessage(message);
    this._tellLink();
  }

  /**
   * Turns the microphone on or off. Off tells the service that the stream has ended, so that it answers what was said; in
   * push to talk (`automatic_activity_detection.disabled`) on and off are `activityStart()` and `activityEnd()`.
   */
  override enableMic(enable: boolean): void {
    this._muted = !enable;
    super.enableMic(enable);
    this._runtime.tell((conversation) => conversation.microphone(enable));
    this._tellLink();
  }

  /**
   * Push to talk: the user begins to speak. For a microphone that stays open; `enableMic(true)` does the same.
   * @throws NotReadyError; UnsupportedFeatureError where the service finds out by itself.
   */
  activityStart(): void {
    this._tellActivity(true);
  }

  /** Push to talk: the user stops speaking, and the bot answers. @throws as `activityStart`. */
  activityEnd(): void {
    this._tellActivity(false);
  }

  /**
   * Sends a client message of the Live API as it is, for what RTVI has no message for: a video frame, several turns, a
   * scheduled function response. With the option `raw_events` the service's own messages come back through
   * `onServerMessage` as `{ t: "raw", d: message }`.
   * @throws NotReadyError before the session is ready; InvalidOptionsError unless it has exactly one known field.
   */
  sendServiceEvent(message: GeminiClientMessage): void {
    this._runtime.send(readClientMessage(message));
  }

  /** Pipecat's name of `handleUserAudioStream`. */
  async _sendAudioInput(data: ArrayBuffer): Promise<void> {
    this.handleUserAudioStream(data);
    return Promise.resolve();
  }

  /** Pipecat's way to send a text as `clientContent`. Rejects as `sendServiceEvent` throws. */
  _sendTextInput(text: string, role: string, turnComplete: boolean = role === "user"): Promise<void> {
    return this._sendMsg({ clientContent: { turns: [{ role, parts: [{ text }] }], turnComplete } });
  }

  /** Pipecat's name of `sendServiceEvent`. Rejects as that throws. */
  async _sendMsg(msg: unknown): Promise<void> {
    this._runtime.send(readClientMessage(msg));
    return Promise.resolve();
  }

  private _beginSession(): void {
    const keep = this._service_options.keep_session === true;
    this._resumptionHandle.begin(keep);
    if (!keep) this._conversationHistory.forget();
    // Who asked has hung up since.
    this._conversationHistory.due = false;
    this._current = undefined;
  }

  /** Something happened: it may be time to change the connection, or no moment to. */
  private _tellLink(): void {
    if (this._current === undefined) return;
    this._plannedReconnect.look(this._current);
    if (this._conversationHistory.superseded) this._resumptionHandle.renounce();
    else if (!this._isStale) return;
    if (this._runtime.isReady) this._plannedReconnect.renew(this._current);
  }

  private _newConversation(plan: ReturnType<typeof planSession>, speaking: boolean, redact: Redactor): Conversation {
    return new Conversation({
      ...plan,
      name: NAME,
      redact,
      playbackRate: this._playbackRate,
      speaking: speaking && !this._muted,
      conversationHistory: this._conversationHistory,
      now: () => performance.now(),
      date: () => new Date(),
    });
  }

  private _tellActivity(speaking: boolean): void {
    if (!this._runtime.isReady) throw new NotReadyError("The session is not ready: wait for the state `ready`.");
    if (this._current?.isManual !== true) {
      const feature = speaking ? "activityStart" : "activityEnd";
      throw new UnsupportedFeatureError(feature, NAME, "only with `automatic_activity_detection.disabled`");
    }
    this._runtime.tell((conversation) => conversation.activity(speaking));
    this._tellLink();
  }
}
