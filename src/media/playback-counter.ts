import type { PlayedItem } from "../contracts/speaker.js";
import type { ItemCount } from "./worklets/protocol.js";

/** Minutes of sound that may wait to be played: far more than any answer has. What comes beyond them is dropped. */
export const MOST_MINUTES = 30;
/** What a piece counts as at least, in seconds: each costs memory, however short it is. */
const SHORTEST = 0.01;

interface Entry {
  readonly itemId: string;
  received: number;
  played: number;
  /** Samples for which there was no room. */
  dropped: number;
  /** What its pieces count as, in samples, and how much of that waits to be played. */
  size: number;
  waiting: number;
}

/**
 * The main thread's own count of what was written and what was reported as played. It bounds what waits, and answers for
 * the worklet when the worklet cannot, because it is not running yet, or not any more.
 */
export class PlaybackCounter {
  readonly #sampleRate: number;
  /** In the order of playing; as in the worklet, an id that comes again after another is another item. */
  readonly #items = new Set<Entry>();
  #newest: Entry | undefined;
  #waiting = 0;

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  /** Samples that are about to be written; false where there is no room for them. */
  written(itemId: string, samples: number): boolean {
    const known = this.#newest?.itemId === itemId ? this.#newest : undefined;
    const size = Math.max(samples, SHORTEST * this.#sampleRate);
    if (this.#waiting + size > MOST_MINUTES * 60 * this.#sampleRate) {
      if (known !== undefined) known.dropped += samples;
      return false;
    }
    const entry = known ?? { itemId, received: 0, played: 0, dropped: 0, size: 0, waiting: 0 };
    entry.received += samples;
    entry.size += size;
    this.#wait(entry, entry.waiting + size);
    this.#items.add(entry);
    this.#newest = entry;
    return true;
  }

  /** Takes a report over; items before the one that plays are over. */
  played(item: ItemCount): PlayedItem {
    const over: Entry[] = [];
    for (const entry of this.#items) {
      if (entry.itemId !== item.itemId) {
        over.push(entry);
        continue;
      }
      entry.played = item.playedSamples;
      this.#wait(entry, entry.size * (1 - entry.played / entry.received));
      for (const before of over) {
        this.#wait(before, 0);
        this.#items.delete(before);
      }
      return this.item({ ...item, receivedSamples: item.receivedSamples + entry.dropped });
    }
    return this.item(item);
  }

  item({ itemId, playedSamples, receivedSamples }: ItemCount): PlayedItem {
    return { itemId, playedSamples, receivedSamples, sampleRate: this.#sampleRate };
  }

  /** The items with samples left, in order; forgets everything. */
  cut(): PlayedItem[] {
    return this.lose().filter(({ receivedSamples, playedSamples }) => receivedSamples > playedSamples);
  }

  /** The same with the newest where all of it was played: more of it may come. */
  lose(): PlayedItem[] {
    const items = [...this.#items].map(({ itemId, received, played }) =>
      this.item({ itemId, playedSamples: played, receivedSamples: received }),
    );
    this.#items.clear();
    this.#newest = undefined;
    this.#waiting = 0;
    return items;
  }

  #wait(entry: Entry, waiting: number): void {
    this.#waiting += waiting - entry.waiting;
    entry.waiting = waiting;
  }
}
