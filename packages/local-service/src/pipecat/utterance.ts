import { bytesToMs, msToBytes } from "../audio/pcm.js";
import { paced } from "../bot/pacing.js";
import type { Settings } from "../options.js";
import type { Timers } from "../timers.js";
import { OutputSegment, sentencesOf, wordsOf } from "./bot-output.js";
import { llmMetrics, ttsMetrics, type ModelNames } from "./metrics.js";
import type { MessageWriter } from "./message-writer.js";

/** What is to be said, and how. */
export interface Speech {
  readonly words: string;
  /** Mono PCM16 at 24 kHz; undefined for an answer in writing. */
  readonly pcm: Buffer | undefined;
  /** Whether the model says it, or the app's own words go straight to the voice. */
  readonly fromModel: boolean;
}

/** Where an utterance goes. */
export interface UtteranceHost {
  readonly writer: MessageWriter;
  readonly settings: Settings;
  readonly timers: Timers;
  readonly isLegacy: boolean;
  readonly models: ModelNames;
  /** `bot-output` numbers its sentences throughout the session. */
  readonly nextSegment: () => number;
  readonly lateDeltas: boolean;
  /** All was said, and played. */
  done(): void;
}

/** What has begun must end. */
type Ending = "bot-llm-stopped" | "bot-tts-stopped" | "bot-stopped-speaking";

interface Moment {
  readonly atMs: number;
  readonly act: () => void;
}

/** Sound that is still sent after an interruption, by the fault of that name. */
const LATE = { chunks: 10, everyMs: 20 };

/**
 * One answer of the bot, from `bot-llm-started` to `bot-stopped-speaking`. Its sound is sent ahead of time, as fast as the
 * settings say; its words, and its end, keep to the time at which they are played.
 */
export class Utterance {
  readonly #speech: Speech;
  readonly #host: UtteranceHost;
  /** What has to follow, in this order, whatever happens: each start has its end. */
  readonly #open: Ending[] = [];
  #stop: () => void = () => undefined;
  #sentBytes = 0;
  #heard = "";

  constructor(speech: Speech, host: UtteranceHost) {
    this.#speech = speech;
    this.#host = host;
  }

  start(): void {
    this.#stop = paced(this.#steps(), this.#host.timers, () => this.#host.done());
  }

  /** What has been played so far, or written. */
  get heard(): string {
    return this.#heard.trim();
  }

  /** Silences it; `done` is not called. */
  interrupt(): void {
    this.#stop();
    const { writer, timers, lateDeltas, settings } = this.#host;
    writer.interruption();
    writer.send({ type: "bot-interrupted" });
    for (const type of this.#open.splice(0)) writer.send({ type });
    if (!lateDeltas) return;
    for (let index = 1; index <= LATE.chunks; index += 1) {
      timers.after(index * LATE.everyMs, () => this.#sound(msToBytes(settings.replyChunkMs)));
    }
  }

  *#steps(): Generator<number, void> {
    const { writer, settings, models } = this.#host;
    const { words, pcm, fromModel } = this.#speech;
    if (fromModel) {
      this.#begin("bot-llm");
      yield settings.replyDelayMs;
      writer.send(llmMetrics(models.llm, settings.replyDelayMs));
      for (const sentence of sentencesOf(words)) {
        for (const text of wordsOf(sentence)) writer.send({ type: "bot-llm-text", data: { text } });
        writer.send({ type: "bot-transcription", data: { text: sentence.trim() } });
      }
      this.#end("bot-llm-stopped");
    }
    if (pcm) yield* this.#speak(pcm);
    else this.#write();
  }

  #write(): void {
    const { writer, isLegacy, nextSegment } = this.#host;
    for (const sentence of sentencesOf(this.#speech.words)) {
      writer.send(new OutputSegment(nextSegment(), sentence, isLegacy).written());
    }
    this.#heard = this.#speech.words;
  }

  *#speak(pcm: Buffer): Generator<number, void> {
    const { writer, models } = this.#host;
    this.#begin("bot-tts");
    writer.send(ttsMetrics(models.tts, this.#speech.words));
    writer.send({ type: "bot-started-speaking" });
    this.#open.push("bot-stopped-speaking");
    const moments = [...this.#soundMoments(pcm), ...this.#wordMoments(bytesToMs(pcm.length))];
    const startedAt = performance.now();
    for (const { atMs, act } of moments.sort((a, b) => a.atMs - b.atMs)) {
      // By the clock: timers are late, and hundreds of them would add up.
      const wait = startedAt + atMs - performance.now();
      if (wait > 0) yield wait;
      act();
    }
    this.#end("bot-stopped-speaking");
  }

  *#soundMoments(pcm: Buffer): Generator<Moment> {
    const { replyChunkMs, replySpeed } = this.#host.settings;
    const step = msToBytes(replyChunkMs);
    const chunks = Math.ceil(pcm.length / step);
    for (let index = 0; index < chunks; index += 1) {
      yield { atMs: (index * replyChunkMs) / replySpeed, act: () => this.#sound(step) };
    }
    yield { atMs: (chunks * replyChunkMs) / replySpeed, act: () => this.#end("bot-tts-stopped") };
  }

  *#wordMoments(durationMs: number): Generator<Moment> {
    const { writer, isLegacy, nextSegment } = this.#host;
    const total = Math.max(1, wordsOf(this.#speech.words).length);
    let count = 0;
    for (const sentence of sentencesOf(this.#speech.words)) {
      const segment = new OutputSegment(nextSegment(), sentence, isLegacy);
      yield { atMs: (durationMs * count) / total, act: () => writer.send(segment.announced()) };
      for (const word of wordsOf(sentence)) {
        count += 1;
        const act = (): void => {
          this.#heard += word;
          writer.send({ type: "bot-tts-text", data: { text: word.trim() } });
          writer.send(segment.spoken(word));
        };
        yield { atMs: (durationMs * count) / total, act };
      }
    }
    yield { atMs: durationMs, act: () => undefined };
  }

  #sound(bytes: number): void {
    const chunk = this.#speech.pcm?.subarray(this.#sentBytes, this.#sentBytes + bytes);
    if (chunk === undefined || chunk.length === 0) return;
    this.#sentBytes += chunk.length;
    this.#host.writer.audio(chunk);
  }

  #begin(what: "bot-llm" | "bot-tts"): void {
    this.#host.writer.send({ type: `${what}-started` });
    this.#open.push(`${what}-stopped`);
  }

  #end(type: Ending): void {
    const index = this.#open.indexOf(type);
    if (index < 0) return;
    this.#open.splice(index, 1);
    this.#host.writer.send({ type });
  }
}
