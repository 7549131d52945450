import type { AudioEngine, ContextLease } from "./audio-engine.js";
import type { Logger } from "../log.js";
import { tearDown } from "./teardown.js";

/** Samples that a reading looks at: 85 ms at 24 kHz. */
const WINDOW = 2048;

/** How loud a track is that does not pass a worklet: the scale of all levels, root mean square, 0 to 1. */
export class TrackMeter {
  readonly #lease: ContextLease;
  readonly #source: MediaStreamAudioSourceNode;
  readonly #analyser: AnalyserNode;
  readonly #samples = new Float32Array(WINDOW);
  readonly #logger: Logger;

  /** @throws what the browser throws that has no Web Audio. */
  constructor(track: MediaStreamTrack, engine: AudioEngine, sampleRate: number, logger: Logger) {
    this.#logger = logger;
    this.#lease = engine.acquire(sampleRate);
    const { context } = this.#lease;
    try {
      this.#analyser = context.createAnalyser();
      this.#analyser.fftSize = WINDOW;
      this.#source = context.createMediaStreamSource(new MediaStream([track]));
      this.#source.connect(this.#analyser);
    } catch (error) {
      this.#lease.release();
      throw error;
    }
  }

  /** Whether its context is closed, so that it will never measure again. */
  get isOver(): boolean {
    return this.#lease.context.state === "closed";
  }

  /** The level now; undefined while the context does not run. */
  read(): number | undefined {
    if (this.#lease.context.state !== "running") return undefined;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const sum = this.#samples.reduce((energy, sample) => energy + sample * sample, 0);
    return Math.min(1, Math.sqrt(sum / WINDOW));
  }

  /** Idempotent; never throws. */
  end(): void {
    tearDown(this.#logger, [() => this.#source.disconnect(), () => this.#lease.release()]);
  }
}
