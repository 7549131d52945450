import { ConnectionLostError } from "../../errors.js";
import { VoiceTransport } from "../../transport/voice-transport.js";
import {
  managerIn,
  transportOptionsIn,
  type WebSocketTransportConstructorOptions,
  type WebSocketTransportOptions,
} from "./options.js";
import { readTarget } from "./params.js";
import { PipecatProvider } from "./provider.js";

/**
 * Talks to a Pipecat bot over a WebSocket.
 *
 * ```ts
 * const transport = new WebSocketTransport({ wsUrl: "ws://localhost:7860/ws-client" });
 * const client = new PipecatClient({ transport });
 * await client.connect();
 * ```
 *
 * What the app sends waits while a lost connection is opened again. `sendMessage()` throws NotReadyError without a connection,
 * MessageTooLargeError, InvalidOptionsError when the message cannot be serialized, and UnsupportedFeatureError, also through
 * `onMessageError`, when the serializer has no way to send it.
 */
export class WebSocketTransport extends VoiceTransport {
  /** @throws InvalidOptionsError naming the option that is wrong. A missing `wsUrl` is reported by `connect()`. */
  constructor(opts: WebSocketTransportConstructorOptions = {}) {
    const manager = managerIn(opts);
    super(new PipecatProvider(opts, manager), manager, transportOptionsIn(opts));
  }

  /**
   * `wsUrl` and `token` for one session, in camelCase or snake_case; unknown keys and nulls are ignored.
   * @throws InvalidOptionsError naming the key whose type is wrong.
   */
  override _validateConnectionParams(params?: unknown): WebSocketTransportOptions | undefined {
    return params === undefined || params === null ? undefined : readTarget(params);
  }

  /**
   * Sends what the serializer's `serialize` makes of `message`, and nothing if it makes nothing of it. What is lost with the
   * connection is not sent again.
   * @throws as `sendMessage`
   */
  sendRawMessage(message: unknown): void {
    this._core.command({ type: "raw", event: message });
  }

  /** Sends a chunk of audio, 16-bit little-endian mono PCM at the recorder's rate, unless the network is far behind. */
  handleUserAudioStream(data: ArrayBuffer): void {
    if (this._core.session.state === "ready") this._core.microphone.send(data);
  }

  /** The connection failed for good: the session ends in `error`. */
  connectionError(errorMsg: string): void {
    this._core.fail(new ConnectionLostError(errorMsg));
  }
}
