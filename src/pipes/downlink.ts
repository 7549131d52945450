import type { PlaybackReport, PlayedItem, SpeakerPort } from "../contracts/speaker.js";

const NOTHING: Promise<readonly PlayedItem[]> = Promise.resolve([]);

/**
 * Socket to speaker, in plain calls. The `playback` actor opens and closes it with the output, the `speaker` chart
 * flushes it when the bot is interrupted. What is written while it is closed is dropped: audio never crosses sessions.
 */
export class Downlink {
  #isOpen = false;
  #cut = NOTHING;
  readonly #speaker: SpeakerPort;

  constructor(speaker: SpeakerPort) {
    this.#speaker = speaker;
  }

  /** Opens the output. Audio is taken from now on; resolves when it may be heard. */
  open(reports: (report: PlaybackReport) => void, signal: AbortSignal): Promise<void> {
    this.#isOpen = true;
    return this.#speaker.open(reports, signal);
  }

  close(): void {
    this.#isOpen = false;
    this.#cut = NOTHING;
    this.#speaker.close();
  }

  /** Queues 16-bit mono PCM of one item (one utterance of the bot). */
  write(pcm: Int16Array, itemId: string): void {
    if (this.#isOpen) this.#speaker.write(pcm, itemId);
  }

  /** Silences the output; `takeCut()` tells what was cut. */
  flush(): void {
    this.#cut = this.#interrupt().catch(() => []);
  }

  /** Tries to leave a blocked output; must run inside the user's gesture. */
  resume(): void {
    // A refused resume leaves the output blocked, as the chart already shows.
    this.#resume().catch(() => undefined);
  }

  /** What the latest flush cut: items with the samples really played. Told once. */
  takeCut(): Promise<readonly PlayedItem[]> {
    const cut = this.#cut;
    this.#cut = NOTHING;
    return cut;
  }

  // Async, so that a port which throws instead of rejecting does not throw inside a chart's action.
  async #interrupt(): Promise<readonly PlayedItem[]> {
    return this.#speaker.interrupt();
  }

  async #resume(): Promise<void> {
    await this.#speaker.resume();
  }
}
