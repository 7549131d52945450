import { ProtocolError } from "../errors.js";
import { PcmResampler } from "./pcm-resampler.js";

/**
 * Bounds a filter, whose size is the player's rate over the greatest common divisor of both rates: 22.05 kHz on a player of
 * 96 kHz needs as many.
 */
const MOST_BRANCHES = 640;
/** Filters of one connection; there are eight rates that sound really has. */
const MOST_FILTERS = 8;

/**
 * Brings 16-bit PCM, piece by piece, from the rate that a service says to the rate that the player takes. A filter costs
 * time and memory, so that a connection has few of them, each of which is made once.
 */
export class RateConverter {
  readonly #filters = new Map<number, PcmResampler>();
  #filter: PcmResampler | undefined;
  #refused = false;

  /**
   * @param to What the player takes, in Hz.
   * @param service Whose audio it is, for the message.
   */
  constructor(
    private readonly to: number,
    private readonly service: string,
  ) {}

  /**
   * @param from Rate of the piece, in Hz; when it changes, a new signal begins.
   * @throws ProtocolError, once, for a rate that is refused: what has one comes out empty from then on.
   */
  convert<B extends ArrayBufferLike>(pcm: Int16Array<B>, from: number): Int16Array<B | ArrayBuffer> {
    if (this.#filter?.inputRate !== from) {
      this.reset();
      if (from === this.to) return pcm;
      this.#filter = this.#filters.get(from) ?? this.#make(from);
      this.#filter?.reset();
    }
    return this.#filter?.process(pcm) ?? new Int16Array(0);
  }

  /** A new signal begins. */
  reset(): void {
    this.#filter = undefined;
  }

  #make(from: number): PcmResampler | undefined {
    const full = this.#filters.size === MOST_FILTERS;
    if (!full && this.#isPossible(from)) {
      const filter = new PcmResampler(from, this.to);
      this.#filters.set(from, filter);
      return filter;
    }
    if (this.#refused) return undefined;
    this.#refused = true;
    const why = full ? ` after ${MOST_FILTERS} other rates` : "";
    throw new ProtocolError(
      `${this.service} sent audio at ${String(from)} Hz, which cannot be played at ${this.to} Hz${why}.`,
    );
  }

  #isPossible(from: number): boolean {
    if (!Number.isInteger(from) || from < 8_000 || from > 96_000) return false;
    return this.to / greatestCommonDivisor(this.to, from) <= MOST_BRANCHES;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
