import { Chunker } from "./chunker.js";
import { LevelMeter } from "./level-meter.js";
import type { CaptureMessage, CaptureOptions, Post } from "./protocol.js";
import { Resampler } from "./resampler.js";

/** Root mean square below which nothing is to be heard: -66 dBFS, less than a quiet room. */
const SILENCE = 0.0005;

/** The capture processor without the browser: blocks of float channels in, messages out. Retains no audio but one chunk. */
export class CaptureCore {
  readonly #post: Post<CaptureMessage>;
  readonly #chunker: Chunker;
  readonly #meter: LevelMeter;
  readonly #resampler: Resampler | undefined;
  #mono = new Float32Array(128);
  #resampled = new Float32Array(0);
  readonly #second: number;
  #streaming = false;
  /** Frames in a row without input. */
  #starved = 0;
  #audible = false;

  /** @param contextRate Hz of the blocks */
  constructor(contextRate: number, options: CaptureOptions, post: Post<CaptureMessage>) {
    this.#post = post;
    this.#chunker = new Chunker((options.chunkMs * options.outputRate) / 1000, (pcm) => {
      post({ type: "chunk", pcm }, [pcm]);
    });
    this.#meter = new LevelMeter((options.levelMs * contextRate) / 1000);
    this.#second = contextRate;
    this.#resampler = contextRate === options.outputRate ? undefined : new Resampler(contextRate, options.outputRate);
  }

  /** Streaming starts with fresh state: nothing from before a pause is ever sent after it. */
  setStreaming(streaming: boolean): void {
    if (streaming && !this.#streaming) {
      this.#chunker.reset();
      this.#resampler?.reset();
    }
    this.#streaming = streaming;
  }

  /**
   * @param channels one block per channel; empty when nothing is connected or the source gives nothing
   * @param frames length of a block when there is no channel to tell it
   */
  process(channels: readonly Float32Array[], frames = 128): void {
    const mono = this.#downmix(channels, channels[0]?.length ?? frames);
    // Without input there is nothing to send: silence that nobody recorded would hide the loss.
    if (this.#streaming && channels.length > 0) this.#chunker.add(this.#convert(mono));
    this.#starve(channels.length > 0 ? 0 : mono.length);
    const rms = this.#meter.add(mono);
    if (rms !== undefined) this.#tell(rms);
  }

  #starve(frames: number): void {
    this.#starved = frames === 0 ? 0 : this.#starved + frames;
    if (this.#starved < this.#second) return;
    this.#starved = 0;
    this.#post({ type: "starved" });
  }

  /** Each message wakes the main thread: of silence, as of a microphone that is muted, it hears once. */
  #tell(rms: number): void {
    const audible = rms >= SILENCE;
    if (audible || this.#audible) this.#post({ type: "level", rms: audible ? rms : 0 });
    this.#audible = audible;
  }

  #downmix(channels: readonly Float32Array[], frames: number): Float32Array {
    if (this.#mono.length !== frames) this.#mono = new Float32Array(frames);
    const mono = this.#mono.fill(0);
    const gain = 1 / channels.length;
    for (const channel of channels) {
      for (let frame = 0; frame < frames; frame += 1) mono[frame] = (mono[frame] ?? 0) + (channel[frame] ?? 0) * gain;
    }
    return mono;
  }

  #convert(mono: Float32Array): Float32Array {
    if (this.#resampler === undefined) return mono;
    const most = this.#resampler.outputsFor(mono.length);
    if (this.#resampled.length < most) this.#resampled = new Float32Array(most);
    return this.#resampled.subarray(0, this.#resampler.process(mono, this.#resampled));
  }
}
