import { DeviceError, type TransportState } from "@pipecat-ai/client-js";
import { ErrorRegistry } from "../actors/error-registry.js";
import { compose, type Parts, type TransportActor } from "../compose.js";
import type { Fault } from "../contracts/fault.js";
import type { Continuity, Recovery } from "../contracts/continuity.js";
import { InternalError } from "../errors.js";
import { timeOf } from "../policy/time.js";
import { rtviStateOf } from "./rtvi-state.js";

const AUTOPLAY_ADVICE =
  "The browser's autoplay policy blocks the bot's audio: call transport.resumeAudio() in a click handler.";

/** What the session tells the adapter. */
export interface SessionListener {
  /** The RTVI state changed. Called once per change, in order; never inside a machine action. */
  stateChanged(state: TransportState, error: Error | undefined): void;
  /** A `session.released` was answered: nothing is held any more. The state change, if any, follows. */
  settled(): void;
  /** A microphone request was answered. */
  microphoneSettled(): void;
  deviceFault(kind: "mic" | "speaker", fault: Fault): void;
  linkDropped(fault: Fault): void;
  /** The session is ready again; told after that state. */
  recovered(recovery: Recovery): void;
}

/** What a composition needs beside what the session adds itself. */
export type SessionParts = Omit<Parts, "faults" | "lifetime" | "muted"> & { readonly muted: () => boolean };

/**
 * Owns the root actor and follows it. If a defect kills the actor, everything it held is released, the state becomes
 * `error`, and the next `revive()` composes a new one.
 */
export class Session {
  readonly faults = new ErrorRegistry();
  #actor: TransportActor | undefined;
  #lifetime = new AbortController();
  #state: TransportState = "disconnected";
  #releasing = false;
  /** When the session that was ready lost its link. */
  #lostAt: number | undefined;
  #recovery: Recovery | undefined;
  readonly #now: () => number;
  readonly #parts: SessionParts;
  readonly #listener: SessionListener;

  constructor(parts: SessionParts, listener: SessionListener) {
    this.#parts = parts;
    this.#now = timeOf(parts.options.clock);
    this.#listener = listener;
  }

  /** The running actor; the dead one after a crash, until `revive()`. */
  get actor(): TransportActor {
    return (this.#actor ??= this.#start());
  }

  /** The state last announced: it and the callback agree at all times. */
  get state(): TransportState {
    return this.#state;
  }

  /** A running actor again, if the last one died. */
  revive(): TransportActor {
    if (!this.#isAlive()) this.#actor = this.#start();
    return this.actor;
  }

  /** Asks for the end of everything; `settled` answers, also when a defect kills the actor on the way. */
  release(): void {
    this.#releasing = true;
    if (this.#isAlive()) this.actor.send({ type: "session.released" });
    else this.#settleDead();
  }

  /** The service is ready, and this is what it knows of the conversation. */
  serviceReady(continuity: Continuity): void {
    const gapMs = this.#lostAt === undefined ? 0 : Math.max(0, this.#now() - this.#lostAt);
    this.actor.send({ type: "service.ready", continuity, gapMs });
  }

  /** Whether a session that was ready has lost its link and is about to have another. */
  get isRecovering(): boolean {
    const snapshot = this.actor.getSnapshot();
    const lost = snapshot.status === "active" && snapshot.matches("session") && snapshot.context.outage !== null;
    return lost && !snapshot.matches({ session: "disconnecting" });
  }

  /** What is known of the conversation on the connection that has opened. */
  get continuity(): Continuity {
    return this.actor.getSnapshot().context.continuity;
  }

  #isAlive(): boolean {
    return this.actor.getSnapshot().status === "active";
  }

  /** Leaves `error` when there is no actor that could. */
  #settleDead(): void {
    this.#settled();
    this.#announce("disconnected", undefined);
  }

  #settled(): void {
    this.#releasing = false;
    this.#listener.settled();
  }

  #start(): TransportActor {
    this.#lifetime = new AbortController();
    const actor = compose({
      ...this.#parts,
      muted: this.#parts.muted(),
      faults: this.faults,
      lifetime: this.#lifetime.signal,
    });
    actor.subscribe({
      next: (snapshot) => {
        const state = rtviStateOf(snapshot);
        const failed = state === "error" ? this.faults.errorOf(snapshot.context.fault) : undefined;
        this.#announce(state, failed);
      },
      error: (cause) => {
        this.#lifetime.abort();
        bury(actor);
        this.#announce("error", new InternalError("The session's state machine failed; it was stopped.", { cause }));
        if (this.#releasing) this.#settleDead();
      },
    });
    this.#listen(actor);
    return actor.start();
  }

  #listen(actor: TransportActor): void {
    actor.on("session.settled", () => {
      this.#settled();
    });
    actor.on("mic.acquired", () => {
      this.#listener.microphoneSettled();
    });
    actor.on("mic.failed", ({ fault }) => {
      this.#listener.deviceFault("mic", fault);
      this.#listener.microphoneSettled();
    });
    actor.on("mic.lost", ({ fault }) => {
      this.#listener.deviceFault("mic", fault);
    });
    actor.on("playback.failed", ({ fault }) => {
      this.#listener.deviceFault("speaker", fault);
    });
    actor.on("playback.blocked", () => {
      const blocked = new DeviceError(["speaker"], "permissions", AUTOPLAY_ADVICE);
      this.#listener.deviceFault("speaker", this.faults.record(blocked));
    });
    const readyNoMore = (): void => {
      if (this.#state === "ready") this.#lostAt = this.#now();
    };
    actor.on("connection.changing", readyNoMore);
    actor.on("connection.lost", ({ fault }) => {
      readyNoMore();
      this.#listener.linkDropped(fault);
    });
    actor.on("session.recovered", ({ recovery }) => {
      this.#recovery = recovery;
    });
  }

  #announce(state: TransportState, error: Error | undefined): void {
    if (state === this.#state) return;
    this.#state = state;
    const recovery = state === "ready" ? this.#recovery : undefined;
    this.#recovery = undefined;
    this.#listener.stateChanged(state, error);
    if (recovery !== undefined) this.#listener.recovered(recovery);
  }
}

/** XState stops no child of an actor that died by a throw: they are told to end by themselves, and drop their timers. */
function bury(actor: TransportActor): void {
  const { connection, microphone, speaker } = actor.getSnapshot().children;
  connection?.send({ type: "connection.released" });
  microphone?.send({ type: "mic.released" });
  speaker?.send({ type: "speaker.released" });
}
