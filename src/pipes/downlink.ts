import type { PlaybackReport, PlayedItem, SpeakerPort } from "../contracts/speaker.js";

/**
 * Socket to speaker, in plain calls. The `playback` actor opens and closes it with the output, the `speaker` chart
 * flushes it when the bot is interrupted. What is written while it is closed is dropped: audio never crosses sessions.
 */
export class Downlink {
  #isOpen = false;
  /** The flush that emptied the output, while nothing was written since. */
  #flushed: Promise<readonly PlayedItem[]> | undefined;
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
    this.#flushed = undefined;
    this.#speaker.close();
  }

  /** Queues 16-bit mono PCM of one item (one utterance of the bot). */
  write(pcm: Int16Array, itemId: string): void {
    if (!this.#isOpen) return;
    this.#flushed = undefined;
    this.#speaker.write(pcm, itemId);
  }

  /**
   * Silences the output now. Resolves to what was cut: items with the samples really played. A second flush, before anything was
   * written since, is the first one.
   */
  flush(): Promise<readonly PlayedItem[]> {
    this.#flushed ??= this.#interrupt().catch(() => []);
    return this.#flushed;
  }

  /** Tries to leave a blocked output; must run inside the user's gesture. */
  resume(): void {
    // A refused resume leaves the output blocked, as the chart already shows.
    this.#resume().catch(() => undefined);
  }

  // Async, so that a port which throws instead of rejecting does not throw inside a chart's action.
  async #interrupt(): Promise<readonly PlayedItem[]> {
    return this.#speaker.interrupt();
  }

  async #resume(): Promise<void> {
    await this.#speaker.resume();
  }
}
