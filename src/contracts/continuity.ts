import type { Fault } from "./fault.js";

/**
 * What became of the conversation on a new connection: `fresh`, the bot is new and knows nothing of it; `resumed`, the service
 * kept it; `replayed`, it was told again.
 */
export type Continuity = "fresh" | "resumed" | "replayed";

/** How a session came back: from its loss, or from a planned change of connections, to `ready`. */
export interface Recovery {
  /** Attempts it took, the one that succeeded included. */
  readonly attempts: number;
  /** From the loss to `ready`, in ms, time without a network included. */
  readonly gapMs: number;
  readonly continuity: Continuity;
  /** Whether the connection was changed on purpose, before the service would have ended it. */
  readonly planned: boolean;
  /** Why the connection was lost; absent when it was changed on purpose. */
  readonly fault?: Pick<Fault, "code" | "message" | "closeCode">;
}

/** When a connection is to be changed for a new one, in ms: from `afterMs` (default 0) on, and `withinMs` later at the latest. */
export interface PlannedChange {
  readonly afterMs?: number;
  readonly withinMs: number;
}
