import { UnsupportedEnvironmentError } from "../errors.js";
import type { Logger } from "../log.js";
import type { AudioContextConstructor } from "./web-audio-options.js";
import { within } from "../util/within.js";
import { loadWorklet, type WorkletUrl } from "./worklet-loader.js";
import type { WorkletName } from "./worklets/protocol.js";

/** Asks a context to run. Without a gesture that may stay pending for ever; what it does shows in the state. Never throws. */
export function resumeContext(context: AudioContext, logger: Logger): void {
  context.resume().catch((error: unknown) => logger.debug("AudioContext.resume() failed.", error));
}

/** A share in an AudioContext. */
export interface ContextLease {
  readonly context: AudioContext;
  /** Resolves when the worklet is loaded. Rejects with UnsupportedEnvironmentError. */
  readonly ready: Promise<void>;
  /** Gives the share back; the last one closes the context. Idempotent; never throws. */
  release(): void;
}

export interface AudioEngineOptions {
  readonly AudioContext?: AudioContextConstructor | undefined;
  readonly workletUrl?: WorkletUrl | undefined;
  readonly logger: Logger;
}

interface SharedContext {
  readonly context: AudioContext;
  readonly worklets: Map<WorkletName, Promise<void>>;
  shares: number;
}

/** How long a worklet may take to load where the context runs: a server that does not answer would keep the user waiting for ever. */
const LOAD_MS = 15_000;

/** The rate that the hardware runs at, whatever it is. */
export const NATIVE_RATE = "native";

/**
 * The session's AudioContexts: one per sample rate, shared by microphone and speaker, made with the first share and closed
 * with the last. Where the browser cannot run at a rate, the context runs at the hardware's and the worklets resample.
 */
export class AudioEngine {
  readonly #options: AudioEngineOptions;
  readonly #contexts = new Map<number | typeof NATIVE_RATE, SharedContext>();

  constructor(options: AudioEngineOptions) {
    this.#options = options;
  }

  /**
   * Synchronous, so that a call in a user gesture makes a context that may start at once.
   * @param sampleRate wanted rate in Hz; read `context.sampleRate` for the one that is
   * @param worklet to be loaded; undefined for a context as it is
   * @throws UnsupportedEnvironmentError when the page has no AudioContext.
   */
  acquire(sampleRate: number | typeof NATIVE_RATE, worklet?: WorkletName): ContextLease {
    const present = this.#contexts.get(sampleRate);
    const shared = present === undefined || present.context.state === "closed" ? this.#create(sampleRate) : present;
    shared.shares += 1;
    const ready = worklet === undefined ? Promise.resolve() : this.#load(shared, worklet);
    let released = false;
    return {
      context: shared.context,
      ready,
      release: () => {
        if (released) return;
        released = true;
        shared.shares -= 1;
        if (shared.shares === 0) this.#close(sampleRate, shared);
      },
    };
  }

  /** Asks every context that stands still to run; to be called in a gesture. */
  resume(): void {
    for (const { context } of this.#contexts.values()) {
      if (context.state !== "running" && context.state !== "closed") resumeContext(context, this.#options.logger);
    }
  }

  /** A context that does not come to life again: whoever comes next has another. */
  abandon(context: AudioContext): void {
    for (const [rate, shared] of this.#contexts) if (shared.context === context) this.#contexts.delete(rate);
  }

  /** A context that will render nothing any more is closed, so that all who share it hear of it. */
  giveUp(context: AudioContext): void {
    this.abandon(context);
    this.#end(context);
  }

  #load({ context, worklets }: SharedContext, worklet: WorkletName): Promise<void> {
    const ready = worklets.get(worklet) ?? this.#inTime(context, worklet);
    worklets.set(worklet, ready);
    // Whoever holds the lease awaits it too; one that is released early does not.
    ready.catch(() => worklets.delete(worklet));
    return ready;
  }

  async #inTime(context: AudioContext, worklet: WorkletName): Promise<void> {
    const loading = loadWorklet(context, worklet, this.#options.workletUrl).then(() => "loaded");
    // Nobody knows of every browser that it loads anything before a context runs.
    const isHeld = (): boolean => context.state === "suspended" || context.state === "interrupted";
    while ((await within(loading, LOAD_MS, "late")) === "late") {
      if (isHeld()) continue;
      // It may know the processor yet, by a name that is given once.
      this.abandon(context);
      throw new UnsupportedEnvironmentError(
        `The ${worklet} worklet did not load within ${LOAD_MS} ms: does the server answer that \`workletUrl\` names?`,
      );
    }
  }

  #create(sampleRate: number | typeof NATIVE_RATE): SharedContext {
    const shared: SharedContext = {
      context: this.#construct(this.#contextConstructor(), sampleRate),
      worklets: new Map(),
      shares: 0,
    };
    this.#contexts.set(sampleRate, shared);
    return shared;
  }

  #contextConstructor(): AudioContextConstructor {
    if (this.#options.AudioContext !== undefined) return this.#options.AudioContext;
    if (typeof AudioContext !== "undefined") return AudioContext;
    throw new UnsupportedEnvironmentError("This page has no AudioContext (Web Audio): use a browser that has it.");
  }

  #construct(Context: AudioContextConstructor, sampleRate: number | typeof NATIVE_RATE): AudioContext {
    if (sampleRate === NATIVE_RATE) return new Context({ latencyHint: "interactive" });
    try {
      return new Context({ latencyHint: "interactive", sampleRate });
    } catch (error) {
      this.#options.logger.debug(`No AudioContext at ${String(sampleRate)} Hz; resampling instead.`, error);
      return new Context({ latencyHint: "interactive" });
    }
  }

  #close(key: number | typeof NATIVE_RATE, { context }: SharedContext): void {
    // It may have been replaced by one that works.
    if (this.#contexts.get(key)?.context === context) this.#contexts.delete(key);
    this.#end(context);
  }

  #end(context: AudioContext): void {
    if (context.state === "closed") return;
    context.close().catch((error: unknown) => {
      this.#options.logger.debug("AudioContext.close() failed.", error);
    });
  }
}
