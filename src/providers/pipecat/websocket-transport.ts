import { ConnectionLostError } from "../../errors.js";
import type { PipecatMediaManager } from "../../media/media-manager.js";
import type { TransportOptions } from "../../options.js";
import { checkManager, checkService, checkTransport } from "../../transport/check-arguments.js";
import { VoiceTransport } from "../../transport/voice-transport.js";
import {
  managerOf,
  PIPECAT_OPTIONS,
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
  /**
   * @param opts See `WebSocketTransportConstructorOptions`. A missing `wsUrl` is reported by `connect()`.
   * @param manager Devices and playback; default `opts.mediaManager`, or a `WebAudioMediaManager` at the rates of `opts`.
   * @throws InvalidOptionsError naming the option that is wrong, or misplaced.
   */
  constructor(
    opts?: WebSocketTransportConstructorOptions,
    manager?: PipecatMediaManager,
    options: TransportOptions = {},
  ) {
    const own = checkService(opts, options, PIPECAT_OPTIONS);
    checkManager(manager);
    checkTransport(options);
    const media = managerOf(own, manager, options);
    super(new PipecatProvider(own, media, options), media, options);
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
