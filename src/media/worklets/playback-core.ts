import { msToSamples } from "../../codec/pcm16.js";
import { FadingTail, fadeOut } from "./fade.js";
import { LevelMeter } from "./level-meter.js";
import type { ItemCount, PlaybackMessage, PlaybackOptions, Post } from "./protocol.js";
import { Resampler } from "./resampler.js";
import { type QueuedItem, SampleQueue } from "./sample-queue.js";

function countOf(item: QueuedItem): ItemCount {
  return { itemId: item.itemId, playedSamples: item.played, receivedSamples: item.received };
}

/** The playback processor without the browser: PCM in, blocks of float samples and messages out. It outlives underruns. */
export class PlaybackCore {
  readonly #post: Post<PlaybackMessage>;
  readonly #inputRate: number;
  readonly #queue = new SampleQueue();
  readonly #fading = new FadingTail();
  readonly #meter: LevelMeter;
  readonly #resampler: Resampler | undefined;
  #source = new Float32Array(0);
  /** The item that is audible; undefined while silent. */
  #current: QueuedItem | undefined;
  #reported = 0;
  #silence = 0;
  #metered = false;

  /** @param contextRate Hz of the blocks */
  constructor(contextRate: number, { inputRate, levelMs }: PlaybackOptions, post: Post<PlaybackMessage>) {
    this.#post = post;
    this.#inputRate = inputRate;
    this.#resampler = contextRate === inputRate ? undefined : new Resampler(inputRate, contextRate);
    this.#meter = new LevelMeter((levelMs * contextRate) / 1000);
  }

  write(samples: Int16Array, itemId: string): void {
    this.#queue.push(samples, itemId);
  }

  /** Lets `fadeMs` of what would have come fade out, forgets the rest, and answers with what was cut. */
  interrupt(requestId: number, fadeMs: number): void {
    const items = this.#queue.items();
    const tail = new Float32Array(msToSamples(fadeMs, this.#inputRate));
    const length = this.#queue.read(tail);
    // Nothing queued, nothing to fade; and what is left of an utterance shorter than the fade must fade over its own length.
    this.#fading.start(fadeOut(tail.subarray(0, length)));
    this.#queue.clear();
    this.#current = undefined;
    this.#post({ type: "cut", requestId, items: items.map(countOf) });
  }

  render(output: Float32Array): void {
    if (this.#resampler === undefined) {
      this.#pull(output);
    } else {
      const needed = this.#resampler.inputsFor(output.length);
      if (this.#source.length < needed) this.#source = new Float32Array(needed);
      const source = this.#source.subarray(0, needed);
      this.#pull(source);
      this.#resampler.process(source, output);
    }
    this.#report(output);
  }

  /** Fills `block` at the stream's rate: queued samples, then silence, and what is fading on top. */
  #pull(block: Float32Array): void {
    const length = this.#queue.read(block, (item) => {
      if (item !== this.#current) this.#begin(item);
    });
    block.fill(0, length);
    this.#fading.mixInto(block);
    this.#silence = length > 0 ? block.length - length : this.#silence + block.length;
  }

  #begin(item: QueuedItem): void {
    if (this.#current !== undefined) this.#progress(this.#current);
    this.#current = item;
    this.#reported = item.played;
    this.#post({ type: "began", item: countOf(item) });
  }

  #progress(item: QueuedItem): void {
    if (item.played === this.#reported) return;
    this.#reported = item.played;
    this.#post({ type: "progress", item: countOf(item) });
  }

  #report(output: Float32Array): void {
    // The resampler holds back its last samples: the item has drained when they are out, too.
    if (this.#current !== undefined && this.#queue.empty && this.#silence >= (this.#resampler?.delay ?? 0)) {
      this.#post({ type: "drained", item: countOf(this.#current) });
      this.#current = undefined;
    }
    const rms = this.#meter.add(output);
    if (rms === undefined) return;
    if (this.#current !== undefined) {
      this.#reported = this.#current.played;
      this.#post({ type: "progress", item: countOf(this.#current), rms });
    } else if (rms > 0 || this.#metered) {
      // One zero tells that it is silent; more would wake the main thread for nothing.
      this.#post({ type: "level", rms });
    }
    this.#metered = rms > 0;
  }
}
