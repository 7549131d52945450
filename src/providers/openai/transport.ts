import type { MediaManager } from "../../media/media-manager.js";
import type { TransportOptions } from "../../options.js";
import { checkService } from "../../transport/check-arguments.js";
import { VoiceTransport } from "../../transport/voice-transport.js";
import type { OpenAIClientEvent } from "./effects.js";
import { OPENAI_OPTIONS, type OpenAIServiceOptions, type OpenAISessionConfig } from "./options.js";
import { OpenAIProvider, type ReadCredential } from "./provider.js";
import { checkSettings } from "./settings.js";
import { socketChannel } from "./socket-channel.js";

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
export class OpenAIRealTimeWebSocketTransport extends VoiceTransport {
  private readonly _openai: OpenAIProvider;

  /**
   * @param service_options See `OpenAIServiceOptions`. What they hold (messages, settings) is read when connecting.
   * @param manager Devices and playback; default `WebAudioMediaManager` at 24 kHz.
   * @param credential Reads the key of each attempt in place of `api_key`.
   * @throws InvalidOptionsError naming the option that is wrong, or misplaced.
   */
  constructor(
    service_options?: OpenAIServiceOptions,
    manager?: MediaManager,
    options: TransportOptions = {},
    credential?: ReadCredential,
  ) {
    const name = "OpenAIRealTimeWebSocketTransport";
    const own = checkService(service_options, options, OPENAI_OPTIONS);
    const provider = new OpenAIProvider({ name, channel: socketChannel(options), options: own, credential });
    super(provider, manager, options);
    this._openai = provider;
  }

  /**
   * Sends a client event of the Realtime API as it is, for what RTVI has no message for: `input_audio_buffer.commit` in push to talk,
   * an image, an out-of-band response. With the option `raw_events` the service's own events come back through `onServerMessage` as
   * `{ t: "raw", d: event }`.
   * @throws NotReadyError before the session is ready; InvalidOptionsError without a `type`; over WebRTC MessageTooLargeError and
   * CongestionError.
   */
  sendServiceEvent(event: OpenAIClientEvent): void {
    this._core.command({ type: "raw", event });
  }

  /**
   * Changes session settings: now, in a running session, and for every later one. A new voice waits for the next session once the
   * model has spoken.
   * @throws InvalidOptionsError naming the key whose type is wrong; over WebRTC MessageTooLargeError and CongestionError. Nothing has
   * changed then.
   */
  updateSettings(settings: OpenAISessionConfig): void {
    this._core.updateSettings(checkSettings(settings, "settings"));
    this._openai.keepSettings(settings);
  }

  /** Pipecat's name of the way to hand in microphone audio: 16-bit little-endian mono PCM at 24 kHz. */
  handleUserAudioStream(data: ArrayBuffer): void {
    this._core.microphone.send(data);
  }

  /** Pipecat's name of `disconnect()`. */
  async disconnectLLM(): Promise<void> {
    await this.disconnect();
  }
}
