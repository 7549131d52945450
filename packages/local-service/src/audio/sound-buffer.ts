import { bytesToMs, msToBytes } from "./pcm.js";

/**
 * Sound that came in and is not part of the conversation yet. Places count in milliseconds of all sound ever appended,
 * and stay true when the front is dropped.
 */
export class SoundBuffer {
  #chunks: Buffer[] = [];
  /** Byte place of the first kept byte, and of the end. */
  #from = 0;
  #to = 0;

  get startMs(): number {
    return bytesToMs(this.#from);
  }

  get endMs(): number {
    return bytesToMs(this.#to);
  }

  get lengthMs(): number {
    return bytesToMs(this.#to - this.#from);
  }

  append(pcm: Buffer): void {
    this.#chunks.push(pcm);
    this.#to += pcm.length;
  }

  /** Removes and returns everything before `endMs`; sound before `startMs` is dropped. Both are clamped to what is kept. */
  take(startMs: number, endMs: number): Buffer {
    const all = Buffer.concat(this.#chunks);
    const start = Math.min(Math.max(msToBytes(startMs) - this.#from, 0), all.length);
    const end = Math.min(Math.max(msToBytes(endMs) - this.#from, start), all.length);
    this.#chunks = end < all.length ? [all.subarray(end)] : [];
    this.#from += end;
    return all.subarray(start, end);
  }

  /** Drops whole chunks from the front while more than `ms` remain without them. */
  keepLast(ms: number): void {
    const keep = msToBytes(ms);
    let dropped = 0;
    for (const chunk of this.#chunks) {
      if (this.#to - this.#from - chunk.length < keep) break;
      this.#from += chunk.length;
      dropped += 1;
    }
    if (dropped > 0) this.#chunks.splice(0, dropped);
  }

  clear(): void {
    this.#chunks = [];
    this.#from = this.#to;
  }
}
