import { pcm16ToFloat } from "../../codec/pcm16.js";

/** One item (utterance) and how much of it has gone through the queue. */
export interface QueuedItem {
  readonly itemId: string;
  received: number;
  played: number;
}

interface Block {
  readonly item: QueuedItem;
  readonly samples: Int16Array;
  next: Block | undefined;
}

/**
 * The samples that wait to be played: a linked list of the blocks as they arrived. Adding a block costs the same however
 * many wait, nothing is copied or moved, and a block is garbage once it has been read.
 */
export class SampleQueue {
  #head: Block | undefined;
  #tail: Block | undefined;
  #offset = 0;
  /** The item of the last block, also after it was read: more of it may come. */
  #newest: QueuedItem | undefined;

  get empty(): boolean {
    return this.#head === undefined;
  }

  push(samples: Int16Array, itemId: string): void {
    if (samples.length === 0) return;
    if (this.#newest?.itemId !== itemId) this.#newest = { itemId, received: 0, played: 0 };
    this.#newest.received += samples.length;
    const block: Block = { item: this.#newest, samples, next: undefined };
    if (this.#tail === undefined) this.#head = block;
    else this.#tail.next = block;
    this.#tail = block;
  }

  /**
   * Fills `output` from the front, as far as there are samples.
   * @param onRead hears which item gave how many samples, in order; its counts are up to date by then
   * @returns samples written
   */
  read(output: Float32Array, onRead?: (item: QueuedItem) => void): number {
    let written = 0;
    while (written < output.length && this.#head !== undefined) {
      const { item, samples, next } = this.#head;
      const part = samples.subarray(this.#offset, this.#offset + output.length - written);
      pcm16ToFloat(part, output, written);
      written += part.length;
      this.#offset += part.length;
      item.played += part.length;
      if (this.#offset === samples.length) {
        this.#offset = 0;
        this.#head = next;
        if (next === undefined) this.#tail = undefined;
      }
      onRead?.(item);
    }
    return written;
  }

  /** The items that have samples in the queue, in order. */
  items(): QueuedItem[] {
    const items = new Set<QueuedItem>();
    for (let block = this.#head; block !== undefined; block = block.next) items.add(block.item);
    return [...items];
  }

  /** Forgets everything, ids too: an id that comes again is a new item. */
  clear(): void {
    this.#head = undefined;
    this.#tail = undefined;
    this.#offset = 0;
    this.#newest = undefined;
  }
}
