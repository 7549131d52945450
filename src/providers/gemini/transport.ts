import type { BotTTSTextData, TranscriptData } from "@pipecat-ai/client-js";
import type { PlayedItem } from "../../contracts/speaker.js";
import { ConnectionLostError } from "../../errors.js";
import type { MediaManager } from "../../media/media-manager.js";
import type { TransportOptions } from "../../options.js";
import { checkService } from "../../transport/check-arguments.js";
import { Speaking } from "../../transport/speaking.js";
import { VoiceTransport } from "../../transport/voice-transport.js";
import { GEMINI_OPTIONS, type GeminiLLMServiceOptions } from "./options.js";
import { GeminiProvider } from "./provider.js";
import type { GeminiClientMessage } from "./raw-messages.js";

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
export class GeminiLiveWebsocketTransport extends VoiceTransport {
  private readonly _speaking: Speaking;

  /**
   * @param service_options See `GeminiLLMServiceOptions`. What they hold (messages, settings) is read when connecting.
   * @param manager Devices and playback; default `WebAudioMediaManager`, recording at 16 kHz and playing at 24 kHz.
   * @throws InvalidOptionsError naming the option that is wrong, or misplaced.
   */
  constructor(service_options?: GeminiLLMServiceOptions, manager?: MediaManager, options: TransportOptions = {}) {
    const name = "GeminiLiveWebsocketTransport";
    const own = checkService(service_options, options, GEMINI_OPTIONS);
    super(new GeminiProvider({ name, options: own, transport: options }), manager, options);
    this._speaking = new Speaking(this._core);
  }

  /**
   * Push to talk: the user begins to speak. For a microphone that stays open; `enableMic(true)` does the same.
   * @throws NotReadyError; UnsupportedFeatureError where the service finds out by itself.
   */
  activityStart(): void {
    this._activity(true);
  }

  /** Push to talk: the user stops speaking, and the bot answers. @throws as `activityStart`. */
  activityEnd(): void {
    this._activity(false);
  }

  /**
   * Sends a client message of the Live API as it is, for what RTVI has no message for: a video frame, several turns, a
   * scheduled function response. With the option `raw_events` the service's own messages come back through
   * `onServerMessage` as `{ t: "raw", d: message }`.
   * @throws NotReadyError before the session is ready; InvalidOptionsError unless it has exactly one known field.
   */
  sendServiceEvent(message: GeminiClientMessage): void {
    this._core.command({ type: "raw", event: message });
  }

  /** Pipecat's name of the way to hand in microphone audio: 16-bit little-endian mono PCM at the manager's rate. */
  handleUserAudioStream(data: ArrayBuffer): void {
    this._core.microphone.send(data);
  }

  /** The same. */
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
    this._core.command({ type: "raw", event: msg });
    return Promise.resolve();
  }

  /** Silences the bot now; resolves to what was really played of each item that was cut. */
  protected interruptBot(): Promise<readonly PlayedItem[]> {
    return this._speaking.interruptBot();
  }

  /** The user began to speak: silences the bot and reports it to the app. Resolves to where it was cut; null if it was silent. */
  userStartedSpeaking(): Promise<unknown> {
    return this._speaking.userStartedSpeaking();
  }

  userStoppedSpeaking(): void {
    this._speaking.userStoppedSpeaking();
  }

  userTranscript(transcript: TranscriptData): void {
    this._speaking.userTranscript(transcript);
  }

  botStartedSpeaking(): void {
    this._speaking.botStartedSpeaking();
  }

  botStoppedSpeaking(): void {
    this._speaking.botStoppedSpeaking();
  }

  botTtsText(data: BotTTSTextData): void {
    this._speaking.botTtsText(data);
  }

  /** Queues the bot's audio: 16-bit little-endian mono PCM; `id` names the utterance. */
  bufferBotAudio(audio: ArrayBuffer, id?: string): void {
    this._speaking.bufferBotAudio(audio, id);
  }

  /** Pipecat's class prepares its client here; a provider has nothing to prepare. */
  initializeLLM(): void {}

  /** Pipecat's class attaches its listeners here; every connection comes with its own. */
  attachLLMListeners(): void {}

  /** Pipecat's name of `connect()`. */
  async connectLLM(): Promise<void> {
    await this.connect();
  }

  /** Pipecat's name of `disconnect()`. */
  async disconnectLLM(): Promise<void> {
    await this.disconnect();
  }

  /** The connection failed for good: the session ends in `error`. */
  connectionError(errorMsg: string): void {
    this._core.fail(new ConnectionLostError(errorMsg));
  }

  private _activity(on: boolean): void {
    // Refuses what comes too early. A connection that closes just now refuses nothing: the next one goes on with the activity.
    this._core.command();
    this._core.advise({ type: "activity", on });
  }
}
