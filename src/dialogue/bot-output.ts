import type { EffectSink } from "./effects.js";
import { LONGEST_ITEM, SpokenText, isShown, type Segment } from "./spoken-text.js";

/** Items that are open at a time, and characters of all of them: more than any answer has. */
const MOST_ITEMS = 256;
const MOST_CHARACTERS = 1024 * 1024;

interface Item {
  readonly responseId: string;
  readonly text: SpokenText;
  readonly spoken: boolean;
}

/** 1, 2, 3 and so on. */
export function countingUp(): () => number {
  let count = 0;
  return () => (count += 1);
}

/**
 * `bot-output` and `bot-transcription`: what the bot says, sentence by sentence, and how much of it has been heard.
 *
 * A sentence is announced as "new" when its text is there, is "in-progress" while it is played, and "completed" when it
 * has been. One that an interruption cut keeps its last "in-progress", with what was really heard in
 * `accumulated_text`; one that was never reached stays "new". Text that is not to be spoken stays "new", too.
 */
export class BotOutput {
  readonly #items = new Map<string, Item>();

  /**
   * @param said Told the text of an item as it grows; and, when an interruption cut it, what of it was heard.
   * @param nextSegment The number of the next sentence. An app finds a sentence by it, so a session never gives one out twice.
   */
  constructor(
    private readonly sink: EffectSink,
    private readonly said: (itemId: string, text: string, responseId: string) => void = () => undefined,
    private readonly nextSegment: () => number = countingUp(),
  ) {}

  /** A piece of an item's text. `spoken`: it is the transcript of audio. */
  add(responseId: string, itemId: string, delta: string, spoken: boolean): void {
    const item = this.#item(responseId, itemId, spoken);
    if (item.text.text.length + delta.length > LONGEST_ITEM) {
      this.sink.warn(`The bot says more than ${LONGEST_ITEM} characters in one item; the rest is no \`bot-output\`.`);
    }
    this.#announce(item, item.text.add(delta));
    this.#said(itemId, item);
  }

  /** An item's text is probably complete: announces what is there, and takes what may still come. */
  pause(itemId: string): void {
    const item = this.#items.get(itemId);
    if (item !== undefined) this.#announce(item, item.text.pause());
  }

  /** The same for all items of a response. */
  pauseAll(responseId: string): void {
    for (const [itemId, item] of this.#items) if (item.responseId === responseId) this.pause(itemId);
  }

  /** What the items of a response say so far; undefined where there is nothing. */
  wordsOf(responseId: string): string | undefined {
    const said = [...this.#items.values()].filter((item) => item.responseId === responseId);
    const words = said
      .map(({ text }) => text.text)
      .join(" ")
      .trim();
    return words === "" ? undefined : words;
  }

  /** An item's text is complete; `whole` fills in what no delta brought. */
  finish(responseId: string, itemId: string, whole: string | undefined, spoken: boolean): void {
    const item = this.#item(responseId, itemId, spoken);
    this.#announce(item, item.text.finish(whole));
    this.#said(itemId, item);
  }

  /** A response is over: completes the texts of its items, and lets go of those of which nothing more will be heard. */
  responseEnded(responseId: string, isHeld: (itemId: string) => boolean): void {
    for (const [itemId, item] of this.#items) {
      if (item.responseId !== responseId) continue;
      this.#announce(item, item.text.finish());
      if (!item.spoken || item.text.isSpoken || !isHeld(itemId)) this.#items.delete(itemId);
    }
  }

  /** Playback has come this far in an item. */
  progress(itemId: string, playedMs: number, receivedMs: number, audioComplete: boolean): void {
    const changed = this.#items.get(itemId)?.text.moveTo(playedMs, receivedMs, audioComplete) ?? [];
    for (const segment of changed) this.#show(segment);
  }

  /** An item has been played to its end. */
  complete(itemId: string): void {
    const item = this.#items.get(itemId);
    if (item === undefined) return;
    for (const segment of item.text.complete()) this.#show(segment);
    if (item.text.isFinished) this.#items.delete(itemId);
  }

  /** Every item, or every one of this response, has been played to its end. */
  completeAll(responseId: string | undefined): void {
    for (const [itemId, item] of [...this.#items]) {
      if (responseId === undefined || item.responseId === responseId) this.complete(itemId);
    }
  }

  /** Nothing more will be heard of an item. */
  forget(itemId: string): void {
    const item = this.#items.get(itemId);
    if (item?.spoken === true && !item.text.isSpoken) this.said(itemId, item.text.heard, item.responseId);
    this.#items.delete(itemId);
  }

  /** What of an item has been shown as spoken; undefined where nothing more is expected of it. */
  heard(itemId: string): string | undefined {
    return this.#items.get(itemId)?.text.heard;
  }

  /** So many Latin characters, or as much of others, have probably been spoken since the playback began. */
  estimate(characters: number): void {
    let left = characters;
    for (const { text, spoken } of this.#items.values()) {
      if (!spoken || text.isSpoken || left <= 0) continue;
      for (const segment of text.reach(left * text.pace)) this.#show(segment);
      left -= text.text.length / text.pace;
    }
  }

  /** The connection is gone, and with it what was not heard yet. */
  end(): void {
    for (const [itemId, item] of [...this.#items]) {
      // A sentence whose end had not come, and whose beginning was heard.
      if (item.text.speaksBeyondSegments) this.#announce(item, item.text.finish());
      for (const segment of item.text.reach(0)) this.#show(segment);
      this.forget(itemId);
    }
  }

  #item(responseId: string, itemId: string, spoken: boolean): Item {
    const known = this.#items.get(itemId);
    if (known !== undefined) return known;
    const item = { responseId, text: new SpokenText(this.nextSegment), spoken };
    this.#items.set(itemId, item);
    return item;
  }

  #said(itemId: string, { text, responseId }: Item): void {
    this.said(itemId, text.text, responseId);
    this.#trim();
  }

  /** Lets go of the oldest items beyond what is kept. */
  #trim(): void {
    let characters = 0;
    for (const { text } of this.#items.values()) characters += text.text.length;
    for (const [itemId, { text }] of this.#items) {
      if (this.#items.size <= MOST_ITEMS && characters <= MOST_CHARACTERS) return;
      characters -= text.text.length;
      this.forget(itemId);
    }
  }

  #announce(item: Item, segments: readonly Segment[]): void {
    for (const { id, text } of segments) {
      this.sink.deliver("bot-output", {
        text,
        aggregated_by: "sentence",
        segment_id: id,
        will_be_spoken: item.spoken,
        spoken_status: "new",
      });
      this.sink.deliver("bot-transcription", { text });
    }
    // The transcript came after the last sample: it has been spoken already.
    if (!item.text.isSpoken) return;
    for (const segment of item.text.complete()) this.#show(segment);
  }

  #show(segment: Segment): void {
    const { id, text, shown } = segment;
    this.sink.deliver("bot-output", {
      text,
      aggregated_by: "sentence",
      segment_id: id,
      will_be_spoken: true,
      spoken_status: isShown(segment) ? "completed" : "in-progress",
      spoken_progress: { accumulated_text: text.slice(0, shown), remaining_text: text.slice(shown) },
    });
  }
}
