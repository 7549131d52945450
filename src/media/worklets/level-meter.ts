/** Root mean square of a signal over consecutive windows. */
export class LevelMeter {
  readonly #window: number;
  #sum = 0;
  #count = 0;

  /** @param window in samples */
  constructor(window: number) {
    this.#window = window;
  }

  /**
   * Takes one block.
   * @returns the level (0..1) of a window that this block completed, else undefined
   */
  add(block: Float32Array): number | undefined {
    for (const sample of block) this.#sum += sample * sample;
    this.#count += block.length;
    if (this.#count < this.#window) return undefined;
    const rms = Math.sqrt(this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
    return Math.min(1, rms);
  }
}
