/** How much of one item (one utterance of the bot) has been played. */
export interface PlayedItem {
  /** The id given to `write`. */
  readonly itemId: string;
  /** Samples rendered to the output, at `sampleRate`. */
  readonly playedSamples: number;
  /** Samples received so far, at `sampleRate`. */
  readonly receivedSamples: number;
  /** Hz. */
  readonly sampleRate: number;
}

/** What playback tells its owner. Low rate: edges, and progress about ten times a second while audible. */
export type PlaybackReport =
  /** The first sample of the item was rendered. */
  | { readonly type: "began"; readonly item: PlayedItem }
  | { readonly type: "progress"; readonly item: PlayedItem }
  /**
   * Every sample received so far has been rendered; more may come. `lost`: the output is gone, and what it had not rendered with it;
   * the next one counts anew.
   */
  | { readonly type: "drained"; readonly item: PlayedItem; readonly lost?: true }
  /** The browser's autoplay policy holds the output; `resume()` in a user gesture frees it. */
  | { readonly type: "blocked" }
  /** It is heard again, after `blocked` or `interrupted`. */
  | { readonly type: "unblocked" };

/** What becomes of the output, beside what it plays. */
export type OutputReport =
  | PlaybackReport
  /** The system holds it, as a phone does during a call, or the browser does not let it run although it may. */
  | { readonly type: "interrupted" }
  /** It is gone: the page closed its context, or its worklet crashed. The port has released it. Once, after a `drained` for each item. */
  | { readonly type: "lost"; readonly error: Error };

/** Playback as the `speaker` chart drives it. Audio reaches it through the downlink pipe, never as an event. */
export interface SpeakerPort {
  /** Prepares the output. Resolves when `write` may be heard or `blocked` was reported. Never waits for a gesture. */
  open(reports: (report: OutputReport) => void, signal: AbortSignal): Promise<void>;
  /** Queues 16-bit mono PCM at the port's sample rate. Anything written before `open` resolves is kept and played. */
  write(pcm: Int16Array, itemId: string): void;
  /** Silences the output within one render quantum plus the fade, and forgets what was queued. */
  interrupt(): Promise<readonly PlayedItem[]>;
  /** Tries to leave `blocked` or `interrupted`; call it in a user gesture. */
  resume(): Promise<void>;
  /** Releases the output. Idempotent; never throws. */
  close(): void;
}
