import { describe, expect, it, onTestFinished, vi } from "vitest";
import { defaultLogger } from "../../../src/log.js";
import { AudioEngine, NATIVE_RATE } from "../../../src/media/audio-engine.js";
import type { AudioContextConstructor } from "../../../src/media/web-audio-options.js";

function engine(addModule = vi.fn(async () => undefined)) {
  const made: { sampleRate: number; state: string; close: ReturnType<typeof vi.fn> }[] = [];
  class FakeContext {
    readonly sampleRate: number;
    state = "running";
    readonly audioWorklet = { addModule };
    readonly close = vi.fn(async () => {
      this.state = "closed";
    });
    constructor(options?: AudioContextOptions) {
      if (options?.sampleRate === 8000) throw new DOMException("no", "NotSupportedError");
      this.sampleRate = options?.sampleRate ?? 48_000;
      made.push(this);
    }
  }
  const Context = FakeContext as unknown as AudioContextConstructor;
  return { made, addModule, engine: new AudioEngine({ AudioContext: Context, logger: defaultLogger }) };
}

describe("AudioEngine", () => {
  it("shares one context per rate, loads each worklet once, and closes with the last share", async () => {
    const { engine: audio, made, addModule } = engine();
    const microphone = audio.acquire(24_000, "capture");
    const speaker = audio.acquire(24_000, "playback");
    const swapped = audio.acquire(24_000, "capture");
    await Promise.all([microphone.ready, speaker.ready, swapped.ready]);
    expect(made).toHaveLength(1);
    expect(addModule).toHaveBeenCalledTimes(2);
    microphone.release();
    microphone.release();
    swapped.release();
    expect(made[0]?.close).not.toHaveBeenCalled();
    speaker.release();
    expect(made[0]?.close).toHaveBeenCalledTimes(1);
    audio.acquire(24_000, "capture");
    expect(made).toHaveLength(2);
  });

  it("makes a context for each rate, and takes the hardware's where the browser cannot run at one", () => {
    const { engine: audio, made } = engine();
    audio.acquire(24_000, "playback");
    audio.acquire(16_000, "capture");
    audio.acquire(8000, "capture");
    audio.acquire(NATIVE_RATE, "capture");
    expect(made.map(({ sampleRate }) => sampleRate)).toEqual([24_000, 16_000, 48_000, 48_000]);
  });

  it("tries a worklet again that failed to load", async () => {
    const addModule = vi.fn(async (): Promise<undefined> => undefined).mockRejectedValueOnce(new Error("offline"));
    const { engine: audio } = engine(addModule);
    const first = audio.acquire(24_000, "capture");
    await expect(first.ready).rejects.toThrow("CSP");
    await audio.acquire(24_000, "capture").ready;
  });

  it("gives up a worklet that does not load, and the context with it, but not while that is held", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { engine: audio, made } = engine(vi.fn(() => new Promise<undefined>(() => undefined)));
    const first = audio.acquire(24_000, "capture");
    const failed = vi.fn();
    first.ready.catch(failed);
    made[0]!.state = "suspended";
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failed).not.toHaveBeenCalled();
    made[0]!.state = "running";
    await vi.advanceTimersByTimeAsync(15_000);
    expect(failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "unsupported-environment" }));
    audio.acquire(24_000, "capture");
    expect(made).toHaveLength(2);
  });

  it("replaces a context that something else has closed", () => {
    const { engine: audio, made } = engine();
    const first = audio.acquire(24_000, "capture");
    made[0]!.state = "closed";
    const second = audio.acquire(24_000, "capture");
    expect(made).toHaveLength(2);
    first.release();
    expect(audio.acquire(24_000, "playback").context).toBe(second.context);
  });
});
