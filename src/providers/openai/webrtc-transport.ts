import type { MediaManager } from "../../media/media-manager.js";
import type { TransportOptions } from "../../options.js";
import { checkService } from "../../transport/check-arguments.js";
import { VoiceTransport } from "../../transport/voice-transport.js";
import type { OpenAIClientEvent } from "./effects.js";
import { OPENAI_OPTIONS, type OpenAIServiceOptions, type OpenAISessionConfig } from "./options.js";
import { OpenAIProvider } from "./provider.js";
import { checkSettings } from "./settings.js";
import { webRTCChannel } from "./webrtc-channel.js";

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
 * The app plays the bot's track, which comes with `onTrackStarted`; with the option `playBotTrack: true` it is played here.
 */
export class OpenAIRealTimeWebRTCTransport extends VoiceTransport {
  private readonly _openai: OpenAIProvider;

  /**
   * @param service_options See `OpenAIServiceOptions`. What they hold (messages, settings) is read when connecting.
   * @param manager Devices and playback; default `WebAudioMediaManager`. Its track is sent.
   * @throws InvalidOptionsError naming the option that is wrong, or misplaced.
   */
  constructor(service_options?: OpenAIServiceOptions, manager?: MediaManager, options: TransportOptions = {}) {
    const name = "OpenAIRealTimeWebRTCTransport";
    const own = checkService(service_options, options, OPENAI_OPTIONS);
    const provider = new OpenAIProvider({ name, channel: webRTCChannel(options), options: own });
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
