import type { TransportState } from "@pipecat-ai/client-js";
import { AlreadyConnectedError, ConnectionAbortedError, NotReadyError } from "../errors.js";
import type { Session } from "./session.js";
import { StatePromises } from "./state-promises.js";

/**
 * The promises of `connect()`, `disconnect()`, `initDevices()` and `sendReadyMessage()`: each settles, whatever happens
 * in between and wherever it was asked for, in the middle of a callback too.
 */
export class LifecyclePromises {
  readonly #session: Session;
  readonly #states = new StatePromises();
  readonly #releases = new Set<() => void>();
  readonly #askers = new Set<() => void>();
  #connecting: Promise<void> | undefined;
  #releasing: Promise<void> | undefined;
  #asking: Promise<void> | undefined;
  /** Counts the calls of `disconnect()`: what waited before one of them must not begin after it. */
  #epoch = 0;
  /** Why the last session ended: its first reason, whatever follows of it. */
  #ending: Error = new NotReadyError("There is no session: connect() first.");
  #phase: "running" | "over" = "over";

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether `initDevices()` waits for its answer. */
  get awaitsDevices(): boolean {
    return this.#asking !== undefined;
  }

  /** Resolves when connected; waits for a `disconnect()` in progress. `prepare` runs right before the session begins. */
  async connect(prepare: () => void): Promise<void> {
    const epoch = this.#epoch;
    const released = this.#released();
    if (released !== undefined) await released;
    if (this.#epoch !== epoch) throw aborted();
    if (this.#connecting !== undefined) return this.#connecting;
    if (isInSession(this.#session.current)) {
      throw new AlreadyConnectedError("This transport is in a session; disconnect() first.");
    }
    const actor = this.#session.revive();
    prepare();
    const connecting = this.#states.next((state, error) =>
      state === "connected" || state === "ready" ? "done" : endOfSession(state, error),
    );
    this.#connecting = connecting;
    const forget = (): void => {
      if (this.#connecting === connecting) this.#connecting = undefined;
    };
    connecting.then(forget, forget);
    actor.send({ type: "session.requested" });
    return connecting;
  }

  /** Legal at any time; resolves when nothing is held any more. */
  disconnect(): Promise<void> {
    this.#epoch += 1;
    this.#connecting = undefined;
    this.#asking = undefined;
    if (this.#releasing !== undefined) return this.#releasing;
    const releasing = new Promise<void>((resolve) => this.#releases.add(resolve));
    this.#releasing = releasing;
    this.#session.release();
    return releasing;
  }

  /** Resolves when the microphone was granted or refused, or when nobody wants it any more. Twice at once is one. */
  initDevices(): Promise<void> {
    if (this.#asking !== undefined) return this.#asking;
    const asking = this.#askForDevices();
    this.#asking = asking;
    const forget = (): void => {
      if (this.#asking === asking) this.#asking = undefined;
    };
    asking.then(forget, forget);
    return asking;
  }

  async #askForDevices(): Promise<void> {
    const epoch = this.#epoch;
    const released = this.#released();
    if (released !== undefined) await released;
    if (this.#epoch !== epoch) return;
    const actor = this.#session.revive();
    const answered = new Promise<void>((resolve) => this.#askers.add(resolve));
    actor.send({ type: "devices.requested" });
    await answered;
  }

  /** The end of a `disconnect()` in progress; undefined when there is none. */
  #released(): Promise<void> | undefined {
    if (this.#releasing !== undefined) return this.#releasing;
    // An app that asks in a callback has yet to hear of the end that it has brought about.
    if (this.#session.state !== this.#session.current) return Promise.resolve();
    if (this.#session.current !== "disconnecting") return undefined;
    return this.#states.next((state) => (state === "disconnected" || state === "error" ? "done" : undefined));
  }

  /** How many promises wait for a state. */
  get waiting(): number {
    return this.#states.waiting;
  }

  /** Resolves at `ready`; rejects when the session ends before, or is over. */
  whenReady(): Promise<void> {
    if (this.#session.current === "ready") return Promise.resolve();
    if (!isInSession(this.#session.current)) return Promise.reject(this.#ending);
    return this.#states.next((state, error) => (state === "ready" ? "done" : endOfSession(state, error)));
  }

  /** Settles as `work` does; rejects before that when the session ends, or is over. */
  withinSession(work: Promise<void>): Promise<void> {
    if (isInSession(this.#session.current)) return this.#states.bound(work, endOfSession);
    return Promise.race([work, Promise.reject(this.#ending)]);
  }

  /** Rejects when the session ends, or is over; never resolves. */
  whenEnded(): Promise<void> {
    if (!isInSession(this.#session.current)) return Promise.reject(this.#ending);
    return this.#states.next(endOfSession);
  }

  /** The charts are in another state. The app hears of it later, and what it asks for then is about what comes after. */
  entered(state: TransportState, error: Error | undefined): void {
    const ending = endOfSession(state, error);
    if (isInSession(state)) this.#phase = "running";
    if (ending !== undefined) {
      if (this.#phase === "running" || state === "error") this.#ending = ending;
      this.#phase = "over";
      this.microphoneSettled();
    }
    this.#states.announce(state, error);
  }

  microphoneSettled(): void {
    takeAll(this.#askers);
  }

  released(): void {
    this.#releasing = undefined;
    takeAll(this.#releases);
  }
}

function takeAll(waiting: Set<() => void>): void {
  const settlers = [...waiting];
  waiting.clear();
  for (const settle of settlers) settle();
}

/** Whether a session is under way. */
export function isInSession(state: TransportState): boolean {
  return state === "connecting" || state === "connected" || state === "ready";
}

function endOfSession(state: TransportState, error: Error | undefined): Error | undefined {
  if (state === "error") return error ?? aborted();
  return state === "disconnecting" || state === "disconnected" ? aborted() : undefined;
}

function aborted(): ConnectionAbortedError {
  return new ConnectionAbortedError("disconnect() was called before the session was ready.");
}
