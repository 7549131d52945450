import type { PlayedItem } from "../contracts/speaker.js";
import type { ItemCount } from "./worklets/protocol.js";

/**
 * The main thread's own count of what was written and what was reported as played: it answers for the worklet when the
 * worklet cannot, because it is not running yet, or not any more.
 */
export class PlaybackLedger {
  readonly #sampleRate: number;
  readonly #items = new Map<string, { received: number; played: number }>();

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  written(itemId: string, samples: number): void {
    const entry = this.#items.get(itemId) ?? { received: 0, played: 0 };
    this.#items.set(itemId, { ...entry, received: entry.received + samples });
  }

  /** Takes a report over; items before the one that plays are over. */
  played(item: ItemCount): PlayedItem {
    if (!this.#items.has(item.itemId)) return this.item(item);
    for (const [itemId, entry] of this.#items) {
      if (itemId === item.itemId) {
        entry.played = item.playedSamples;
        break;
      }
      this.#items.delete(itemId);
    }
    return this.item(item);
  }

  item({ itemId, playedSamples, receivedSamples }: ItemCount): PlayedItem {
    return { itemId, playedSamples, receivedSamples, sampleRate: this.#sampleRate };
  }

  /** The items with samples left, in order; forgets everything. */
  cut(): PlayedItem[] {
    const items = [...this.#items]
      .filter(([, { received, played }]) => received > played)
      .map(([itemId, { received, played }]) => this.item({ itemId, playedSamples: played, receivedSamples: received }));
    this.#items.clear();
    return items;
  }
}
