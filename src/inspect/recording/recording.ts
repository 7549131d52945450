import type { MessageOutline, Statistics } from "../../contracts/inspector.js";

/** Plain data, as JSON has it. */
export type Data = null | boolean | number | string | readonly Data[] | { readonly [key: string]: Data };

/** An event with what it carries, redacted. */
export interface RecordedEvent {
  readonly type: string;
  readonly [key: string]: Data;
}

/** An actor began. */
export interface ActorEntry {
  readonly kind: "actor";
  /** In ms since the recording began, as all times here. */
  readonly at: number;
  /** Its name in the recording: its id, with a number from the second of that name on (`connection#2`). */
  readonly actor: string;
  readonly parent?: string;
  /** The id of its chart; none where it is no chart. */
  readonly chart?: string;
}

/**
 * What a chart's action did beyond the chart: `send mic.requested to microphone`, `emit bot-ready`, `start capture`, `openUplink`;
 * with what the event carries, if it carries something.
 */
export type Act = string | { readonly act: string; readonly carrying: Readonly<Record<string, Data>> };

/** An event arrived at an actor, and what it did. */
export interface StepEntry {
  readonly kind: "step";
  readonly at: number;
  readonly actor: string;
  readonly event: RecordedEvent;
  /** Which actor sent it; none where it came from outside, or from a timer. */
  readonly from?: string;
  /** Nothing in the chart reacts to it in this state. */
  readonly ignored?: true;
  /** Transitions that were taken, as `ChartLayout` has them. */
  readonly took?: readonly string[];
  /** What the chart's actions did, in their order. Recordings of 0.1 have it nowhere. */
  readonly did?: readonly Act[];
  /** The state after it, where it is another one. */
  readonly value?: Data;
  /** What changed in the context. */
  readonly context?: Readonly<Record<string, Data>>;
  /** Where it is not `active` any more. */
  readonly status?: string;
  /** What was thrown, where the actor crashed: its class and code, and its words if texts are kept. */
  readonly error?: Data;
}

/** Messages of the connection of one type, one after another, within a second. */
export interface MessageEntry {
  readonly kind: "message";
  readonly at: number;
  readonly direction: MessageOutline["direction"];
  readonly type: string;
  /** Of all of them. */
  readonly size: number;
  readonly count: number;
}

/** What a connection and the player measured of themselves. Recordings of version 1 have none. */
export interface StatisticsEntry {
  readonly kind: "statistics";
  readonly at: number;
  readonly numbers: Statistics;
}

export type Entry = ActorEntry | StepEntry | MessageEntry | StatisticsEntry;

/** An entry that no actor was told of: it changes none. */
export const isBeside = (entry: Entry): entry is MessageEntry | StatisticsEntry =>
  entry.kind === "message" || entry.kind === "statistics";

/** Where an actor is. */
export interface ActorState {
  readonly actor: string;
  readonly parent?: string;
  readonly chart?: string;
  readonly status: string;
  readonly value: Data;
  readonly context: Readonly<Record<string, Data>>;
}

/** What a recording says of the place where it was made. */
export type Surroundings = Readonly<Record<string, Data>>;

/** A recording as a file. */
export interface Recording {
  readonly format: "rtvi-machine recording";
  /** 2; 1 where it is older than measurements. */
  readonly version: 1 | 2;
  /** When it began, in ISO 8601. */
  readonly began: string;
  /** How long after that it was written, in ms. */
  readonly until: number;
  readonly surroundings: Surroundings;
  /** Where the actors were when the first of the entries came: older ones are gone. */
  readonly base: readonly ActorState[];
  readonly entries: readonly Entry[];
}

/** The same with an entry taken into account. Actors that have ended are still there, with their last state. */
export function advance(actors: Map<string, ActorState>, entry: Entry): void {
  if (isBeside(entry)) return;
  const { actor } = entry;
  if (entry.kind === "actor") {
    const { parent, chart } = entry;
    actors.set(actor, {
      actor,
      ...(parent !== undefined && { parent }),
      ...(chart !== undefined && { chart }),
      status: "active",
      value: null,
      context: {},
    });
    return;
  }
  const known = actors.get(actor);
  if (known === undefined) return;
  actors.set(actor, {
    ...known,
    status: entry.status ?? known.status,
    value: entry.value ?? known.value,
    context: entry.context === undefined ? known.context : { ...known.context, ...entry.context },
  });
}
