import type { RecordedBlock } from "./probe.js";
import { rms } from "./sound.js";
import { fromPcm16, type Sound } from "./wav.js";

interface Tape {
  readonly rate: number;
  readonly blocks: { readonly frame: number; readonly samples: Float32Array }[];
  /** Page time of the context's frame 0, in ms: the earliest that any arrival allows. */
  origin: number;
}

/** Blocks that levels are judged in: 5 ms. */
const STEP_MS = 5;
/** Below this RMS nothing is heard. */
const SILENCE = 0.003;

/** Everything that was played, on the page's clock (`performance.now()`, ms). */
export class PlayedAudio {
  readonly #tapes = new Map<number, Tape>();

  add(block: RecordedBlock): void {
    const samples = fromPcm16(Buffer.from(block.pcm, "base64"));
    const origin = block.arrived - ((block.frame + samples.length) / block.rate) * 1000;
    const tape = this.#tapes.get(block.context) ?? { rate: block.rate, blocks: [], origin };
    tape.origin = Math.min(tape.origin, origin);
    tape.blocks.push({ frame: block.frame, samples });
    this.#tapes.set(block.context, tape);
  }

  /** What was played from one time to another; silence where nothing was. */
  between(from: number, to: number): Sound {
    // The latest context that had begun: sessions do not overlap.
    const tape = [...this.#tapes.values()].filter(({ origin }) => origin <= to).at(-1);
    const rate = tape?.rate ?? 24_000;
    const samples = new Float32Array(Math.max(0, Math.round(((to - from) / 1000) * rate)));
    for (const block of tape?.blocks ?? []) {
      const start = block.frame - Math.round(((from - (tape?.origin ?? 0)) / 1000) * rate);
      const first = Math.max(0, -start);
      if (start + first < samples.length && first < block.samples.length) {
        samples.set(
          block.samples.subarray(first, Math.min(block.samples.length, samples.length - start)),
          start + first,
        );
      }
    }
    return { samples, rate };
  }

  /** Loudest 5 ms between two times, as RMS. */
  peak(from: number, to: number): number {
    return Math.max(0, ...this.#levels(from, to));
  }

  /** When the last sound between two times was heard; undefined when there was none. */
  lastSound(from: number, to: number): number | undefined {
    const index = this.#levels(from, to).findLastIndex((level) => level > SILENCE);
    return index < 0 ? undefined : from + (index + 1) * STEP_MS;
  }

  #levels(from: number, to: number): number[] {
    const { samples, rate } = this.between(from, to);
    const step = Math.round((STEP_MS / 1000) * rate);
    return Array.from({ length: Math.floor(samples.length / step) }, (_, index) =>
      rms(samples.subarray(index * step, (index + 1) * step)),
    );
  }
}
