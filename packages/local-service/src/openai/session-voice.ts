import type { ServerEvent } from "./server-event.js";

/** What was cut when a voice was silenced. */
export interface CutVoice {
  readonly itemId: string;
  readonly playedMs: number;
}

/** Plays a session's sound where it does not travel in events. */
export interface SessionVoice {
  /** Looks at every event on its way out; true when it must not be sent, because it is sound. */
  takes(event: ServerEvent): boolean;
  /** Silences what is played; undefined when nothing was. */
  clear(): CutVoice | undefined;
}
