import { advance, type ActorState, type Entry, type MessageEntry } from "./recording.js";

/** How much a ring keeps. */
export interface RingLimits {
  /** How far back, in ms. */
  readonly ms: number;
  /** How long its entries may be as JSON, in UTF-16 units. */
  readonly bytes: number;
}

/** Messages of one type are one entry for so long, in ms. */
const MERGED_MS = 1_000;

interface Kept {
  readonly size: number;
  entry: Entry;
}

/** The latest entries, and where the actors were before the first of them. */
export class Ring {
  readonly #limits: RingLimits;
  readonly #base = new Map<string, ActorState>();
  #kept: Kept[] = [];
  /** Those before it are forgotten: the list is cut from time to time only. */
  #first = 0;
  #size = 0;
  readonly #messages = new Map<string, Kept>();

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  get base(): readonly ActorState[] {
    return [...this.#base.values()];
  }

  get entries(): readonly Entry[] {
    return this.#kept.slice(this.#first).map(({ entry }) => entry);
  }

  /** Adds an entry, or counts a message with the last of its type. @returns whether it is an entry of its own. */
  add(entry: Entry): boolean {
    if (entry.kind === "message" && this.#merge(entry)) return false;
    const kept = { entry, size: JSON.stringify(entry).length + 1 };
    this.#kept.push(kept);
    this.#size += kept.size;
    if (entry.kind === "message") this.#messages.set(nameOf(entry), kept);
    this.#drop(entry.at);
    return true;
  }

  #merge(message: MessageEntry): boolean {
    const last = this.#messages.get(nameOf(message));
    if (last?.entry.kind !== "message" || message.at - last.entry.at >= MERGED_MS) return false;
    const { entry } = last;
    last.entry = { ...entry, size: entry.size + message.size, count: entry.count + message.count };
    return true;
  }

  #drop(now: number): void {
    for (let oldest = this.#kept[this.#first]; oldest !== undefined; oldest = this.#kept[this.#first]) {
      const isOld = now - oldest.entry.at > this.#limits.ms;
      if (!isOld && this.#size <= this.#limits.bytes) break;
      advance(this.#base, oldest.entry);
      this.#forgetEnded(oldest.entry);
      this.#forgetMessage(oldest);
      this.#size -= oldest.size;
      this.#first += 1;
    }
    if (this.#first < 1_000 || this.#first * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#first);
    this.#first = 0;
  }

  /** The next of its type is an entry of its own: a service may give every message another. */
  #forgetMessage(kept: Kept): void {
    const { entry } = kept;
    if (entry.kind === "message" && this.#messages.get(nameOf(entry)) === kept) this.#messages.delete(nameOf(entry));
  }

  /** An actor that had ended before the first entry is no one's concern. */
  #forgetEnded(entry: Entry): void {
    if (entry.kind === "step" && entry.status !== undefined) this.#base.delete(entry.actor);
  }
}

function nameOf({ direction, type }: MessageEntry): string {
  return `${direction} ${type}`;
}
