import type { Statistics } from "../../contracts/inspector.js";
import type { OutputReport, PlayedItem, SpeakerPort } from "../../contracts/speaker.js";

/** A speaker that counts what passes, for an inspector. Without one the speaker is used as it is. */
export class MeasuredSpeaker implements SpeakerPort {
  readonly #speaker: SpeakerPort;
  /** Samples since the output was opened. */
  #played = 0;
  /** Samples that were written and not played, since the output was last silenced. */
  #waiting = 0;
  #underruns = 0;
  /** Hz; undefined until something was played. */
  #rate: number | undefined;
  #last: PlayedItem | undefined;
  /** The item that has run dry. */
  #drained: string | undefined;

  constructor(speaker: SpeakerPort) {
    this.#speaker = speaker;
  }

  /** What was counted; nothing until something was played. */
  get statistics(): Statistics {
    const rate = this.#rate;
    if (rate === undefined) return {};
    const ms = (samples: number): number => Math.round((samples / rate) * 1_000);
    return { playedMs: ms(this.#played), waitingMs: ms(Math.max(0, this.#waiting)), underruns: this.#underruns };
  }

  open(reports: (report: OutputReport) => void, signal: AbortSignal): Promise<void> {
    this.#played = this.#waiting = this.#underruns = 0;
    this.#rate = this.#last = this.#drained = undefined;
    return this.#speaker.open((report) => {
      this.#count(report);
      reports(report);
    }, signal);
  }

  write(pcm: Int16Array, itemId: string): void {
    this.#waiting += pcm.length;
    this.#speaker.write(pcm, itemId);
  }

  interrupt(): Promise<readonly PlayedItem[]> {
    this.#waiting = 0;
    this.#last = this.#drained = undefined;
    return this.#speaker.interrupt();
  }

  resume(): Promise<void> {
    return this.#speaker.resume();
  }

  close(): void {
    this.#speaker.close();
  }

  #count(report: OutputReport): void {
    // A track is played by the browser, which counts for itself.
    if (!("item" in report) || report.item.receivedSamples === 0) return;
    const { item, type } = report;
    const before = this.#last?.itemId === item.itemId ? this.#last.playedSamples : 0;
    const more = item.playedSamples >= before ? item.playedSamples - before : item.playedSamples;
    if (type === "began" && item.itemId === this.#drained) this.#underruns += 1;
    this.#drained = type === "drained" ? item.itemId : undefined;
    this.#played += more;
    this.#waiting -= more;
    this.#rate = item.sampleRate;
    this.#last = item;
  }
}
