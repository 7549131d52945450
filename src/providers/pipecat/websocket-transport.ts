import {
  RTVI_PROTOCOL_VERSION,
  RTVIMessage,
  UnsupportedFeatureError,
  type TransportState,
} from "@pipecat-ai/client-js";
import type { PlaybackReport } from "../../contracts/speaker.js";
import type { ConnectRequest, Connection, ConnectionReports } from "../../contracts/connection.js";
import { ConnectionLostError, ServiceError, type RtviMachineError } from "../../errors.js";
import { inputRateOf, outputRateOf } from "../../media/manager-rates.js";
import { patienceOf } from "../../options.js";
import { ConversationTransport } from "../../transport/conversation-transport.js";
import { socketConstructor } from "../../transport/service-socket.js";
import type { SocketHandle } from "../../connection/websocket.js";
import type { DecodeQueue } from "./decode-queue.js";
import { connectToBot } from "./bot-connection.js";
import {
  checkSerializer,
  DEFAULT_PLAYER_RATE,
  DEFAULT_RECORDER_RATE,
  managerIn,
  transportOptionsIn,
  type WebSocketTransportConstructorOptions,
  type WebSocketTransportOptions,
} from "./options.js";
import { MOST_BYTES, MessageWriter } from "./message-writer.js";
import { readTarget, resolveAddress, type Target } from "./params.js";
import { ProtobufFrameSerializer } from "./protobuf-serializer.js";
import { PingProbe } from "./ping-probe.js";
import { MessageReader } from "./message-reader.js";
import type { WebSocketSerializer } from "./serializer.js";

/**
 * Talks to a Pipecat bot over a WebSocket.
 *
 * ```ts
 * const transport = new WebSocketTransport({ wsUrl: "ws://localhost:7860/ws-client" });
 * const client = new PipecatClient({ transport });
 * await client.connect();
 * ```
 */
export class WebSocketTransport extends ConversationTransport {
  private readonly _serializer: WebSocketSerializer;
  private readonly _recorderSampleRate: number;
  private readonly _reader: MessageReader;
  private readonly _writer: MessageWriter;
  private readonly _pingProbe: PingProbe;
  private readonly _own: Target;
  private _target: Target;
  /** The client waits for the bot, and each connection until then has to say so. */
  private _wantsBot = false;
  private _greeted: SocketHandle | undefined;
  private _farewell = false;
  /** The session was ready before this connection. */
  private _resuming = false;

  /** @throws InvalidOptionsError naming the option that is wrong. A missing `wsUrl` is told by `connect()`. */
  constructor(opts: WebSocketTransportConstructorOptions = {}) {
    super(managerIn(opts), transportOptionsIn(opts));
    this._own = this._target = readTarget(opts);
    this._serializer = checkSerializer(opts.serializer ?? new ProtobufFrameSerializer());
    this._maxMessageSize = MOST_BYTES;
    this._recorderSampleRate = inputRateOf(this._mediaManager) ?? opts.recorderSampleRate ?? DEFAULT_RECORDER_RATE;
    const playerRate = outputRateOf(this._mediaManager) ?? opts.playerSampleRate ?? DEFAULT_PLAYER_RATE;
    const output = { write: this._downlink.write.bind(this._downlink), interrupt: () => void this.interruptBot() };
    this._writer = new MessageWriter(this._serializer, () => this.maxMessageSize);
    this._pingProbe = new PingProbe(
      patienceOf(this.options.timeouts),
      (ping) => this._writer.message(ping) !== undefined,
    );
    this._reader = new MessageReader(this._serializer, playerRate, output, this.logger, {
      deliver: this.deliver.bind(this),
      received: (id) => this._pingProbe.received(id),
      // Only a bot that the app knows can be the one of before.
      ready: (resumed) => this._botReady(resumed && this._resuming),
      fail: this._fail.bind(this),
      report: this.reportError.bind(this),
    });
  }

  /**
   * `wsUrl` and `token` for one session, in camelCase or snake_case; unknown keys and nulls are ignored.
   * @throws InvalidOptionsError naming the key whose type is wrong.
   */
  override _validateConnectionParams(params?: unknown): WebSocketTransportOptions | undefined {
    return params === undefined || params === null ? undefined : readTarget(params);
  }

  protected override applyConnectionParams(params: unknown): void {
    this._target = { ...this._own, ...readTarget(params) };
    this._farewell = false;
  }

  protected openConnection(request: ConnectRequest, reports: ConnectionReports): Connection {
    const { _target: target } = this;
    this._resuming = request.resuming;
    return connectToBot({
      request,
      reports,
      address: () => resolveAddress(target, request),
      WebSocket: () => socketConstructor(this.options, "WebSocket"),
      begin: (socket, secrets) => this._begin(socket, secrets),
      // A bot that was sent away need not be there, and no other is to come in its place.
      probe: () => !this._farewell && this._pingProbe.probe(),
      ended: () => this._ended(),
      record: (error) => this._session.faults.record(error),
    });
  }

  /** Sends `client-ready`; resolves when the bot has answered that it is ready, rejects when the session ends before. */
  async sendReadyMessage(): Promise<void> {
    this._wantsBot = true;
    this._greet();
    await this.whenReady();
  }

  /**
   * @throws NotReadyError when there is no connection; MessageTooLargeError; InvalidOptionsError when it cannot be
   * serialized; UnsupportedFeatureError, also through `onMessageError`, when the serializer has no way to send it. Of a
   * `sendClientRequest` that throws, client-js rejects a second promise that nobody can catch: there it goes to
   * `onMessageError` alone.
   */
  sendMessage(message: RTVIMessage): void {
    const { type } = message;
    if (!this._reader.openActivities.takes(message)) {
      this.logger.debug("A function result came for a call of a bot that is gone; it is ignored.");
      return;
    }
    this._pingProbe.admit(message);
    const size = this._writer.message(message);
    if (size !== undefined) {
      if (type === "disconnect-bot") this._farewell = true;
      this._pingProbe.sent(message, size);
    } else if (type !== "client-ready" && type !== "disconnect-bot") {
      const error = new UnsupportedFeatureError(type, "The serializer");
      this.rejectMessage(message, error);
      if (type !== "client-message") throw error;
    }
  }

  /**
   * Sends what the serializer's `serialize` makes of `message`, and nothing if it makes nothing of it. What is lost with the
   * connection is not sent again.
   * @throws as `sendMessage`
   */
  sendRawMessage(message: unknown): void {
    this._writer.raw(message);
  }

  /** Sends a chunk of audio, 16-bit little-endian mono PCM at the recorder's rate, unless the network is far behind. */
  handleUserAudioStream(data: ArrayBuffer): void {
    const { socket } = this._writer;
    if (this.state !== "ready" || socket?.isOpen !== true) return;
    if (this.keepsUp(socket.bufferedAmount)) this._writer.audio(data, this._recorderSampleRate);
  }

  /** The connection failed for good: the session ends in `error`. */
  connectionError(errorMsg: string): void {
    this._fail(new ConnectionLostError(errorMsg));
  }

  protected override sendAudio(pcm: ArrayBuffer): void {
    try {
      this.handleUserAudioStream(pcm);
    } catch (error) {
      this._reportCaught(error);
    }
  }

  protected override onPlayback(report: PlaybackReport): void {
    this._reader.playback(report);
  }

  protected override canSend(): boolean {
    return this._writer.socket?.isOpen === true;
  }

  protected override stateAnnounced(state: TransportState): void {
    // Not at once: the state has not been announced to the app yet.
    if (state === "connected")
      queueMicrotask(() => {
        this._greetAgain();
      });
    if (state === "ready") {
      this._wantsBot = false;
      this._pingProbe.ready();
    } else if (state !== "connected") {
      this._reader.openActivities.lost(this._session.isRecovering);
      const unconfirmed = this._pingProbe.take();
      // Whoever leaves of his own accord does not ask what became of his last words.
      if (state !== "disconnecting") this._sendQueue.lost(unconfirmed);
    }
    if (state !== "disconnected" && state !== "error") return;
    this._wantsBot = false;
    this._pingProbe.end();
    // What came for one session is not kept for the next: a token in it is a secret.
    this._target = this._own;
    this.conversationEnded();
  }

  private _begin(socket: SocketHandle, secrets: readonly string[]): DecodeQueue {
    this._writer.socket = socket;
    this._pingProbe.begin();
    return this._reader.beginConnection(secrets);
  }

  /** Returns whether it is new to the app. */
  private _botReady(known: boolean): boolean {
    // Before the session is ready, because what waits is sent then.
    this._reader.openActivities.settle(known);
    this._session.serviceReady(known ? "resumed" : "fresh");
    return !known;
  }

  /** False where the app has sent the bot away, and this is how it went. */
  private _ended(): boolean {
    if (!this._farewell) return true;
    void this.disconnect();
    return false;
  }

  /** Once per connection. Without an answer in sight the session is ready at once, or `connect()` would never settle. */
  private _greet(): void {
    const { socket } = this._writer;
    if (socket?.isOpen !== true || this._greeted === socket) return;
    this._greeted = socket;
    if (this._writer.message(RTVIMessage.clientReady()) !== undefined) return;
    this._botReady(false);
    if (this.state !== "ready") return;
    this.deliver("bot-ready", { version: RTVI_PROTOCOL_VERSION, about: { library: "rtvi-machine" } });
  }

  /** After a connection that was lost before the bot was ready. */
  private _greetAgain(): void {
    if (!this._wantsBot) return;
    try {
      this._greet();
    } catch (error) {
      this._reportCaught(error);
    }
  }

  private _reportCaught(error: unknown): void {
    this._reader.report(error instanceof Error ? error : new ServiceError(String(error)));
  }

  private _fail(error: RtviMachineError): void {
    this.actor.send({ type: "bot.failed", fault: this._session.faults.record(error) });
  }
}
