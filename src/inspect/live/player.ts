import { advance, type ActorState, type Entry, type Recording } from "../recording/recording.js";

/** Where entries come from: a recorder, or a file. */
export interface Source {
  readonly base: readonly ActorState[];
  readonly entries: readonly Entry[];
  /** In ms since the recording began: the latest moment there is. */
  readonly now: number;
}

/** What is to be seen of one moment. */
export interface Moment {
  readonly entries: readonly Entry[];
  readonly base: readonly ActorState[];
  /** The entry that is looked at, or the latest; undefined where there is none. */
  readonly entry: Entry | undefined;
  readonly index: number;
  readonly at: number;
  readonly actors: ReadonlyMap<string, ActorState>;
  /** The latest actor of each chart, by the chart's id. */
  readonly charts: ReadonlyMap<string, ActorState>;
  readonly mode: "live" | "past" | "file";
}

/** Goes back and forth in what was recorded. */
export class Player {
  readonly #live: Source;
  #file: Source | undefined;
  /** Undefined follows the latest. */
  #chosen: Entry | undefined;

  constructor(live: Source) {
    this.#live = live;
  }

  /** Looks at a file from now on; undefined at what is recorded here. */
  open(file: Recording | undefined): void {
    this.#file = file === undefined ? undefined : { base: file.base, entries: file.entries, now: file.until };
    this.#chosen = file?.entries.at(-1);
  }

  /** @param entry Undefined follows the latest. */
  choose(entry: Entry | undefined): void {
    this.#chosen = entry ?? this.#file?.entries.at(-1);
  }

  get moment(): Moment {
    const { base, entries, now } = this.#file ?? this.#live;
    // What was looked at may have been forgotten meanwhile.
    const found = this.#chosen === undefined ? -1 : entries.indexOf(this.#chosen);
    if (found === -1) this.#chosen = undefined;
    const index = found === -1 ? entries.length - 1 : found;
    const actors = new Map(base.map((state) => [state.actor, state]));
    for (const entry of entries.slice(0, index + 1)) advance(actors, entry);
    const charts = new Map<string, ActorState>();
    for (const state of actors.values()) {
      if (state.chart !== undefined) charts.set(state.chart, state);
    }
    const isLive = this.#file === undefined && this.#chosen === undefined;
    return {
      base,
      entries,
      entry: entries[index],
      index,
      at: isLive ? now : (entries[index]?.at ?? 0),
      actors,
      charts,
      mode: this.#file !== undefined ? "file" : isLive ? "live" : "past",
    };
  }
}
