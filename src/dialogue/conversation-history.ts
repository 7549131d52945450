import { BoundedSet } from "../util/bounded-set.js";

/** What was said or done in a conversation. */
export type HistoryItem =
  | {
      readonly type: "message";
      readonly role: "system" | "user" | "assistant";
      /** Text, or a list of parts as the app gave it. */
      readonly content: unknown;
    }
  | {
      readonly type: "tool-call";
      readonly callId: string;
      readonly name: string;
      /** JSON, as the model wrote it. */
      readonly arguments: string;
    }
  | { readonly type: "tool-result"; readonly callId: string; readonly output: string };

/** How much of a conversation is kept; beyond that the oldest of it goes first. */
export interface HistoryLimits {
  /** What was said, a tool call and its result count as one each. Default 512. */
  readonly items?: number;
  /** Characters of all items, as JSON; an item that has more is not kept. Default 256 Ki. */
  readonly characters?: number;
}

interface Entry {
  item: HistoryItem | undefined;
  size: number;
  /** Goes only when there is nothing else. */
  readonly pinned?: boolean;
}

/**
 * The conversation so far, in its order, as text: what an app may ask for, and what a new session could be told after a
 * loss. Bounded: beyond its limits the oldest go. System messages, and what the conversation began with, stay while there is anything
 * else, as long as they are no more than three quarters of it.
 *
 * Words often come later than the turn they belong to: `reserve()` keeps a turn's place, `note()` fills it.
 */
export class ConversationHistory {
  readonly #entries = new Map<string, Entry>();
  readonly #limits: Required<HistoryLimits>;
  /** Whose words may still come, and are not part of the conversation any more. */
  #gone = new BoundedSet(1_024);
  #characters = 0;
  #appended = 0;

  constructor({ items = 512, characters = 256 * 1024 }: HistoryLimits = {}) {
    this.#limits = { items, characters };
  }

  /** What is known, oldest first. Turns without words, and results whose call is gone, are left out. */
  get items(): readonly HistoryItem[] {
    const known = [...this.#entries.values()].flatMap(({ item }) => (item === undefined ? [] : [item]));
    const calls = new Set(known.map((item) => (item.type === "tool-call" ? item.callId : undefined)));
    return known.filter((item) => item.type !== "tool-result" || calls.has(item.callId));
  }

  /** Adds what has no id of its own. `pinned`: the conversation begins with it. */
  append(item: HistoryItem, pinned = false): void {
    const id = this.#ownId();
    this.#entries.set(id, { item: undefined, size: 0, pinned });
    this.note(id, item);
  }

  /**
   * Another session is told the conversation, in its order: from now on each item goes by the id that it has there, and
   * what the old session may still say of its own ids means nothing. Turns whose words have not come are let go.
   * @param tell Tells one item, and returns its id; undefined where it is not told, null where it is to be let go.
   */
  retell(tell: (item: HistoryItem) => string | null | undefined): void {
    const known = [...this.#entries.values()];
    this.#entries.clear();
    this.#gone = new BoundedSet(1_024);
    for (const entry of known) {
      if (entry.item === undefined) continue;
      const id = tell(entry.item);
      if (id === null) this.#characters -= entry.size;
      else this.#entries.set(id ?? this.#ownId(), entry);
    }
  }

  /** A turn has its place from now on; its words come later, or never. */
  reserve(id: string): void {
    if (this.#entries.has(id) || this.#gone.has(id)) return;
    this.#entries.set(id, { item: undefined, size: 0 });
    this.#trim();
  }

  /** What is known of a turn now, at its place, or at the end where it had none. An empty text, or one that is too large, takes it back. */
  note(id: string, item: HistoryItem): void {
    if (this.#gone.has(id)) return;
    const entry = this.#entries.get(id) ?? { item: undefined, size: 0 };
    this.#entries.set(id, entry);
    this.#characters -= entry.size;
    const size = sizeOf(item);
    // What is too large by itself must not take everything else along.
    const isKept = size <= this.#limits.characters && !(item.type === "message" && item.content === "");
    entry.item = isKept ? item : undefined;
    entry.size = isKept ? size : 0;
    this.#characters += entry.size;
    this.#trim();
  }

  /** A turn is not part of the conversation any more. */
  remove(id: string): void {
    this.#characters -= this.#entries.get(id)?.size ?? 0;
    this.#entries.delete(id);
    this.#gone.add(id);
  }

  /** The newest result of a call is not part of the conversation. */
  removeResult(callId: string): void {
    const isResult = ([, { item }]: readonly [string, Entry]): boolean =>
      item?.type === "tool-result" && item.callId === callId;
    const newest = [...this.#entries].findLast(isResult);
    if (newest !== undefined) this.remove(newest[0]);
  }

  /** None of it is part of the conversation any more. */
  clear(): void {
    for (const id of [...this.#entries.keys()]) this.remove(id);
  }

  #ownId(): string {
    this.#appended += 1;
    // A space: no service's id has one.
    return `appended ${this.#appended}`;
  }

  #trim(): void {
    while (this.#entries.size > this.#limits.items || this.#characters > this.#limits.characters) {
      const oldest = this.#oldest();
      if (oldest === undefined) return;
      this.remove(oldest);
    }
  }

  /** What goes next: what was said, unless what is dearer leaves it too little room. */
  #oldest(): string | undefined {
    const oldest: Partial<Record<Rank, string>> = {};
    const dear = { items: 0, characters: 0 };
    for (const [id, entry] of this.#entries) {
      const rank = rankOf(entry);
      oldest[rank] ??= id;
      if (rank === "said") continue;
      dear.items += 1;
      dear.characters += entry.size;
    }
    const { items, characters } = this.#limits;
    const isMost = dear.items > DEAREST * items || dear.characters > DEAREST * characters;
    const said = isMost && dear.items > 1 ? undefined : oldest.said;
    return said ?? oldest.note ?? oldest.beginning ?? oldest.said ?? oldest.rule;
  }
}

/** How much of the room is for what goes last: notes of an app, of what the user sees, may come for ever. */
const DEAREST = 0.75;

/** How dear an entry is, from the least: a note is what the system says later, a rule what it said in the beginning. */
type Rank = "said" | "note" | "beginning" | "rule";

function rankOf({ item, pinned }: Entry): Rank {
  const isSystem = item?.type === "message" && item.role === "system";
  if (pinned !== true) return isSystem ? "note" : "said";
  return isSystem ? "rule" : "beginning";
}

function sizeOf(item: HistoryItem): number {
  if (item.type === "tool-call") return item.name.length + item.arguments.length;
  if (item.type === "tool-result") return item.output.length;
  return typeof item.content === "string" ? item.content.length : JSON.stringify(item.content).length;
}
