import {
  createActor,
  createMachine,
  type AnyActor,
  type AnyEventObject,
  type AnyStateMachine,
  type Snapshot,
} from "xstate";
import {
  connectionMachine,
  microphoneMachine,
  speakerMachine,
  transportMachine,
  turnsMachine,
} from "../../../machines/index.js";
import { isRecord } from "../../util/records.js";
import { BLANK, CUT, Redaction } from "./redaction.js";
import { readRecording } from "./read-recording.js";
import { actOf, type ExecutedAction } from "./acts.js";
import { advance, type Act, type ActorState, type Data, type StepEntry } from "./recording.js";

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
  /** What differs; `actions`: what the chart sent, emitted, started, stopped or ordered. */
  readonly of: "state" | "context" | "status" | "actions" | "error";
  readonly recorded: Data;
  readonly replayed: Data;
}

/** What came of a replay. */
export interface Replayed {
  /** How many events were replayed. */
  readonly steps: number;
  /** How many could not be replayed: no chart of that id, or no state to begin with. */
  readonly skipped: number;
  /** None where this build does as the recorded one did. */
  readonly difference?: Difference;
}

/** In a function, so that an app that replays nothing need not load the charts for it. */
function ownCharts(): Charts {
  const charts: readonly AnyStateMachine[] = [
    transportMachine,
    connectionMachine,
    turnsMachine,
    microphoneMachine,
    speakerMachine,
  ];
  return Object.fromEntries(charts.map((chart) => [chart.id, chart]));
}

/**
 * Drives the real charts through the events of a recording: each chart is told what it was told then, timers included, and must go
 * where it went then. Nothing is connected, played or waited for.
 * @param file A recording: the object, or its JSON text.
 * @throws InvalidOptionsError where it is none.
 */
export function replay(file: unknown, options: ReplayOptions = {}): Replayed {
  const { base, entries } = readRecording(file);
  const charts = { ...ownCharts(), ...options.charts };
  const recorded = new Map(base.map((state) => [state.actor, state]));
  const running = new Map<string, ChartSnapshot>();
  for (const state of base) {
    const snapshot = restored(charts, state);
    if (snapshot !== undefined) running.set(state.actor, snapshot);
  }
  const standIns = new Map<string, AnyActor>();
  let [steps, skipped] = [0, 0];
  const hasActs = entries.some((entry) => entry.kind === "step" && entry.did !== undefined);
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
    const acts: Act[] = [];
    const self = standIns.get(chart.id) ?? standIn(chart);
    standIns.set(chart.id, self);
    const outcome = step(chart, self, running.get(entry.actor), entry, acts);
    if (outcome === undefined) {
      skipped += 1;
      continue;
    }
    steps += 1;
    const found =
      outcome instanceof Error
        ? thrown(outcome, entry)
        : (notThrown(entry) ??
          differenceOf(expected, outcome) ??
          (hasActs ? actsApart(entry.did ?? [], acts) : undefined));
    if (found !== undefined) {
      const { at, actor, event } = entry;
      return { steps, skipped, difference: { index, at, actor, event: event.type, ...found } };
    }
    if (!(outcome instanceof Error)) running.set(entry.actor, outcome);
  }
  return { steps, skipped };
}

/** The part of a chart that a replay uses, in types that are the same for all charts. */
interface Steppable {
  getInitialSnapshot(scope: unknown, input: unknown): ChartSnapshot;
  transition(snapshot: unknown, event: AnyEventObject, scope: unknown): ChartSnapshot;
  resolveState(config: { readonly value: unknown; readonly context: unknown }): ChartSnapshot;
}

interface ChartSnapshot {
  readonly status: string;
  readonly value: unknown;
  readonly context: unknown;
  readonly _nodes: readonly { readonly invoke: readonly { readonly id: string; readonly src: unknown }[] }[];
}

/** Lets a chart take steps without anything coming of them, but for actions of its own: those it has from `provide` are not here. */
function stage(chart: AnyStateMachine, acts: Act[] = [], self = standIn(chart)): object {
  const nothing = (): void => undefined;
  const redaction = new Redaction(ALL);
  return {
    self,
    id: self.id,
    sessionId: self.sessionId,
    system: self.system,
    logger: nothing,
    defer: nothing,
    emit: nothing,
    stopChild: nothing,
    actionExecutor: (
      action: ExecutedAction & { readonly info?: unknown; readonly exec?: (info: unknown, params: unknown) => void },
    ) => {
      const act = actOf(action, self._parent?.sessionId, redaction);
      if (act !== undefined) acts.push(act);
      if (!action.type.startsWith("xstate.")) action.exec?.(action.info, action.params);
    },
  };
}

/** Who the chart is, to itself. It speaks to a parent, which has its own events in the recording. */
const standIn = (chart: AnyStateMachine): AnyActor => createActor(chart, { parent: createActor(createMachine({})) });

function step(
  chart: AnyStateMachine,
  self: AnyActor,
  snapshot: ChartSnapshot | undefined,
  { event }: StepEntry,
  acts: Act[],
): ChartSnapshot | Error | undefined {
  const told = {
    ...Object.fromEntries(Object.entries(event).map(([key, each]) => [key, revived(each)])),
    type: event.type,
  };
  const steps: Steppable = chart;
  try {
    if (event.type === "xstate.init")
      return steps.getInitialSnapshot(stage(chart, acts, self), revived(event.input ?? null) ?? undefined);
    return snapshot === undefined ? undefined : steps.transition(snapshot, told, stage(chart, acts, self));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

type Found = Pick<Difference, "of" | "recorded" | "replayed">;

/** A chart that crashed then and crashes now of the same does the same. */
function thrown(error: Error, { status, error: recorded = null }: StepEntry): Found | undefined {
  const replayed = new Redaction(ALL).data(error);
  return status === "error" && isSame(recorded, replayed) ? undefined : { of: "error", recorded, replayed };
}

/** A chart that crashed then, and does not now. */
const notThrown = ({ error }: StepEntry): Found | undefined =>
  error === undefined ? undefined : { of: "error", recorded: error, replayed: null };

/** From the first action on that is another one. */
function actsApart(recorded: readonly Act[], replayed: readonly Act[]): Found | undefined {
  const length = Math.max(recorded.length, replayed.length);
  const first = Array.from({ length }, (_, index) => index).find((index) => !isSame(recorded[index], replayed[index]));
  if (first === undefined) return undefined;
  return { of: "actions", recorded: recorded.slice(first), replayed: replayed.slice(first) };
}

function differenceOf(recorded: ActorState, snapshot: ChartSnapshot): Found | undefined {
  const { value, status, context } = plain(snapshot);
  if (!isSame(recorded.value, value)) return { of: "state", recorded: recorded.value, replayed: value };
  if (!isSame(recorded.context, context)) return { of: "context", recorded: recorded.context, replayed: context };
  if (recorded.status !== status) return { of: "status", recorded: recorded.status, replayed: status };
  return undefined;
}

const ALL = { texts: true, ids: true, longest: Infinity };

/** As JSON has it. The events that led here were redacted, so nothing is left to redact. */
function plain({ value, status, context }: ChartSnapshot): Pick<ActorState, "value" | "status" | "context"> {
  const redaction = new Redaction(ALL);
  return { value: redaction.data(value), status, context: isRecord(context) ? redaction.record(context) : {} };
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
function restored(charts: Charts, { chart: id, status, value, context }: ActorState): ChartSnapshot | undefined {
  const chart = charts[id ?? ""];
  if (chart === undefined || status !== "active" || value === null) return undefined;
  const steps: Steppable = chart;
  const revivedContext = revived(context);
  try {
    const nodes = steps.resolveState({ value, context: revivedContext })._nodes;
    const children = Object.fromEntries(
      nodes.flatMap(({ invoke }) =>
        invoke.map(({ id: child, src }) => {
          const own = typeof src === "string" ? charts[src] : undefined;
          return [child, { src, snapshot: own === undefined ? { status: "active" } : persisted(own) }];
        }),
      ),
    );
    const snapshot: Snapshot<unknown> = Object.assign(
      { status: "active", output: undefined, error: undefined } as const,
      { value, context: revivedContext, historyValue: {}, children },
    );
    return createActor(chart, { snapshot }).getSnapshot();
  } catch {
    // Of another build, which has no such state: what it would do with the next event cannot be told.
    return undefined;
  }
}

/** Some state of an invoked chart: its own events are replayed apart from it. */
function persisted(chart: AnyStateMachine): unknown {
  const steps: Steppable = chart;
  const { value, context } = steps.getInitialSnapshot(stage(chart), {});
  return { status: "active", value, context, historyValue: {}, children: {} };
}
