import type { PlayedItem } from "../../../../src/contracts/speaker.js";
import { ScriptedMediaManager, ScriptedSpeaker } from "../../../../src/testing/index.js";

/** Plays what it is given in next to no time, or, held, stops after the first 100 ms (or `heldAtMs`) of each item. */
export class QuickSpeaker extends ScriptedSpeaker {
  held = false;
  heldAtMs = 100;
  readonly #received = new Map<string, number>();

  override write(pcm: Int16Array, itemId: string): void {
    super.write(pcm, itemId);
    const received = (this.#received.get(itemId) ?? 0) + pcm.length;
    const first = received === pcm.length;
    this.#received.set(itemId, received);
    const item = (playedSamples: number): PlayedItem => {
      return { itemId, playedSamples, receivedSamples: received, sampleRate: 24_000 };
    };
    setTimeout(() => {
      if (first) this.report({ type: "began", item: item(0) });
      if (this.held) this.report({ type: "progress", item: item(Math.min(received, this.heldAtMs * 24)) });
      else this.report({ type: "drained", item: item(received) });
    }, 1);
  }
}

/** Scripted media whose speaker plays. */
export class QuickMedia extends ScriptedMediaManager {
  override readonly speaker = new QuickSpeaker();
}
