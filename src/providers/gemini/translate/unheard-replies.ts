import type { PlaybackReport } from "../../../contracts/speaker.js";

/** The answer that somebody waits for, and of which nobody has heard or read a word yet: a lost connection takes it along. */
export class UnheardReplies {
  #awaited = false;
  /** The turn in which it is made. */
  #turn: string | undefined;
  #heard = false;
  /** The service has made all of it. */
  #made = false;
  #words = "";

  /** Whether the answer is to be asked for again when the connection is lost. */
  get isAwaited(): boolean {
    return this.#awaited;
  }

  /** The next that is made is an answer. */
  asked(): void {
    this.#awaited = true;
    this.#begin(undefined);
  }

  /** Words of the user were recognised. `late`: they are what the turn that is being made answers. */
  understood(late: boolean): void {
    if (!late) this.asked();
    else if (this.#turn !== undefined && !this.#heard) this.#awaited = true;
  }

  /** Something of a turn came. */
  making(turn: string): void {
    if (turn !== this.#turn) this.#begin(turn);
  }

  /** What the player says. @param words Those of a turn that were spoken; undefined where none are known. */
  played(report: PlaybackReport, words: (turn: string) => string | undefined): void {
    if (report.type === "blocked" || report.type === "unblocked") return;
    const { itemId, playedSamples } = report.item;
    if (itemId === this.#turn && playedSamples > 0 && words(itemId) !== "") this.settled();
  }

  /** What is written down of a turn's words; at the end of the connection, those that were heard. */
  noted(turn: string, words: string): void {
    if (turn === this.#turn) this.#words = words;
  }

  /** The connection is gone, and everything is written down. */
  end(): void {
    if (this.#words !== "") this.settled();
  }

  /** Somebody stopped what was being said. */
  stopped(): void {
    if (this.#turn !== undefined) this.settled();
  }

  /** The turn is over. `playing`: its sound is yet to be heard. */
  complete(playing: boolean): void {
    this.#made = playing;
    if (!playing) this.settled();
  }

  /** The service gave a handle: an answer that it had made to the end, it knows. */
  covered(): void {
    if (this.#made) this.settled();
  }

  /** Something was read, or nobody waits any more. */
  settled(): void {
    this.#awaited = false;
    this.#heard = true;
  }

  #begin(turn: string | undefined): void {
    this.#turn = turn;
    this.#heard = false;
    this.#made = false;
    this.#words = "";
  }
}
