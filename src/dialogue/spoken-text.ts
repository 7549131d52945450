import { paceOf, sentenceEnds, syllablesIn, wordBoundary } from "./sentences.js";

/** One sentence of what the bot says. */
export interface Segment {
  readonly id: number;
  readonly text: string;
  /** Where it lies in the item's whole text. */
  readonly start: number;
  readonly end: number;
  /** Characters shown as spoken so far; all of them once it has been played to its end, and not before. */
  shown: number;
}

/** Characters that are kept of an item. */
export const LONGEST_ITEM = 256 * 1024;

/** Fastest speech believed before text and audio are both complete, in Latin characters per ms. */
const FASTEST = 0.025;

/** Whether a sentence has been spoken to its end. */
export function isShown({ text, shown }: Segment): boolean {
  return shown === text.length;
}

/** The text of one item of the bot, cut into sentences, and how far its audio has come. */
export class SpokenText {
  readonly segments: Segment[] = [];
  #text = "";
  #syllables = 0;
  #cutUpTo = 0;
  /** The text from there on: looked at with each delta, which the whole is too long for. */
  #open = "";
  #phase: "growing" | "finished" = "growing";
  /** In either phase: a transcript may come after the last sample. */
  #playback: "to come" | "over" = "to come";
  #position = 0;

  /** Whether no more text will come. */
  get isFinished(): boolean {
    return this.#phase === "finished";
  }

  /** Whether every sample of it has been played. */
  get isSpoken(): boolean {
    return this.#playback === "over";
  }

  /** Everything known of it, heard or not. */
  get text(): string {
    return this.#text;
  }

  /** Whether the playback is in words that are no part of a sentence yet. */
  get speaksBeyondSegments(): boolean {
    return this.#position > this.#cutUpTo;
  }

  /** What of it has been shown as spoken. */
  get heard(): string {
    const last = this.segments.findLast(({ shown }) => shown > 0);
    return last === undefined ? "" : this.#text.slice(0, last.start + last.shown).trim();
  }

  /** How many of its characters are spoken in the time of one Latin character. */
  get pace(): number {
    return paceOf(this.#text.length, this.#syllables);
  }

  constructor(private readonly nextId: () => number) {}

  /** Takes a delta; returns the sentences it completed. */
  add(delta: string): Segment[] {
    if (this.isFinished) return [];
    const kept = delta.slice(0, LONGEST_ITEM - this.#text.length);
    const from = this.#cutUpTo;
    this.#text += kept;
    this.#syllables += syllablesIn(kept);
    this.#open += kept;
    return sentenceEnds(this.#open).flatMap((end) => this.#cut(from + end));
  }

  /** Ends the sentence that is open, whatever may still come; returns it. */
  pause(): Segment[] {
    return this.isFinished ? [] : this.#cut(this.#text.length);
  }

  /** The text is complete; `whole` fills in what no delta brought. Returns the last sentences. */
  finish(whole?: string): Segment[] {
    const missing = whole?.startsWith(this.#text) === true ? whole.slice(this.#text.length) : "";
    const segments = this.add(missing);
    this.#phase = "finished";
    return [...segments, ...this.#cut(this.#text.length)];
  }

  /**
   * Moves to where the playback is, in proportion to the audio: exact once text and audio are complete, before that an
   * estimate that never runs ahead of fast speech. Never goes back. Returns the segments that changed.
   * @param audioComplete Whether `receivedMs` is all there will be.
   */
  moveTo(playedMs: number, receivedMs: number, audioComplete: boolean): Segment[] {
    if (receivedMs <= 0) return [];
    const measured = this.#text.length / receivedMs;
    const rate = audioComplete && this.isFinished ? measured : Math.min(measured, FASTEST * this.pace);
    return this.reach(playedMs * rate);
  }

  /** Moves to where so many characters have been spoken. Never goes back. Returns the segments that changed. */
  reach(characters: number): Segment[] {
    this.#position = Math.max(this.#position, Math.min(this.#text.length, Math.floor(characters)));
    return this.segments.filter((segment, index) => this.#advance(segment, index === this.segments.length - 1));
  }

  /** Everything known has been spoken. Returns the segments that changed. */
  complete(): Segment[] {
    this.#playback = "over";
    const open = this.segments.filter((segment) => !isShown(segment));
    for (const segment of open) segment.shown = segment.text.length;
    return open;
  }

  #advance(segment: Segment, last: boolean): boolean {
    if (isShown(segment) || this.#position <= segment.start) return false;
    // The last one known may still be going on: only the end of the playback completes it.
    if (this.#position >= segment.end && !last) {
      segment.shown = segment.text.length;
      return true;
    }
    const shown = wordBoundary(segment.text, Math.min(this.#position - segment.start, segment.text.length - 1));
    if (shown <= segment.shown) return false;
    segment.shown = shown;
    return true;
  }

  #cut(end: number): Segment[] {
    const raw = this.#text.slice(this.#cutUpTo, end);
    const text = raw.trim();
    const start = this.#cutUpTo + raw.length - raw.trimStart().length;
    this.#cutUpTo = end;
    this.#open = this.#text.slice(end);
    if (text === "") return [];
    const segment = { id: this.nextId(), text, start, end: start + text.length, shown: 0 };
    this.segments.push(segment);
    return [segment];
  }
}
