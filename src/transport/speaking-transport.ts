import type { BotTTSTextData, TranscriptData } from "@pipecat-ai/client-js";
import type { PlayedItem } from "../contracts/speaker.js";
import { VoiceTransport } from "./voice-transport.js";

/** What `userStartedSpeaking()` resolves to: where the bot was cut, in the shape of Pipecat's player; null if silent. */
export interface TrackSampleOffset {
  readonly trackId: string;
  /** Samples really played. */
  readonly offset: number;
  /** Seconds really played. */
  readonly currentTime: number;
}

/**
 * A voice transport with the members of Pipecat's base class by which a subclass, or an app, says who speaks and what is said.
 * Those of RTVI's services need none of them: their dialogue says it.
 */
export class SpeakingTransport extends VoiceTransport {
  /** Silences the bot now; resolves to what was really played of each item that was cut. */
  protected interruptBot(): Promise<readonly PlayedItem[]> {
    return this._core.enter(() => this._core.flush());
  }

  /** The user began to speak: silences the bot and reports it to the app. */
  async userStartedSpeaking(): Promise<unknown> {
    const played = this.interruptBot();
    this._core.call((callbacks) => callbacks.onUserStartedSpeaking?.());
    const [cut] = await played;
    if (cut === undefined) return null;
    const { itemId, playedSamples, sampleRate } = cut;
    return {
      trackId: itemId,
      offset: playedSamples,
      currentTime: playedSamples / sampleRate,
    } satisfies TrackSampleOffset;
  }

  userStoppedSpeaking(): void {
    this._core.call((callbacks) => callbacks.onUserStoppedSpeaking?.());
  }

  userTranscript(transcript: TranscriptData): void {
    this._core.call((callbacks) => callbacks.onUserTranscript?.(transcript));
  }

  botStartedSpeaking(): void {
    this._core.enter(() => this._core.turns.tell({ type: "voice.began" }));
  }

  botStoppedSpeaking(): void {
    this._core.enter(() => this._core.turns.tell({ type: "voice.drained" }));
  }

  botTtsText(data: BotTTSTextData): void {
    this._core.call((callbacks) => callbacks.onBotTtsText?.(data));
  }

  /** Queues the bot's audio: 16-bit little-endian mono PCM; `id` names the utterance. */
  bufferBotAudio(audio: ArrayBuffer, id = "default"): void {
    this._core.play(audio, id);
  }
}
