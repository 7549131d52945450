import type { OutputReport, PlaybackReport, PlayedItem, SpeakerPort } from "../contracts/speaker.js";

/** In Hz: how long it would have taken matters to nobody. */
const ANY_RATE = 24_000;
const NOTHING: Promise<readonly PlayedItem[]> = Promise.resolve([]);

/**
 * Socket to speaker, in plain calls. The `playback` actor opens and closes it with the output, the `speaker` chart
 * flushes it when the bot is interrupted. What is written while it is closed is dropped: audio never crosses sessions.
 */
export class Downlink {
  /** `flushed`: open, and nothing was written since it was emptied. */
  #phase: "closed" | "open" | "flushed" = "closed";
  /** The answer to the flush before. */
  #latest = NOTHING;
  readonly #speaker: SpeakerPort;
  readonly #dropped: (report: PlaybackReport) => void;

  /** @param dropped Told that each piece is lost that is dropped: whoever waits for its end waits no longer. */
  constructor(speaker: SpeakerPort, dropped: (report: PlaybackReport) => void = () => undefined) {
    this.#speaker = speaker;
    this.#dropped = dropped;
  }

  /** Opens the output. Audio is taken from now on; resolves when it may be heard. */
  open(reports: (report: OutputReport) => void, signal: AbortSignal): Promise<void> {
    this.#phase = "open";
    return this.#speaker.open(reports, signal);
  }

  close(): void {
    this.#phase = "closed";
    this.#latest = NOTHING;
    this.#speaker.close();
  }

  /** Queues 16-bit mono PCM of one item (one utterance of the bot). */
  write(pcm: Int16Array, itemId: string): void {
    if (this.#phase === "closed") {
      const item = { itemId, playedSamples: 0, receivedSamples: pcm.length, sampleRate: ANY_RATE };
      this.#dropped({ type: "drained", item, lost: true });
      return;
    }
    this.#phase = "open";
    this.#speaker.write(pcm, itemId);
  }

  /**
   * Silences the output now. Resolves to what was cut: items with the samples really played. What was cut is told to the caller of
   * that flush alone: a second one, before anything was written since, finds nothing. They answer in their order.
   */
  flush(): Promise<readonly PlayedItem[]> {
    if (this.#phase !== "open") return this.#latest.then(() => []);
    this.#phase = "flushed";
    this.#latest = this.#interrupt().catch(() => []);
    return this.#latest;
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
