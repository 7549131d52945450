import { SoundBuffer } from "../audio/sound-buffer.js";
import { EnergyVad, type VadFact, type VadSettings } from "../audio/vad.js";

/** Where a turn begins and ends, in ms of all sound ever pushed; when it ends, what was said. */
export type TurnFact =
  | { readonly type: "started"; readonly startMs: number }
  | { readonly type: "stopped"; readonly endMs: number; readonly pcm: Buffer };

/** Quiet kept while nobody speaks: prefix padding comes out of it. */
const KEPT_QUIET_MS = 1000;
/** No more than ten minutes of one turn are kept. */
const LONGEST_MS = 600_000;
const OFF: VadSettings = { threshold: 0.5, silenceMs: 500, prefixMs: 300 };

/** Collects the user's sound and finds turns in it; with the detector off, the client says where a turn ends. */
export class TurnFinder {
  readonly #buffer = new SoundBuffer();
  readonly #vad = new EnergyVad(OFF);
  readonly #heard: (fact: TurnFact) => void;
  #detection: VadSettings | undefined;
  #startMs: number | undefined;

  constructor(heard: (fact: TurnFact) => void) {
    this.#heard = heard;
  }

  /** Whether the detector is inside a turn. */
  get speaking(): boolean {
    return this.#startMs !== undefined;
  }

  /** Sound received since the session began, in ms. */
  get receivedMs(): number {
    return this.#buffer.endMs;
  }

  /** Sound that belongs to no turn yet, in ms. */
  get waitingMs(): number {
    return this.#buffer.lengthMs;
  }

  /** Undefined turns the detector off, and forgets a turn that was begun. */
  configure(detection: VadSettings | undefined): void {
    this.#detection = detection;
    this.#vad.configure(detection ?? OFF);
    if (!detection) this.#forgetTurn();
  }

  /** Mono PCM16 at 24 kHz, whole samples. Facts are told before this returns. */
  push(pcm: Buffer): void {
    this.#buffer.append(pcm);
    // The detector hears everything, also while it is off, so that its time stays that of the buffer.
    for (const fact of this.#vad.push(pcm)) this.#detected(fact);
    if (!this.#detection || this.speaking) this.#buffer.keepLast(LONGEST_MS);
    else this.#buffer.keepLast(Math.max(this.#detection.prefixMs, KEPT_QUIET_MS) + KEPT_QUIET_MS);
  }

  /** Ends the turn here: its sound, or all that waits when none was begun. Tells no fact. */
  finish(): Buffer {
    const startMs = this.#startMs ?? this.#buffer.startMs;
    this.#forgetTurn();
    return this.#buffer.take(startMs, this.#buffer.endMs);
  }

  /** Takes the last so many ms as they are. */
  takeLast(ms: number): Buffer {
    return this.#buffer.take(this.#buffer.endMs - ms, this.#buffer.endMs);
  }

  /** Throws away all that waits. */
  clear(): void {
    this.#buffer.clear();
    this.#forgetTurn();
  }

  #detected(fact: VadFact): void {
    if (!this.#detection) return;
    if (fact.type === "started") {
      this.#startMs = Math.max(fact.startMs, this.#buffer.startMs);
      this.#heard({ type: "started", startMs: this.#startMs });
      return;
    }
    if (this.#startMs === undefined) return;
    const pcm = this.#buffer.take(this.#startMs, fact.endMs);
    this.#startMs = undefined;
    this.#heard({ type: "stopped", endMs: fact.endMs, pcm });
  }

  #forgetTurn(): void {
    this.#vad.reset();
    this.#startMs = undefined;
  }
}
