import { RTVIMessage, type BotTTSTextData, type Participant, type TranscriptData } from "@pipecat-ai/client-js";
import type { PlayedItem } from "../contracts/speaker.js";
import { CongestionError } from "../errors.js";
import { CongestionWatch } from "../policy/congestion.js";
import { RtviTransport } from "./rtvi-transport.js";

/** The bot, as client-js knows participants. */
export const BOT: Participant = { id: "bot", name: "bot", local: false };

/** What `userStartedSpeaking()` resolves to: where the bot was cut, in the shape of Pipecat's player; null if silent. */
export interface TrackSampleOffset {
  readonly trackId: string;
  /** Samples really played. */
  readonly offset: number;
  /** Seconds really played. */
  readonly currentTime: number;
}

const MOST_BUFFERED = 256 * 1024;

/** What a transport that knows the conversation tells the app: who speaks, what is said and heard. */
export abstract class ConversationTransport extends RtviTransport {
  protected _botIsSpeaking = false;
  private readonly _congestion = new CongestionWatch(this.options.maxBufferedAmount ?? MOST_BUFFERED);
  private _botIsHere = false;
  private _botIsLeaving = false;

  /** Hands a server-to-client RTVI message to the client. */
  protected deliver(type: string, data?: unknown, id?: string): void {
    this._onMessage(new RTVIMessage(type, data, id));
  }

  /** Answers a message of the app with an error: `onMessageError`. */
  protected rejectMessage(message: RTVIMessage, error: Error): void {
    this._sendQueue.reject(message, error);
  }

  /**
   * Whether a chunk of microphone audio should be sent: sound is the first thing to drop when the network is too slow,
   * for it would only come too late. Tells the app when that begins.
   * @param bufferedAmount Bytes that wait in the socket.
   */
  protected keepsUp(bufferedAmount: number): boolean {
    const congestion = this._congestion.look(bufferedAmount);
    if (congestion === "congestion-begins") {
      this.reportError(new CongestionError("The network is too slow: microphone audio is being dropped."));
    } else if (congestion === "congestion-ends") this.logger.info("The network has caught up: audio is sent again.");
    return congestion === "clear" || congestion === "congestion-ends";
  }

  /** Silences the bot now; resolves to what was really played of each item that was cut. */
  protected interruptBot(): Promise<readonly PlayedItem[]> {
    this.actor.send({ type: "bot.interrupted" });
    return this._downlink.takeCut();
  }

  /** The user began to speak: silences the bot and tells the app. */
  async userStartedSpeaking(): Promise<unknown> {
    const [cut] = await this.interruptBot();
    this._callbacks.onUserStartedSpeaking?.();
    if (cut === undefined) return null;
    const { itemId, playedSamples, sampleRate } = cut;
    return {
      trackId: itemId,
      offset: playedSamples,
      currentTime: playedSamples / sampleRate,
    } satisfies TrackSampleOffset;
  }

  userStoppedSpeaking(): void {
    this._callbacks.onUserStoppedSpeaking?.();
  }

  userTranscript(transcript: TranscriptData): void {
    this._callbacks.onUserTranscript?.(transcript);
  }

  botStartedSpeaking(): void {
    if (this._botIsSpeaking) return;
    this._botIsSpeaking = true;
    this._callbacks.onBotStartedSpeaking?.();
  }

  botStoppedSpeaking(): void {
    if (!this._botIsSpeaking) return;
    this._botIsSpeaking = false;
    this._callbacks.onBotStoppedSpeaking?.();
  }

  botTtsText(data: BotTTSTextData): void {
    this._callbacks.onBotTtsText?.(data);
  }

  /** Queues the bot's audio: 16-bit little-endian mono PCM; `id` names the utterance. */
  bufferBotAudio(audio: ArrayBuffer, id = "default"): void {
    this._downlink.write(new Int16Array(audio, 0, audio.byteLength >> 1), id);
  }

  /** The bot may be spoken to: `onBotConnected` and `onParticipantJoined`, once per session. */
  protected botJoined(): void {
    if (this._botIsHere) return;
    this._botIsHere = true;
    this._callbacks.onParticipantJoined?.(BOT);
    this._callbacks.onBotConnected?.(BOT);
  }

  /** The session ends, and its bot with it: `onBotDisconnected` and `onParticipantLeft`, once per session. */
  protected botLeft(): void {
    if (!this._botIsHere) return;
    this._botIsHere = false;
    this._botIsLeaving = true;
    this._callbacks.onParticipantLeft?.(BOT);
    this._callbacks.onBotDisconnected?.(BOT);
    this._botIsLeaving = false;
  }

  /**
   * When the bot leaves, the client disconnects by itself. The session is ending already, and a second wish might meet
   * the next `connect()` of an app that has asked for one meanwhile.
   */
  override async _disconnect(): Promise<void> {
    if (!this._botIsLeaving) await super._disconnect();
  }

  /** When the session expires, in epoch seconds; undefined where the service does not say. */
  get expiry(): number | undefined {
    return undefined;
  }

  /** The session is over: whoever was speaking is not any more, and nobody is told. */
  protected conversationEnded(): void {
    this._botIsSpeaking = false;
  }
}
