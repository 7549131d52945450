import type { AnyStateMachine, AnyTransitionDefinition, InspectionEvent } from "xstate";
import { isRecord } from "../../util/records.js";
import { actOf, type ExecutedAction } from "./acts.js";
import type { Act, Data, Entry, StepEntry } from "./recording.js";
import type { Redaction } from "./redaction.js";

type StateNode = AnyStateMachine["root"];

/** The part of an actor that is read. */
interface TracedRef {
  readonly id: string;
  readonly sessionId: string;
  readonly logic: unknown;
  readonly _parent?: { readonly sessionId: string } | undefined;
  getSnapshot(): unknown;
}

interface Arrival {
  readonly event: { readonly type: string };
  readonly from: string | undefined;
  readonly took: string[];
  readonly did: Act[];
  phase: "waiting" | "written";
}

interface Traced {
  readonly name: string;
  readonly parent: string | undefined;
  /** The session id of its parent. */
  readonly parentId: string | undefined;
  /** Whoever records several transports must not keep those that nobody has any more. */
  readonly ref: WeakRef<TracedRef>;
  readonly isChart: boolean;
  readonly arrivals: Arrival[];
  /** As it was last written; undefined before it began. */
  status: string | undefined;
  value: string;
  context: Readonly<Record<string, unknown>>;
}

/**
 * Makes entries of XState's inspection events, each when it happens: a chart's step stands before what it leads to in others, although
 * XState tells of its snapshot only after that.
 */
export class Tracer {
  readonly #actors = new Map<string, Traced>();
  readonly #names = new Map<string, number>();
  /** Snapshots that were written. */
  readonly #written = new WeakSet<object>();
  #due: "nothing" | "catching up" = "nothing";
  readonly #now: () => number;
  readonly #redaction: Redaction;
  readonly #write: (entry: Entry) => void;

  /** @param now In ms since the recording began. */
  constructor(now: () => number, redaction: Redaction, write: (entry: Entry) => void) {
    this.#now = now;
    this.#redaction = redaction;
    this.#write = write;
  }

  /** Takes an inspection event. */
  readonly trace = (event: InspectionEvent): void => {
    if (event.type === "@xstate.action") {
      this.#act(event.actorRef, event.action);
      return;
    }
    if (event.type === "@xstate.transition") return;
    this.catchUp();
    const { actorRef } = event;
    if (event.type === "@xstate.actor") {
      if (isTraced(actorRef)) this.#begin(actorRef);
      return;
    }
    const actor = this.#actors.get(actorRef.sessionId);
    if (actor === undefined) return;
    switch (event.type) {
      case "@xstate.event": {
        const from = event.sourceRef === undefined ? undefined : this.#actors.get(event.sourceRef.sessionId);
        const arrival: Arrival = {
          event: event.event,
          // What an actor sends to itself comes from a timer.
          from: from === actor ? undefined : from?.name,
          took: [],
          did: [],
          phase: "waiting",
        };
        actor.arrivals.push(arrival);
        // It begins where it is already, and its children begin in the course of it.
        if (event.event.type === "xstate.init") this.#writeStep(actor, arrival, actor.ref.deref()?.getSnapshot());
        else this.#catchUpSoon();
        break;
      }
      case "@xstate.microstep":
        actor.arrivals
          .find(({ phase }) => phase === "waiting")
          ?.took.push(...event._transitions.map(transitionId).filter((id) => id !== undefined));
        break;
      case "@xstate.snapshot":
        this.#settle(actorRef.sessionId, actor, event.event, event.snapshot);
        break;
    }
  };

  #begin(ref: TracedRef): void {
    for (const [sessionId, actor] of this.#actors) {
      const isGone = actor.ref.deref() === undefined;
      if (isGone) this.#write({ kind: "step", at: this.#now(), actor: actor.name, event: STOP, status: "stopped" });
      if (isGone || actor.status === "error") this.#actors.delete(sessionId);
    }
    const chart = chartOf(ref.logic);
    const id = ref.id === ref.sessionId ? (chart ?? "actor") : ref.id;
    const count = (this.#names.get(id) ?? 0) + 1;
    this.#names.set(id, count);
    const name = count === 1 ? id : `${id}#${count}`;
    const parentId = ref._parent?.sessionId;
    const parent = parentId === undefined ? undefined : this.#actors.get(parentId)?.name;
    this.#actors.set(ref.sessionId, {
      name,
      parent,
      parentId,
      ref: new WeakRef(ref),
      isChart: chart !== undefined,
      arrivals: [],
      status: undefined,
      value: "",
      context: {},
    });
    this.#write({
      kind: "actor",
      at: this.#now(),
      actor: name,
      ...(parent !== undefined && { parent }),
      ...(chart !== undefined && { chart }),
    });
  }

  /** Of the event that the actor is at. */
  #act({ sessionId }: { readonly sessionId: string }, action: ExecutedAction): void {
    const actor = this.#actors.get(sessionId);
    if (actor?.isChart !== true) return;
    const act = actOf(action, actor.parentId, this.#redaction);
    if (act === undefined) return;
    if (actor.arrivals.length === 0) actor.arrivals.push(stopOf(actor));
    actor.arrivals[0]?.did.push(act);
  }

  /** Writes the steps that have been taken, and of whose snapshot XState has yet to tell. */
  catchUp(): void {
    for (const actor of this.#actors.values()) {
      const [arrival] = actor.arrivals;
      if (arrival?.phase !== "waiting") continue;
      const snapshot = actor.ref.deref()?.getSnapshot();
      if (!isRecord(snapshot) || this.#written.has(snapshot) || actor.status === undefined) continue;
      this.#writeStep(actor, arrival, snapshot);
    }
  }

  /** Of an actor that crashes in a step XState tells nothing more. */
  #catchUpSoon(): void {
    if (this.#due === "catching up") return;
    this.#due = "catching up";
    queueMicrotask(() => {
      this.#due = "nothing";
      this.catchUp();
    });
  }

  #settle(sessionId: string, actor: Traced, event: { readonly type: string }, snapshot: unknown): void {
    const { arrivals } = actor;
    // What waits for an actor that is stopped never arrives.
    if (event.type === STOP.type && !arrivals.some(isStop)) arrivals.splice(0, arrivals.length, stopOf(actor));
    const index = arrivals.findIndex((arrival) => arrival.event === event || isStop(arrival));
    for (const arrival of arrivals.splice(0, index + 1)) {
      if (arrival.phase === "waiting") this.#writeStep(actor, arrival, snapshot);
    }
    if (statusOf(snapshot) !== "active") this.#actors.delete(sessionId);
  }

  #writeStep(actor: Traced, arrival: Arrival, snapshot: unknown): void {
    arrival.phase = "written";
    const isFirst = actor.status === undefined;
    if (isRecord(snapshot)) this.#written.add(snapshot);
    const { value, context } = isRecord(snapshot) ? snapshot : {};
    const text = value === undefined ? "" : JSON.stringify(value);
    const isElsewhere = text !== actor.value;
    const changed = isRecord(context) ? this.#changed(actor, context) : undefined;
    const status = statusOf(snapshot);
    const isIgnored = actor.isChart && !isFirst && arrival.took.length === 0 && status === "active";
    actor.status = status;
    actor.value = text;
    this.#write({
      kind: "step",
      at: this.#now(),
      actor: actor.name,
      event: this.#redaction.event(arrival.event),
      ...(arrival.from !== undefined && { from: arrival.from }),
      ...(isIgnored && { ignored: true }),
      ...(arrival.took.length > 0 && { took: arrival.took }),
      // What an actor does as it begins, it does after this is written.
      ...((arrival.did.length > 0 || (isFirst && actor.isChart)) && { did: arrival.did }),
      ...(actor.isChart && isElsewhere && { value: this.#redaction.data(value) }),
      ...(changed !== undefined && { context: changed }),
      ...(status !== "active" && { status }),
      ...(isRecord(snapshot) && status === "error" && { error: this.#redaction.data(snapshot.error) }),
    } satisfies StepEntry);
  }

  /** What is different from the last context; undefined where nothing is. */
  #changed(actor: Traced, context: Readonly<Record<string, unknown>>): Readonly<Record<string, Data>> | undefined {
    const last = actor.context;
    actor.context = context;
    const keys = Object.keys(context).filter((key) => context[key] !== last[key] && context[key] !== undefined);
    if (last === context || keys.length === 0) return undefined;
    return this.#redaction.record(Object.fromEntries(keys.map((key) => [key, context[key]])));
  }
}

/** The end of an actor that was stopped, of which XState tells no event, or that nobody has any more. */
const STOP = { type: "xstate.stop" };

const stopOf = ({ parent }: Traced): Arrival => ({ event: STOP, from: parent, took: [], did: [], phase: "waiting" });

const isStop = ({ event }: Arrival): boolean => event === STOP;

const isTraced = (ref: object): ref is TracedRef => "logic" in ref && "id" in ref && "sessionId" in ref;

const statusOf = (snapshot: unknown): string =>
  isRecord(snapshot) && typeof snapshot.status === "string" ? snapshot.status : "active";

/** The id of the chart that an actor runs. */
function chartOf(logic: unknown): string | undefined {
  if (typeof logic !== "object" || logic === null || !("root" in logic) || !("id" in logic)) return undefined;
  return typeof logic.id === "string" ? logic.id : undefined;
}

/** As `npm run charts` names it: the state that has it, the descriptor of its event, its place among those of that event. */
function transitionId(transition: AnyTransitionDefinition): string | undefined {
  const source: StateNode = transition.source;
  const eventType = String(transition.eventType);
  const list = (eventType === "" ? source.always : source.transitions.get(eventType)) ?? [];
  const index = list.indexOf(transition);
  return index === -1 ? undefined : `${source.id}|${eventType}|${index}`;
}
