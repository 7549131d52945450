import type { OutputReport, PlayedItem } from "../contracts/speaker.js";
import type { Logger } from "../log.js";
import type { AudioEngine, ContextLease } from "./audio-engine.js";
import { ContextWatch, type OutputEdge } from "./context-watch.js";
import { OutputRoute } from "./output-route.js";
import { MOST_MINUTES, PlaybackCounter } from "./playback-counter.js";
import { onCrash, releaseAfter } from "./end-processor.js";
import { tearDown } from "./teardown.js";
import {
  type PlaybackProcessorCommand,
  type PlaybackMessage,
  type PlaybackOptions,
  PROCESSOR_NAMES,
} from "./worklets/protocol.js";

/** A worklet answers within a render quantum; one that does not is not running. */
const ANSWER_MS = 500;

export interface PlaybackSettings {
  readonly engine: AudioEngine;
  /** Hz of what is written. */
  readonly sampleRate: number;
  readonly fadeMs: number;
  /** How often the level is told while something is heard, in ms. */
  readonly levelMs: number;
  readonly logger: Logger;
}

export interface PlaybackEvents {
  report(report: OutputReport): void;
  /** Root mean square, 0..1, about ten times a second while audible, and one 0 after it. */
  level(rms: number): void;
}

interface Interruption {
  readonly resolve: (items: readonly PlayedItem[]) => void;
  readonly fallback: readonly PlayedItem[];
  readonly timer: ReturnType<typeof setTimeout>;
}

/** One output: PCM → worklet → destination. It is used once; opening again makes another. */
export class PlaybackSession {
  readonly #settings: PlaybackSettings;
  readonly #events: PlaybackEvents;
  readonly #counter: PlaybackCounter;
  readonly #interruptions = new Map<number, Interruption>();
  #early: PlaybackProcessorCommand[] = [];
  #requests = 0;
  /** Interruptions that the worklet has not dealt with; until then its reports are of what was cut. */
  #cutsAwaited = 0;
  #closed = false;
  #overrun = false;
  #lease: ContextLease | undefined;
  #contextWatch: ContextWatch | undefined;
  #node: AudioWorkletNode | undefined;
  #output: OutputRoute | undefined;

  constructor(settings: PlaybackSettings, events: PlaybackEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#counter = new PlaybackCounter(settings.sampleRate);
  }

  get context(): AudioContext | undefined {
    return this.#lease?.context;
  }

  /** The bot's audio as a track, from the moment that `start` resolves until the session closes. */
  get track(): MediaStreamTrack | undefined {
    return this.#output?.track;
  }

  /**
   * Makes the output ready, or finds it blocked.
   * @throws UnsupportedEnvironmentError. After `close()` it resolves without effect.
   */
  async start(): Promise<void> {
    try {
      this.#lease = this.#settings.engine.acquire(this.#settings.sampleRate, "playback");
      const { context } = this.#lease;
      this.#contextWatch = new ContextWatch(context, (edge) => this.#onEdge(edge), this.#settings.logger);
      const running = this.#contextWatch.start();
      await this.#lease.ready;
      if (this.#closed) return;
      this.#join(context);
      await running;
    } catch (error) {
      if (this.#closed) return;
      this.close();
      throw error;
    }
  }

  /** Queues samples. Of more than half an hour that waits to be played, the newest is dropped. */
  write(pcm: Int16Array, itemId: string): void {
    if (this.#closed || pcm.length === 0) return;
    if (!this.#counter.written(itemId, pcm.length)) {
      this.#warnOfOverrun();
      return;
    }
    // The one copy: the caller keeps its samples, the worklet owns these.
    const { buffer } = pcm.slice();
    this.#send({ type: "write", itemId, pcm: buffer }, [buffer]);
  }

  /** Silences what was written so far; see `SpeakerPort.interrupt`. */
  interrupt(): Promise<readonly PlayedItem[]> {
    const fallback = this.#counter.cut();
    if (this.#node === undefined) {
      this.#early = [];
      return Promise.resolve(fallback);
    }
    this.#requests += 1;
    this.#cutsAwaited += 1;
    const requestId = this.#requests;
    // What fades in a context that stands still would be heard when it moves on.
    const fadeMs = this.context?.state === "running" ? this.#settings.fadeMs : 0;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer(requestId, fallback), ANSWER_MS);
      this.#interruptions.set(requestId, { resolve, fallback, timer });
      this.#send({ type: "interrupt", requestId, fadeMs });
    });
  }

  /** To be called in a gesture; resolves when the output runs, or when it is clear that it does not. */
  async resume(): Promise<void> {
    await this.#contextWatch?.start();
  }

  /** Idempotent; never throws. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const node = this.#node;
    const lease = this.#lease;
    const output = this.#output;
    this.#node = undefined;
    this.#output = undefined;
    this.#early = [];
    tearDown(this.#settings.logger, [
      () => output?.end(),
      () => this.#contextWatch?.dispose(),
      () => {
        for (const [requestId, { fallback }] of this.#interruptions) this.#answer(requestId, fallback);
      },
      () => releaseAfter(node, lease, this.#settings.logger),
    ]);
  }

  #join(context: AudioContext): void {
    const node = new AudioWorkletNode(context, PROCESSOR_NAMES.playback, {
      numberOfInputs: 0,
      numberOfOutputs: 1,
      outputChannelCount: [1],
      processorOptions: {
        inputRate: this.#settings.sampleRate,
        levelMs: this.#settings.levelMs,
      } satisfies PlaybackOptions,
    });
    node.port.onmessage = (event: MessageEvent<PlaybackMessage>) => this.#onMessage(event.data);
    onCrash(node, () => this.#lose("The playback worklet failed."));
    this.#output = new OutputRoute(context, node, this.#settings.logger);
    this.#node = node;
    const early = this.#early;
    this.#early = [];
    for (const command of early) this.#send(command, command.type === "write" ? [command.pcm] : []);
  }

  #send(command: PlaybackProcessorCommand, transfer: Transferable[] = []): void {
    if (this.#node === undefined) this.#early.push(command);
    else this.#node.port.postMessage(command, transfer);
  }

  #warnOfOverrun(): void {
    if (this.#overrun) return;
    this.#overrun = true;
    this.#settings.logger.warn(
      `More than ${MOST_MINUTES} minutes of the bot's audio wait to be played; what is more is dropped.`,
    );
  }

  #answer(requestId: number, items: readonly PlayedItem[]): void {
    const interruption = this.#interruptions.get(requestId);
    if (interruption === undefined) return;
    this.#interruptions.delete(requestId);
    clearTimeout(interruption.timer);
    interruption.resolve(items);
  }

  #onMessage(message: PlaybackMessage): void {
    if (this.#closed) return;
    if (message.type !== "cut" && message.rms !== undefined) this.#events.level(message.rms);
    if (message.type === "level") return;
    if (message.type === "cut") {
      this.#cutsAwaited -= 1;
      const items = message.items.map((item) => this.#counter.item(item));
      this.#answer(message.requestId, items);
    } else if (this.#cutsAwaited === 0) {
      this.#events.report({ type: message.type, item: this.#counter.played(message.item) });
    }
  }

  #onEdge(edge: OutputEdge): void {
    if (edge === "closed") this.#lose("The page, or the browser, closed the AudioContext that plays the bot.");
    else this.#events.report({ type: edge });
  }

  /** What waits to be played goes with it: each item ends here, as far as it was heard. */
  #lose(why: string): void {
    if (this.#closed) return;
    const items = this.#counter.lose();
    this.close();
    for (const item of items) this.#events.report({ type: "drained", item, lost: true });
    this.#events.report({ type: "lost", error: new Error(why) });
  }
}
