import type { TransportState } from "@pipecat-ai/client-js";
import type { CallVerdict, RefusedCall } from "../../machines/index.js";
import { NotReadyError } from "../errors.js";
import type { CallEnd, ClientCalls } from "./client-calls.js";
import { refusalOf } from "./refusals.js";
import { StatePromises } from "./state-promises.js";
import { dropOldest } from "../util/bounded-set.js";
import { asError } from "../util/reason.js";
import { isInSession } from "../util/in-session.js";

/** What the promises need of the session. */
export interface LifecyclePorts {
  /** The state that the charts are in, whether the app has heard of it or not. */
  readonly state: () => TransportState;
  /** Asks for the end of everything; `released()` answers. */
  readonly release: () => void;
  /** The client has reacted to a refused call. */
  readonly refusalOver: (attempt: number) => void;
}

/** A `connect()` that the chart has not decided on yet, or whose session is on its way. */
interface Pending {
  /** Called when its session is about to begin. */
  readonly prepare: () => void;
  readonly resolve: () => void;
  readonly reject: (error: Error, end?: "refused", attempt?: number) => void;
  /** It shares the session of another call. */
  readonly join: () => void;
}

const MOST_BARRED = 16;

/**
 * The promises of `connect()`, `disconnect()`, `initDevices()` and `sendReadyMessage()`: each settles, whatever happens
 * in between and wherever it was asked for, in the middle of a callback too. The chart decides; this finds the promise.
 */
export class LifecyclePromises {
  readonly #states = new StatePromises();
  /** By the call's number; until the chart has accepted or refused them. */
  readonly #undecided = new Map<number, Pending>();
  /** Their session is on its way. */
  readonly #connecting = new Set<Pending>();
  /** By the call's number: `initDevices()` of an attempt. */
  readonly #attemptDevices = new Map<number, () => void>();
  /** `initDevices()` of the app, and those of them that wait for the end of a session first. */
  readonly #devices = new Set<() => void>();
  readonly #laterDevices = new Set<() => void>();
  readonly #refusedStarts = new Map<number, RefusedCall | undefined>();
  /** Why attempts come to nothing that were never let begin. */
  readonly #barred = new Map<number, Error>();
  readonly #releases = new Set<() => void>();
  #releasing: Promise<void> | undefined;
  /** Why the last session ended: its first reason, whatever follows of it. */
  #ending: Error = new NotReadyError("There is no session: connect() first.");
  #phase: "running" | "over" = "over";
  /** How many sessions have ended, and how many calls there were when the last one did. */
  #ended = 0;
  #endedAt = 0;

  constructor(
    private readonly ports: LifecyclePorts,
    private readonly calls: ClientCalls,
  ) {}

  /**
   * Resolves when connected, or when the session of another call is that this one shares.
   * @param number of the call, which is to be sent to the chart next.
   * @param prepare runs right before the session begins; what it throws ends it.
   */
  connect(number: number, prepare: () => void): Promise<void> {
    let end: CallEnd = { calls: this.calls.count };
    let kind: "own" | "joined" = "own";
    let session = 0;
    let over: () => void = () => undefined;
    const promise = new Promise<void>((resolve, reject) => {
      this.#undecided.set(number, {
        prepare,
        resolve: () => {
          session = this.#ended;
          resolve();
        },
        reject: (error, refused, attempt) => {
          end = refused ?? { calls: this.calls.count };
          if (attempt !== undefined) over = () => this.ports.refusalOver(attempt);
          reject(error);
        },
        join: () => {
          kind = "joined";
        },
      });
    });
    this.calls.asksForReady(promise, () => ({ isJoined: kind === "joined", session }));
    return this.calls.answersWith(
      promise,
      () => end,
      () => over(),
    );
  }

  /** Runs what writes to the chart that the bot's start was called or answered. @throws when the chart refuses it. */
  start(number: number, write: () => void): void {
    this.#refusedStarts.set(number, undefined);
    write();
    const refused = take(this.#refusedStarts, number);
    if (refused !== undefined) throw take(this.#barred, refused.attempt) ?? refusalOf(refused.why);
  }

  /** Resolves when the devices of an attempt were answered, or when nobody waits for them any more. */
  devicesOf(number: number): Promise<void> {
    return new Promise((resolve) => this.#attemptDevices.set(number, resolve));
  }

  /** Whether an attempt that was never let begin may go on. */
  get isBarring(): boolean {
    return this.#barred.size > 0;
  }

  /** Resolves, so that the client goes on; what it calls next for this attempt is rejected with the error. */
  barred(number: number, error: Error): Promise<void> {
    this.#barred.set(number, error);
    // One that never goes on is forgotten at last.
    dropOldest(this.#barred, MOST_BARRED);
    return this.devicesOf(number);
  }

  /** Resolves when the microphone was granted or refused, or when nothing waits for it any more. */
  devices(): Promise<void> {
    const waits = this.#releasing !== undefined || this.ports.state() === "disconnecting";
    return new Promise((resolve) => (waits ? this.#laterDevices : this.#devices).add(resolve));
  }

  /** Legal at any time; resolves when nothing is held any more. */
  disconnect(): Promise<void> {
    takeAll(this.#devices);
    takeAll(this.#laterDevices);
    const releasing = (this.#releasing ??= new Promise<void>((resolve) => this.#releases.add(resolve)));
    this.ports.release();
    return releasing;
  }

  /** What the chart says of a call. */
  decided(verdict: CallVerdict): void {
    switch (verdict.type) {
      case "calls.decided":
        for (const attempt of verdict.answered) take(this.#attemptDevices, attempt)?.();
        for (const call of verdict.refused) this.#refused(call);
        break;
      case "call.accepted":
        this.#accepted(verdict.call);
        break;
      case "call.joined":
        this.#joined(verdict.call);
        break;
    }
  }

  #refused(refused: RefusedCall): void {
    const { call, attempt, why } = refused;
    if (this.#refusedStarts.has(call)) {
      this.#refusedStarts.set(call, refused);
      return;
    }
    const error = take(this.#barred, attempt) ?? refusalOf(why);
    take(this.#undecided, call)?.reject(error, "refused", attempt);
  }

  #accepted(call: number): void {
    const pending = take(this.#undecided, call);
    if (pending === undefined) return;
    try {
      pending.prepare();
      this.#connecting.add(pending);
    } catch (error) {
      pending.reject(asError(error));
      this.ports.release();
    }
  }

  #joined(call: number): void {
    const pending = take(this.#undecided, call);
    if (pending === undefined) return;
    pending.join();
    const state = this.ports.state();
    if (state === "connected" || state === "ready") pending.resolve();
    else this.#connecting.add(pending);
  }

  /** How many promises wait for a state. */
  get waiting(): number {
    return this.#states.waiting;
  }

  /** Resolves at `ready`; rejects when the session ends before, or is over. */
  whenReady(): Promise<void> {
    const state = this.ports.state();
    if (state === "ready") return Promise.resolve();
    if (!isInSession(state)) return Promise.reject(this.#ending);
    return this.#states.next((next, error) => (next === "ready" ? "done" : endOfSession(next, error)));
  }

  /** The promise, or a rejection when the session ends before, or has ended. */
  untilEnd(promise: Promise<void>, session = this.#ended): Promise<void> {
    const isOver = session !== this.#ended || !isInSession(this.ports.state());
    if (!isOver) return this.#states.bound(promise, endOfSession);
    promise.catch(() => undefined);
    return Promise.reject(this.#ending);
  }

  /**
   * The client waits for readiness: until the session ends, on behalf of the call that has the session, or shares it. A client that
   * asks although its session has ended meanwhile, and another has begun, is told so.
   */
  ready(announce: () => Promise<void>): Promise<void> {
    const request = this.calls.takeReadyRequest();
    const isOver = request !== undefined && request.session !== this.#ended;
    if (isOver || !isInSession(this.ports.state())) {
      const end = { calls: this.#endedAt };
      return this.calls.answersWith(Promise.reject(this.#ending), () => (isOver ? "refused" : end));
    }
    const session = this.#ended;
    const ready = request?.isJoined === true ? new Promise<void>(() => undefined) : announce();
    // What is announced may be the session's end.
    return this.calls.answersWith(this.untilEnd(ready, session), () => {
      // An app that asks by itself, without a client, disconnects by itself as well.
      const isApp = request === undefined;
      return { calls: isApp || session === this.#ended ? this.calls.count : this.#endedAt };
    });
  }

  /** Rejects when the session ends, or is over; never resolves. */
  whenEnded(): Promise<void> {
    if (!isInSession(this.ports.state())) return Promise.reject(this.#ending);
    return this.#states.next(endOfSession);
  }

  /** The charts are in another state. The app hears of it later, and what it asks for then is about what comes after. */
  entered(state: TransportState, error: Error | undefined): void {
    const ending = endOfSession(state, error);
    if (isInSession(state)) this.#phase = "running";
    if (ending !== undefined) {
      if (this.#phase === "running" || state === "error") this.#ending = ending;
      // It ends once, in two steps, and another may be asked for between them.
      if (this.#phase === "running") {
        this.#ended += 1;
        this.#endedAt = this.calls.count;
      }
      this.#phase = "over";
    }
    if (state === "error") this.microphoneSettled();
    for (const pending of this.#connecting) {
      if (ending === undefined && state !== "connected" && state !== "ready") continue;
      this.#connecting.delete(pending);
      if (ending === undefined) pending.resolve();
      else pending.reject(ending, this.#releasing && "refused");
    }
    this.#states.announce(state, error);
  }

  /** The chart has died, and nothing is decided any more. */
  crashed(error: Error): void {
    for (const pending of this.#undecided.values()) pending.reject(error);
    this.#undecided.clear();
    for (const answer of this.#attemptDevices.values()) answer();
    this.#attemptDevices.clear();
    takeAll(this.#laterDevices);
  }

  microphoneSettled(): void {
    takeAll(this.#devices);
  }

  released(): void {
    this.#releasing = undefined;
    takeAll(this.#devices);
    // Those are asked for now.
    for (const answer of this.#laterDevices) this.#devices.add(answer);
    this.#laterDevices.clear();
    takeAll(this.#releases);
  }
}

function take<T>(from: Map<number, T>, number: number): T | undefined {
  const taken = from.get(number);
  from.delete(number);
  return taken;
}

function takeAll(waiting: Set<() => void>): void {
  const settlers = [...waiting];
  waiting.clear();
  for (const settle of settlers) settle();
}

function endOfSession(state: TransportState, error: Error | undefined): Error | undefined {
  if (state === "error") return error ?? refusalOf("cancelled");
  return state === "disconnecting" || state === "disconnected" ? refusalOf("cancelled") : undefined;
}
