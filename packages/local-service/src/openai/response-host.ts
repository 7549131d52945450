import type { AudioEncoding } from "../audio/formats.js";
import type { Plan } from "../bot/replier.js";
import type { Settings } from "../options.js";
import type { Timers } from "../timers.js";
import type { Conversation } from "./conversation.js";
import type { Item, ItemStatus } from "./items.js";
import type { Send } from "./server-event.js";

/** One response, settled before it starts. */
export interface ResponseRequest {
  readonly id: string;
  /** False for an out-of-band response, which leaves no items behind. */
  readonly inConversation: boolean;
  readonly modality: "audio" | "text";
  readonly format: AudioEncoding;
  readonly voice: unknown;
  readonly metadata: unknown;
  readonly maxTokens: number | "inf";
  /** The items that it answers. */
  readonly context: readonly Item[];
  readonly plan: Plan;
}

/** How a response ended. */
export type Ending = "completed" | "cancelled" | "incomplete" | "failed";

/** Where a response writes to. */
export interface ResponseHost {
  readonly send: Send;
  readonly conversation: Conversation;
  readonly settings: Settings;
  readonly timers: Timers;
  readonly lateDeltas: boolean;
  readonly fails: boolean;
  /** The response has ended, whichever way; its `response.done` is sent. */
  done(ending: Ending, made: readonly Item[]): void;
}

/** Writes one item of a response. */
export interface ItemWriter {
  readonly item: Item;
  /** Writes a bit more, and yields how many ms to wait before the next. Returns false when it had to stop early. */
  write(): Generator<number, boolean>;
  /** Ends the item; `done` events go out. Safe to call twice. */
  close(status: ItemStatus): void;
  /** Sound that was not sent, delta by delta. */
  leftovers(): Iterable<() => void>;
}
