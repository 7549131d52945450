import { encodeBase64 } from "../../codec/base64.js";
import type { MediaManager } from "../../media/media-manager.js";
import type { TransportOptions } from "../../options.js";
import { openServiceSocket, socketConstructor } from "../../transport/service-socket.js";
import { redactor } from "../../util/redact.js";
import type { SocketHandle } from "../../connection/websocket.js";
import { closeError, dialError } from "./close-codes.js";
import { OpenAITransport } from "./openai-transport.js";
import type { OpenAIServiceOptions } from "./options.js";
import { webSocketProtocols, webSocketUrl } from "./plan.js";

const NAME = "OpenAIRealTimeWebSocketTransport";

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
export class OpenAIRealTimeWebSocketTransport extends OpenAITransport {
  private _socket: SocketHandle | undefined;

  /**
   * @param service_options See `OpenAIServiceOptions`. They are checked when connecting, so that an error reaches the app.
   * @param manager Devices and playback; default `WebAudioMediaManager` at 24 kHz.
   */
  constructor(service_options: OpenAIServiceOptions, manager?: MediaManager, options: TransportOptions = {}) {
    super(service_options, manager, options, { name: NAME, playback: "local" });
  }

  /**
   * Opens the socket; resolves when it is open.
   * @throws AuthenticationError or InvalidOptionsError without a usable `api_key`; ConnectionFailedError.
   */
  async connectLLM(): Promise<void> {
    const { signal } = this.attempt;
    const plan = this.planAttempt();
    const WebSocket = socketConstructor(this.options);
    const key = await this.keyOfAttempt();
    const redact = redactor([key]);
    await openServiceSocket({
      url: webSocketUrl(plan),
      protocols: webSocketProtocols(key, plan),
      WebSocket,
      signal,
      begin: (socket) => {
        this._socket = socket;
        return this.begin(plan, redact, (text) => {
          socket.send(text);
        });
      },
      ended: (code, reason) => {
        this.wireEnded(closeError(code, reason, redact));
      },
      refused: (code, reason) => dialError(code, reason, redact),
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

  /** Sends a chunk of microphone audio, unless the network is so far behind that it would only come too late. */
  handleUserAudioStream(data: ArrayBuffer): void {
    const socket = this._socket;
    // The other side may be closing: its end of the session is told in its own words, shortly.
    if (socket?.isOpen !== true || !this._runtime.isReady) return;
    if (!this.keepsUp(socket.bufferedAmount)) return;
    // Put together by hand: base64 needs no escaping, and this runs fifty times a second.
    socket.send(`{"type":"input_audio_buffer.append","audio":"${encodeBase64(new Uint8Array(data))}"}`);
  }
}
