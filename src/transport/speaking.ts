import type { BotTTSTextData, TranscriptData } from "@pipecat-ai/client-js";
import type { PlayedItem } from "../contracts/speaker.js";
import { InvalidOptionsError } from "../errors.js";
import type { TransportCore } from "./core.js";
import { isArrayBuffer } from "../util/parse.js";

/** What `userStartedSpeaking()` resolves to: where the bot was cut, in the shape of Pipecat's player; null if silent. */
export interface TrackSampleOffset {
  readonly trackId: string;
  /** Samples really played. */
  readonly offset: number;
  /** Seconds really played. */
  readonly currentTime: number;
}

/**
 * The members of Pipecat's base class by which a subclass, or an app, says who speaks and what is said. RTVI's own services need
 * none of them: their dialogue says it.
 */
export class Speaking {
  /** @internal */
  constructor(private readonly core: TransportCore) {}

  /** Silences the bot now; resolves to what was really played of each item that was cut. */
  interruptBot(): Promise<readonly PlayedItem[]> {
    return this.core.enter(() => this.core.flush());
  }

  /** The user began to speak: silences the bot and reports it to the app. */
  async userStartedSpeaking(): Promise<TrackSampleOffset | null> {
    const played = this.interruptBot();
    this.core.call((callbacks) => callbacks.onUserStartedSpeaking?.());
    const [cut] = await played;
    if (cut === undefined) return null;
    const { itemId, playedSamples, sampleRate } = cut;
    return { trackId: itemId, offset: playedSamples, currentTime: playedSamples / sampleRate };
  }

  userStoppedSpeaking(): void {
    this.core.call((callbacks) => callbacks.onUserStoppedSpeaking?.());
  }

  userTranscript(transcript: TranscriptData): void {
    this.core.call((callbacks) => callbacks.onUserTranscript?.(transcript));
  }

  botStartedSpeaking(): void {
    this.core.enter(() => this.core.turns.tell({ type: "voice.began" }));
  }

  botStoppedSpeaking(): void {
    this.core.enter(() => this.core.turns.tell({ type: "voice.drained" }));
  }

  botTtsText(data: BotTTSTextData): void {
    this.core.call((callbacks) => callbacks.onBotTtsText?.(data));
  }

  /**
   * Queues the bot's audio: 16-bit little-endian mono PCM; `id` names the utterance.
   * @throws InvalidOptionsError for what is neither a buffer nor a view of one.
   */
  bufferBotAudio(audio: ArrayBuffer, id?: string): void {
    this.core.play(asPcm(audio), id ?? "default");
  }
}

/** Also a view's, which an app without types may hand in. */
function asPcm(audio: unknown): ArrayBuffer {
  if (ArrayBuffer.isView(audio)) {
    return new Uint8Array(audio.buffer, audio.byteOffset, audio.byteLength).slice().buffer;
  }
  if (isArrayBuffer(audio)) return audio;
  throw new InvalidOptionsError("bufferBotAudio() takes an ArrayBuffer of 16-bit PCM.");
}
