import {
  createActor,
  createMachine,
  type AnyActorScope,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
} from "xstate";
import {
  connectionMachine,
  microphoneMachine,
  speakerMachine,
  transportMachine,
  turnsMachine,
} from "../../../machines/index.js";
import { isRecord } from "../../util/records.js";
import { BLANK, CUT } from "./redaction.js";
import { readRecording } from "./read-recording.js";
import { advance, type ActorState, type Data, type StepEntry } from "./recording.js";

/** Charts that a recording may be of, by their id. */
export type Charts = Readonly<Record<string, AnyStateMachine>>;

export interface ReplayOptions {
  /** In place of this library's own: of another build, or of your own chart. */
  readonly charts?: Charts;
}

/** The first event after which a build is elsewhere than the recorded one was. */
export interface Difference {
  /** Its place among the recording's entries. */
  readonly index: number;
  /** In ms since the recording began. */
  readonly at: number;
  readonly actor: string;
  readonly event: string;
  /** What differs. */
  readonly of: "state" | "context" | "status" | "error";
  readonly recorded: Data;
  readonly replayed: Data;
}

/** What came of a replay. */
export interface Replayed {
  /** How many events were replayed. */
  readonly steps: number;
  /** How many had nothing to replay them with: no chart of that id, or no state to begin with. */
  readonly skipped: number;
  /** None where this build does as the recorded one did. */
  readonly difference?: Difference;
}

const OWN: Charts = Object.fromEntries(
  [transportMachine, connectionMachine, turnsMachine, microphoneMachine, speakerMachine].map((chart) => [
    chart.id,
    chart as AnyStateMachine,
  ]),
);

/**
 * Drives the real charts through the events of a recording: each chart is told what it was told then, timers included, and must go
 * where it went then. Nothing is connected, played or waited for.
 * @param file A recording: the object, or its JSON text.
 * @throws InvalidOptionsError where it is none.
 */
export function replay(file: unknown, options: ReplayOptions = {}): Replayed {
  const { base, entries } = readRecording(file);
  const charts = { ...OWN, ...options.charts };
  const recorded = new Map(base.map((state) => [state.actor, state]));
  const running = new Map<string, AnyMachineSnapshot>();
  for (const state of base) {
    const snapshot = restored(charts, state);
    if (snapshot !== undefined) running.set(state.actor, snapshot);
  }
  let [steps, skipped] = [0, 0];
  for (const [index, entry] of entries.entries()) {
    advance(recorded, entry);
    if (entry.kind !== "step") continue;
    const expected = recorded.get(entry.actor);
    const chart = charts[expected?.chart ?? ""];
    if (expected?.chart === undefined) continue;
    if (chart === undefined) {
      skipped += 1;
      continue;
    }
    const outcome = step(chart, running.get(entry.actor), entry);
    if (outcome === undefined) {
      skipped += 1;
      continue;
    }
    steps += 1;
    const found = outcome instanceof Error ? thrown(outcome) : differenceOf(expected, outcome);
    if (found !== undefined) {
      const { at, actor, event } = entry;
      return { steps, skipped, difference: { index, at, actor, event: event.type, ...found } };
    }
    if (!(outcome instanceof Error)) running.set(entry.actor, outcome);
  }
  return { steps, skipped };
}

/** Charts speak to a parent, which has its own events in the recording. */
const parent = createActor(createMachine({}));

/** Lets a chart take steps without anything coming of them. */
function stage(chart: AnyStateMachine): AnyActorScope {
  const self = createActor(chart, { parent });
  const nothing = (): void => undefined;
  return {
    self,
    id: self.id,
    sessionId: self.sessionId,
    system: self.system,
    logger: nothing,
    defer: nothing,
    emit: nothing,
    stopChild: nothing,
    actionExecutor: nothing,
  };
}

function step(
  chart: AnyStateMachine,
  snapshot: AnyMachineSnapshot | undefined,
  { event }: StepEntry,
): AnyMachineSnapshot | Error | undefined {
  const told = revived(event) as AnyEventObject;
  try {
    if (told.type === "xstate.init") return chart.getInitialSnapshot(stage(chart), told.input);
    return snapshot === undefined ? undefined : chart.transition(snapshot, told, stage(chart));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

type Found = Pick<Difference, "of" | "recorded" | "replayed">;

const thrown = ({ message }: Error): Found => ({ of: "error", recorded: null, replayed: message });

function differenceOf(recorded: ActorState, snapshot: AnyMachineSnapshot): Found | undefined {
  const { value, status, context } = plain(snapshot);
  if (!isSame(recorded.value, value)) return { of: "state", recorded: recorded.value, replayed: value };
  if (!isSame(recorded.context, context)) return { of: "context", recorded: recorded.context, replayed: context };
  if (recorded.status !== status) return { of: "status", recorded: recorded.status, replayed: status };
  return undefined;
}

/** As JSON has it. The events that led here were redacted, so nothing is left to redact. */
function plain(snapshot: AnyMachineSnapshot): {
  readonly value: Data;
  readonly status: string;
  readonly context: Data;
} {
  return JSON.parse(
    JSON.stringify(
      { value: snapshot.value, status: snapshot.status, context: snapshot.context },
      (_, value: unknown) =>
        typeof value === "number" && !Number.isFinite(value) ? { $number: String(value) } : value,
    ),
  ) as never;
}

/** Numbers that JSON has not, and other values, as they were. */
function revived(data: Data): unknown {
  if (typeof data !== "object" || data === null) return data;
  if (Array.isArray(data)) return data.map((each: Data) => revived(each));
  const fields: [string, Data][] = Object.entries(data);
  const [[key, value] = []] = fields;
  if (fields.length === 1 && key === "$number") return Number(value);
  return Object.fromEntries(fields.map(([name, each]) => [name, revived(each)]));
}

/** @param one As it was recorded. */
function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, index) => isSame(each, other[index]));
  }
  if (isRecord(one) && isRecord(other)) {
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) => isSame(one[key], other[key]));
  }
  if (typeof one !== "string" || typeof other !== "string") return one === other;
  // What a chart says in words of its own is recorded in part, or not at all.
  return one === other || one === BLANK || (one.endsWith(CUT) && other.startsWith(one.slice(0, -CUT.length)));
}

/** A chart in the middle of its life, with what it had invoked: not running, for events are addressed to it by the recording. */
function restored(charts: Charts, { chart: id, status, value, context }: ActorState): AnyMachineSnapshot | undefined {
  const chart = charts[id ?? ""];
  if (chart === undefined || status !== "active" || value === null) return undefined;
  try {
    const bare = chart.resolveState({ value: value as never, context: revived(context) as never });
    const nodes = (bare as AnyMachineSnapshot)._nodes;
    const children = Object.fromEntries(
      nodes.flatMap((node) =>
        node.invoke.map(({ id: child, src }) => {
          const own = typeof src === "string" ? charts[src] : undefined;
          const state = own === undefined ? { status: "active" } : persisted(own);
          return [child, { src, snapshot: state }];
        }),
      ),
    );
    const snapshot: unknown = { status: "active", value, context: revived(context), historyValue: {}, children };
    return createActor(chart, { snapshot: snapshot as never }).getSnapshot() as AnyMachineSnapshot;
  } catch {
    // Of another build, which has no such state: what it would do with the next event cannot be told.
    return undefined;
  }
}

/** Some state of an invoked chart: its own events are replayed apart from it. */
function persisted(chart: AnyStateMachine): unknown {
  const { value, context }: AnyMachineSnapshot = chart.getInitialSnapshot(stage(chart), {});
  return { status: "active", value, context, historyValue: {}, children: {} };
}
