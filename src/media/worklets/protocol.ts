/**
 * What the worklets and the main thread say to each other. Sample counts of playback are at the stream's rate
 * (`inputRate` of playback), whatever rate the context runs at.
 */

/** Names under which the processors are registered. */
export const PROCESSOR_NAMES = { capture: "rtvi-machine-capture", playback: "rtvi-machine-playback" } as const;

export type WorkletName = keyof typeof PROCESSOR_NAMES;

/** `processorOptions` of the capture node. */
export interface CaptureOptions {
  /** Hz of the chunks. */
  readonly outputRate: number;
  /** Length of a chunk in milliseconds; may be a fraction of a sample. */
  readonly chunkMs: number;
  /** How often the level is told, in milliseconds. */
  readonly levelMs: number;
}

/** Ends a processor for good. */
export interface StopCommand {
  readonly type: "stop";
}

/** The answer to `stop`, and a processor's last message. */
export interface StoppedMessage {
  readonly type: "stopped";
}

export type CaptureProcessorCommand = { readonly type: "streaming"; readonly streaming: boolean } | StopCommand;

export type CaptureMessage =
  /** 16-bit mono PCM; transferred, not copied. */
  | { readonly type: "chunk"; readonly pcm: ArrayBuffer }
  /** As often as `levelMs` says while there is something to hear, and one 0 when it falls silent. */
  | { readonly type: "level"; readonly rms: number }
  /** Once for each second in which no input reached the node. */
  | { readonly type: "starved" };

/** `processorOptions` of the playback node. */
export interface PlaybackOptions {
  /** Hz of the samples that are written. */
  readonly inputRate: number;
  /** How often progress and level are told while something is heard, in milliseconds. */
  readonly levelMs: number;
}

export type PlaybackProcessorCommand =
  | { readonly type: "write"; readonly itemId: string; readonly pcm: ArrayBuffer }
  | { readonly type: "interrupt"; readonly requestId: number; readonly fadeMs: number }
  | StopCommand;

/** Counts of one item. */
export interface ItemCount {
  readonly itemId: string;
  readonly playedSamples: number;
  readonly receivedSamples: number;
}

export type PlaybackMessage =
  /** `rms` rides along with the regular progress: each message wakes the main thread. */
  | { readonly type: "began" | "progress" | "drained"; readonly item: ItemCount; readonly rms?: number }
  /** The level while no item is audible. */
  | { readonly type: "level"; readonly rms: number }
  /** The answer to `interrupt`: items that had samples left, in the order of playing. */
  | { readonly type: "cut"; readonly requestId: number; readonly items: readonly ItemCount[] };

/** Posts a message; `transfer` changes hands. */
export type Post<Message> = (message: Message, transfer?: ArrayBuffer[]) => void;
