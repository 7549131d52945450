import {
  MessageTooLargeError,
  messageSizeWithinLimit,
  RTVI_PROTOCOL_VERSION,
  type RTVIMessage,
} from "@pipecat-ai/client-js";
import { encodeBase64 } from "../../codec/base64.js";
import type { PlaybackReport } from "../../contracts/speaker.js";
import { NotReadyError, UnsupportedEnvironmentError, type RtviMachineError } from "../../errors.js";
import type { MediaManager } from "../../media/media-manager.js";
import type { TransportOptions, WebSocketConstructor } from "../../options.js";
import { RealTimeWebsocketTransport } from "../../rtvi/real-time-websocket-transport.js";
import type { SocketHandle } from "../../wire/websocket.js";
import { resolveKey } from "./credential.js";
import type { OpenAIClientEvent } from "./effects.js";
import type { OpenAIServiceOptions, OpenAISessionConfig } from "./options.js";
import { readServiceEvent } from "./outbound.js";
import { readConnectionParams, type OpenAIConnectionParams } from "./params.js";
import { planSession } from "./plan.js";
import { ServiceRuntime } from "./runtime.js";
import { openServiceSocket } from "./service-socket.js";
import { checkSettings } from "./settings.js";

const NAME = "OpenAIRealTimeWebSocketTransport";

/** Microphone audio that may wait in the socket, in bytes: about four seconds. What is said beyond it is dropped. */
const MOST_BUFFERED = 256 * 1024;

/**
 * Talks to OpenAI's Realtime API over a WebSocket.
 *
 * ```ts
 * const transport = new OpenAIRealTimeWebSocketTransport({
 *   api_key: async () => (await fetch("/client-secret")).json(),
 *   session_config: { instructions: "You are a confused jellyfish.", voice: "marin" },
 * });
 * const client = new PipecatClient({ transport });
 * ```
 */
export class OpenAIRealTimeWebSocketTransport extends RealTimeWebsocketTransport {
  declare protected _service_options: OpenAIServiceOptions;
  private readonly _runtime: ServiceRuntime;
  private _params: OpenAIConnectionParams | undefined;
  private _socket: SocketHandle | undefined;
  private _wasReady = false;
  private _congested = false;

  /**
   * @param service_options See `OpenAIServiceOptions`. They are checked when connecting, so that an error reaches the app.
   * @param manager Devices and playback; default `WebAudioMediaManager` at 24 kHz.
   */
  constructor(service_options: OpenAIServiceOptions, manager?: MediaManager, options: TransportOptions = {}) {
    super(service_options, manager, options);
    this._runtime = new ServiceRuntime(
      {
        deliver: ({ type, data, id }) => {
          this._deliver(type, data, id);
        },
        play: (itemId, pcm) => {
          this.bufferBotAudio(pcm, itemId);
        },
        interrupt: () => this.interruptBot(),
        ready: () => {
          this._wasReady = true;
          this.serviceReady();
        },
        report: (error) => {
          this.reportError(error);
        },
        lost: (error) => {
          this._end(error);
        },
        hangUp: () => {
          void this.disconnect();
        },
        logger: this.logger,
      },
      { name: NAME, playback: "local" },
    );
  }

  /** Nothing to prepare: every attempt makes its own socket. */
  initializeLLM(): void {}

  /** Nothing to attach: every socket comes with its listeners. */
  attachLLMListeners(): void {}

  /**
   * The parameters of one session, checked: see `readConnectionParams`.
   * @throws InvalidOptionsError naming the key whose type is wrong.
   */
  override _validateConnectionParams(params?: unknown): unknown {
    readConnectionParams(params);
    return params;
  }

  /** Kept for one session and beside the options: a secret in them is not for the next session. */
  protected override applyConnectionParams(params: unknown): void {
    this._params = readConnectionParams(params);
    this._wasReady = false;
  }

  /**
   * Opens the socket; resolves when it is open.
   * @throws AuthenticationError or InvalidOptionsError without a usable `api_key`; ConnectionFailedError.
   */
  async connectLLM(): Promise<void> {
    const { attempt, signal } = this.attempt;
    const plan = planSession(this._service_options, this._params, this._wasReady);
    const WebSocket = socketConstructor(this.options);
    const key = await resolveKey(this._service_options.api_key, this._params, { attempt, signal }, Date.now() / 1000);
    await openServiceSocket({
      plan,
      key,
      WebSocket,
      signal,
      begin: (socket, redact) => {
        this._socket = socket;
        this._congested = false;
        return this._runtime.begin(plan, redact, (text) => {
          socket.send(text);
        });
      },
      ended: (error) => {
        this._end(error);
      },
    });
  }

  /** Says goodbye; resolves when the socket has closed. */
  async disconnectLLM(): Promise<void> {
    const socket = this._socket;
    this._socket = undefined;
    this._runtime.end();
    socket?.close();
    await socket?.closed;
  }

  /** Sends a chunk of microphone audio, unless the network is so far behind that it would only come too late. */
  handleUserAudioStream(data: ArrayBuffer): void {
    const socket = this._socket;
    // The other side may be closing: its end of the session is told in its own words, shortly.
    if (socket?.isOpen !== true || !this._runtime.isReady) return;
    const congested = socket.bufferedAmount > MOST_BUFFERED;
    if (congested && !this._congested) this.logger.warn("The network is too slow: microphone audio is being dropped.");
    this._congested = congested;
    if (congested) return;
    // Put together by hand: base64 needs no escaping, and this runs fifty times a second.
    socket.send(`{"type":"input_audio_buffer.append","audio":"${encodeBase64(new Uint8Array(data))}"}`);
  }

  /** Waits until the service is ready, then delivers bot-ready. Rejects when the session ends before. */
  async sendReadyMessage(): Promise<void> {
    await this.whenReady();
    this.announceReady();
  }

  protected override announceReady(): void {
    const about = { library: "rtvi-machine", service: "openai-realtime" };
    this.deliver("bot-ready", { version: RTVI_PROTOCOL_VERSION, about });
  }

  /**
   * Takes `send-text`, `append-to-context`, `llm-function-call-result`, `disconnect-bot`, and `client-message` with
   * `t: "raw"` and a client event of the Realtime API as `d`.
   * @throws NotReadyError before the session is ready; MessageTooLargeError; UnsupportedFeatureError for any other type,
   * and InvalidOptionsError for a field that is wrong, all but the size also through `onMessageError`. What is wrong with a
   * `client-message` goes there alone: of a `sendClientRequest` that throws, client-js rejects a second promise that
   * nobody can catch.
   */
  sendMessage(message: RTVIMessage): void {
    if (message.type === "client-ready") return;
    if (!messageSizeWithinLimit(message, this.maxMessageSize)) {
      throw new MessageTooLargeError(`The message is larger than ${this.maxMessageSize} bytes.`);
    }
    try {
      this._runtime.message(message);
    } catch (error) {
      if (error instanceof Error) this.rejectMessage(message, error);
      if (message.type !== "client-message" || error instanceof NotReadyError) throw error;
    }
  }

  /**
   * Sends a client event of the Realtime API as it is, for what RTVI has no message for: `input_audio_buffer.commit` in
   * push to talk, an image, an out-of-band response. With the option `raw_events` the service's own events come back
   * through `onServerMessage` as `{ t: "raw", d: event }`.
   * @throws NotReadyError before the session is ready; InvalidOptionsError without a `type`.
   */
  sendServiceEvent(event: OpenAIClientEvent): void {
    this._runtime.send(readServiceEvent(event));
  }

  /** Silences the bot at once, as a user's voice does, and stops what it is making. Without effect when it is silent. */
  interrupt(): void {
    this._runtime.interrupt();
  }

  /**
   * Changes session settings: now, in a running session, and for every later one. A new voice waits for the next session
   * once the model has spoken.
   * @throws InvalidOptionsError naming the key whose type is wrong.
   */
  updateSettings(settings: OpenAISessionConfig): void {
    const checked = checkSettings(settings, "settings");
    this._service_options = {
      ...this._service_options,
      settings: { ...this._service_options.settings, ...settings },
    };
    this._runtime.updateSettings(checked);
  }

  /** When OpenAI will end this session, in epoch seconds; undefined until it has said so. */
  override get expiry(): number | undefined {
    return this._runtime.expiresAt;
  }

  protected override onPlayback(report: PlaybackReport): void {
    this._runtime.playback(report);
  }

  private _deliver(type: string, data: unknown, id: string | undefined): void {
    if (type === "bot-started-speaking") this._botIsSpeaking = true;
    if (type === "bot-stopped-speaking") this._botIsSpeaking = false;
    this.deliver(type, data, id);
  }

  private _end(error: RtviMachineError): void {
    this._runtime.end();
    this.connectionLost(error);
  }
}

function socketConstructor({ WebSocket = globalThis.WebSocket }: TransportOptions): WebSocketConstructor {
  if (typeof WebSocket === "function") return WebSocket;
  throw new UnsupportedEnvironmentError("There is no global WebSocket here: pass one as `options.WebSocket`.");
}
