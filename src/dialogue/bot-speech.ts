import type { PlaybackReport, PlayedItem } from "../contracts/speaker.js";
import type { FlushCause } from "../contracts/turns.js";
import { samplesToMs } from "../codec/pcm16.js";
import type { EffectSink } from "./effects.js";
import type { BotOutput } from "./bot-output.js";

/** Utterances kept while nothing is played, as when there is no output device. */
const MOST_QUEUED = 256;

interface Utterance {
  readonly itemId: string;
  readonly responseId: string;
  receivedMs: number;
  playedMs: number;
  /** Where the present output began with it. An output that was lost took along what was not played up to there. */
  outputStartMs: number;
  /** "complete": the service has sent the last of it. */
  arrival: "coming" | "complete";
  playing: "not yet" | "begun" | "drained";
  /** "service": it has done so by itself. */
  truncatedBy: "nobody" | "service";
}

/**
 * The bot's voice: `bot-started-speaking` and `bot-stopped-speaking` follow what is played, never what has arrived. Over
 * a WebSocket the player reports it; over WebRTC the service does (`service…`).
 */
export class BotSpeech {
  #queue: Utterance[] = [];
  /** What was cut by each flush that the player has not answered yet. */
  #cuts: Utterance[][] = [];

  /**
   * @param firstSample Called when the bot begins to be heard.
   * @param truncate Tells the service how many ms of an item were heard, where it wants to know; never 0.
   * @param sampleRate Of the audio given to `play`, in Hz.
   */
  constructor(
    private readonly sink: EffectSink,
    private readonly output: BotOutput,
    private readonly firstSample: () => void,
    private readonly truncate: (itemId: string, audioEndMs: number) => void = () => undefined,
    private readonly sampleRate = 24_000,
  ) {}

  /** Whether any of the bot's audio is queued or being played. */
  get pending(): boolean {
    return this.sink.is("bot.speaking") || this.#queue.length > 0;
  }

  /** Whether audio of an item is queued, being played, or being cut. */
  holds(itemId: string): boolean {
    return [...this.#queue, ...this.#cuts.flat()].some((utterance) => utterance.itemId === itemId);
  }

  /** Audio of an item, 16-bit mono, on its way to the player. */
  play(responseId: string, itemId: string, pcm: ArrayBuffer): void {
    // To the player, an id that comes again after another is another item.
    const newest = this.#queue.at(-1);
    let utterance = newest?.itemId === itemId ? newest : undefined;
    if (utterance === undefined) {
      utterance = {
        itemId,
        responseId,
        receivedMs: 0,
        playedMs: 0,
        outputStartMs: 0,
        arrival: "coming",
        playing: "not yet",
        truncatedBy: "nobody",
      };
      if (this.#queue.length === 0) this.sink.tell({ type: "voice.queued" });
      this.#queue.push(utterance);
      if (this.#queue.length > MOST_QUEUED) this.output.forget(this.#queue.shift()?.itemId ?? "");
    }
    utterance.receivedMs += samplesToMs(pcm.byteLength / 2, this.sampleRate);
    if (utterance.playing === "drained") utterance.playing = "begun";
    this.sink.add({ type: "play", itemId, pcm });
  }

  /** The service has sent the last audio of an item. */
  itemEnded(itemId: string): void {
    this.#end((utterance) => utterance.itemId === itemId);
  }

  /** The service has sent the last audio of a response. */
  responseEnded(responseId: string): void {
    this.#end((utterance) => utterance.responseId === responseId);
  }

  /** What the player says. */
  report(report: PlaybackReport): void {
    if (report.type === "blocked" || report.type === "unblocked") return;
    const index = this.#queue.findIndex((utterance) => utterance.itemId === report.item.itemId);
    const utterance = this.#queue[index];
    if (utterance === undefined) return;
    // Items are played in order: whoever hears this one has heard those before it.
    for (const earlier of this.#queue.splice(0, index)) this.#finished(earlier);
    const reached = (samples: number): number => utterance.outputStartMs + msOf(samples, report.item);
    const [played, received] = [reached(report.item.playedSamples), reached(report.item.receivedSamples)];
    // An output that is lost takes with it what it had not played.
    const isLost = report.type === "drained" && report.lost === true;
    if (!isLost || played > utterance.outputStartMs) utterance.playedMs = Math.max(utterance.playedMs, played);
    if (utterance.playing === "not yet" && !isLost) {
      utterance.playing = "begun";
      this.#started();
    }
    this.output.progress(utterance.itemId, utterance.playedMs, utterance.receivedMs, hasArrived(utterance));
    if (report.type === "drained") {
      // Audio may have set out after the player ran dry, and before it said so.
      const isWhole = received >= utterance.receivedMs - 1;
      utterance.playing = isWhole || isLost ? "drained" : "begun";
      // The next output counts anew.
      if (isLost) utterance.outputStartMs = utterance.receivedMs;
      this.#settle();
    }
  }

  /** The service began to play (WebRTC). */
  serviceStarted(): void {
    this.#started();
  }

  /** The service played everything, or all of this response (WebRTC). */
  serviceStopped(responseId: string | undefined): void {
    this.output.completeAll(responseId);
    this.#stopped();
  }

  /** The service cut its own playback (WebRTC). */
  serviceCleared(): void {
    this.#flushed("service");
    this.sink.tell({ type: "voice.counted" });
  }

  /** The bot is being silenced: its edges come out now, the rest when `cut` says what was heard. */
  interrupt(by: FlushCause): void {
    // What was cut before and is still being counted stays what it is.
    if (!this.pending) return;
    const cut = this.#queue;
    this.#queue = [];
    this.#flushed(by);
    if (cut.length > 0) this.#cuts.push(cut);
    // Where the service plays, it does not say how much.
    else this.sink.tell({ type: "voice.counted" });
  }

  /**
   * What was really played of the items that the oldest `interrupt` cut. Tells the service how much of each was heard, unless all
   * or nothing was: an item of which nothing was heard is left as it is, for the service refuses to truncate at 0.
   */
  cut(items: readonly PlayedItem[]): void {
    const cut = this.#cuts.shift() ?? [];
    if (this.#cuts.length === 0) this.sink.tell({ type: "voice.counted" });
    for (const utterance of cut) {
      const played = items.find((item) => item.itemId === utterance.itemId);
      const heard =
        played === undefined ? utterance.playedMs : Math.max(utterance.playedMs, msOf(played.playedSamples, played));
      const whole = hasArrived(utterance) && heard >= utterance.receivedMs;
      if (whole) this.output.complete(utterance.itemId);
      else this.output.progress(utterance.itemId, heard, utterance.receivedMs, hasArrived(utterance));
      this.output.forget(utterance.itemId);
      const endMs = Math.floor(Math.min(heard, utterance.receivedMs));
      if (whole || endMs <= 0 || utterance.truncatedBy === "service") continue;
      this.truncate(utterance.itemId, endMs);
    }
  }

  /** The service says that an item is truncated; ours would be the second time. */
  truncated(itemId: string): void {
    for (const utterance of [...this.#queue, ...this.#cuts.flat()]) {
      if (utterance.itemId === itemId) utterance.truncatedBy = "service";
    }
  }

  /** The session is over. */
  end(): void {
    this.#queue = [];
    this.#cuts = [];
    this.#stopped();
  }

  #end(matches: (utterance: Utterance) => boolean): void {
    for (const utterance of this.#queue.filter(matches)) utterance.arrival = "complete";
    this.#settle();
  }

  #settle(): void {
    // Nothing is queued here while the service plays: it says itself when it stops.
    if (this.#queue.length === 0) return;
    for (let [head] = this.#queue; head?.arrival === "complete" && head.playing === "drained"; [head] = this.#queue) {
      this.#queue.shift();
      this.#finished(head);
    }
    if (this.#queue.length === 0) this.#stopped();
  }

  #finished({ itemId, playedMs, outputStartMs }: Utterance): void {
    if (playedMs < outputStartMs) this.output.forget(itemId);
    else this.output.complete(itemId);
  }

  #started(): void {
    if (this.sink.tell({ type: "voice.began" })) this.firstSample();
  }

  #flushed(by: FlushCause): void {
    this.sink.tell({ type: "voice.flushed", by });
  }

  #stopped(): void {
    this.sink.tell({ type: "voice.drained" });
  }
}

function hasArrived({ arrival }: Utterance): boolean {
  return arrival === "complete";
}

function msOf(samples: number, { sampleRate }: PlayedItem): number {
  return sampleRate > 0 ? (samples / sampleRate) * 1000 : 0;
}
