import { byId } from "../dom.js";

/** What the meter shows as empty; full is 0 dBFS. */
const FLOOR_DB = -54;
/** Share of the distance that the bar falls per frame: it rises at once and sinks softly. */
const DECAY = 0.18;

/** A level meter: takes RMS levels of 0 to 1 at any rate, draws at the screen's. */
export class Meter {
  readonly #bar: HTMLElement;
  #target = 0;
  #shown = 0;
  #drawing = false;

  constructor(id: string) {
    this.#bar = byId(id, HTMLElement);
  }

  set(level: number): void {
    const decibels = level > 0 ? 20 * Math.log10(level) : FLOOR_DB;
    this.#target = Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(this.#draw);
  }

  readonly #draw = (): void => {
    const distance = this.#target - this.#shown;
    this.#shown += distance > 0 ? distance : distance * DECAY;
    if (Math.abs(this.#target - this.#shown) < 0.002) this.#shown = this.#target;
    this.#bar.style.setProperty("--level", this.#shown.toFixed(3));
    this.#bar.setAttribute("aria-valuenow", String(Math.round(this.#shown * 100)));
    this.#drawing = this.#shown !== this.#target;
    if (this.#drawing) requestAnimationFrame(this.#draw);
  };
}
