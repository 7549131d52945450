import { DeviceError, type TransportState } from "@pipecat-ai/client-js";
import { ErrorRegistry } from "../actors/error-registry.js";
import { turnsOf, type TurnsActor } from "../actors/turns.js";
import { compose, endTurns, type Parts, type TransportActor } from "../compose.js";
import type { CallVerdict, TransportEvent } from "../../machines/index.js";
import type { Continuity, Recovery } from "../contracts/continuity.js";
import type { TurnEdge, Turns } from "../contracts/turns.js";
import { InternalError } from "../errors.js";
import { toDeviceError } from "../media/device-errors.js";
import { timeOf } from "../policy/time.js";
import { isMicrophoneMuted } from "./microphone-state.js";
import { rtviStateOf } from "./rtvi-state.js";

const AUTOPLAY_ADVICE =
  "The browser's autoplay policy blocks the bot's audio: call transport.resumeAudio() in a click handler.";

const INTERRUPTED_ADVICE =
  "The audio output does not run: the system holds it, as for a call, or the browser. It goes on when it is given back; " +
  "transport.resumeAudio() in a click handler may free it.";

/** What the session tells its owner. Nothing here may call the app, but for what is posted. */
export interface SessionListener {
  /** Has a callback of the app run once the session is at rest. */
  post(callback: () => void): void;
  /** The charts are in another RTVI state, which the app has not heard of yet. */
  entered(state: TransportState, error: Error | undefined): void;
  /** The RTVI state is announced: once per change, in order, from among the posted callbacks. */
  announced(state: TransportState, error: Error | undefined): void;
  /** The session is ready again; posted behind that state. */
  recovered(recovery: Recovery): void;
  /** An edge of the turns that came of no fact: at the session's end, or by a lull. */
  edge(edge: TurnEdge): void;
  /** A `session.released` was answered: nothing is held any more. */
  settled(): void;
  /** What becomes of calls of the client. */
  decided(verdict: CallVerdict): void;
  /** The actor has died: nothing that it had not decided is decided any more. The state `error` follows. */
  crashed(error: Error): void;
  /** A microphone request was answered. */
  microphoneSettled(): void;
  deviceFault(error: DeviceError): void;
  /** An output that was blocked or interrupted is heard. */
  speakerFreed(): void;
  connectionLost(error: Error): void;
}

/** What a composition needs beside what the session adds itself. */
export type SessionParts = Omit<Parts, "errors" | "lifetime" | "muted">;

const NO_TURNS: Turns = { tell: () => [], is: () => false };

/**
 * Owns the root actor and follows it. If a defect kills the actor, everything it held is released, the state becomes
 * `error`, and the next `revive()` composes a new one.
 */
export class Session {
  readonly errors = new ErrorRegistry();
  #actor: TransportActor | undefined;
  #lifetime = new AbortController();
  /** The state that the charts are in, and the one that the app was told last. */
  #entered: TransportState = "disconnected";
  #state: TransportState = "disconnected";
  #phase: "held" | "releasing" = "held";
  /** Whether the microphone starts muted, before there is a chart that knows. */
  #muted: "muted" | "unmuted" = "unmuted";
  #turns: { readonly of: TurnsActor; readonly turns: Turns } | undefined;
  /** When the session was last ready: from then on a recovery is measured. */
  #readyUntil = 0;
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

  /** Makes the actor before the click that needs it: cold, that takes tens of milliseconds. */
  compose(): void {
    this.#actor ??= this.#start();
  }

  /** The state last announced: it and the callback agree at all times. */
  get state(): TransportState {
    return this.#state;
  }

  /** The state that the charts are in: that of `state` as soon as the posted callbacks have run. */
  get current(): TransportState {
    return this.#entered;
  }

  /** A running actor again, if the last one died. */
  revive(): TransportActor {
    if (!this.#isAlive()) {
      this.#muted = isMicrophoneMuted(this.actor) ? "muted" : "unmuted";
      this.#actor = this.#start();
    }
    return this.actor;
  }

  /** A fact that means nothing to an actor that has died. */
  send(event: TransportEvent): void {
    if (this.#isAlive()) this.actor.send(event);
  }

  /** Asks for the end of everything; `settled` answers, also when a defect kills the actor on the way. */
  release(): void {
    this.#phase = "releasing";
    if (this.#isAlive()) this.actor.send({ type: "session.released" });
    else this.#settleDead();
  }

  /** The service is ready, and this is what it knows of the conversation. */
  serviceReady(continuity: Continuity): void {
    const gapMs = this.isRecovering ? Math.max(0, this.#now() - this.#readyUntil) : 0;
    this.actor.send({ type: "service.ready", continuity, gapMs });
  }

  /** Whether a session that was ready has lost its connection and is about to have another. */
  get isRecovering(): boolean {
    const snapshot = this.actor.getSnapshot();
    const isLive = snapshot.status === "active" && snapshot.matches({ lifecycle: { session: "live" } });
    return isLive && snapshot.context.outage !== null;
  }

  /** Whether the app is on its way to a session, has one, or holds a device. */
  get isBusy(): boolean {
    const snapshot = this.actor.getSnapshot();
    if (snapshot.status !== "active") return false;
    const hasAttempt = !snapshot.matches({ calls: "none" }) && !snapshot.matches({ calls: { query: "overdue" } });
    const isOver =
      snapshot.matches({ lifecycle: { idle: "disconnected" } }) ||
      snapshot.matches({ lifecycle: { idle: "error" } }) ||
      snapshot.matches({ lifecycle: { session: "disconnecting" } });
    return hasAttempt || !isOver;
  }

  /** Whether this session was ready before. */
  get wasReady(): boolean {
    return this.timesReady > 0;
  }

  /** How often this session has become ready. */
  get timesReady(): number {
    return this.actor.getSnapshot().context.timesReady;
  }

  /** How often a connection of this session has opened. */
  get timesOpened(): number {
    return this.actor.getSnapshot().context.timesOpened;
  }

  /** Turn-taking in this session; outside one nothing happens. */
  get turns(): Turns {
    return this.#followTurns();
  }

  /** Hears the edges of the turns that run, from the first call on. */
  #followTurns(): Turns {
    const { turns: actor } = this.actor.getSnapshot().children;
    if (actor === undefined) return NO_TURNS;
    if (this.#turns?.of !== actor) {
      this.#turns = { of: actor, turns: turnsOf(actor, (edge) => this.#listener.edge(edge)) };
    }
    return this.#turns.turns;
  }

  #isAlive(): boolean {
    return this.actor.getSnapshot().status === "active";
  }

  /** Leaves `error` when there is no actor that could. */
  #settleDead(): void {
    this.#settled();
    this.#enter("disconnected", undefined);
  }

  #settled(): void {
    this.#phase = "held";
    this.#listener.settled();
  }

  #start(): TransportActor {
    this.#lifetime = new AbortController();
    const actor = compose({
      ...this.#parts,
      muted: this.#muted === "muted",
      errors: this.errors,
      lifetime: this.#lifetime.signal,
    });
    actor.subscribe({
      next: (snapshot) => {
        const state = rtviStateOf(snapshot);
        const failed = state === "error" ? this.errors.errorOf(snapshot.context.fault) : undefined;
        this.#enter(state, failed);
      },
      error: (cause) => {
        this.#lifetime.abort();
        bury(actor);
        // Whoever spoke does so no more, and the bot is gone.
        if (this.#turns !== undefined) for (const edge of endTurns(this.#turns.of)) this.#listener.edge(edge);
        const error = new InternalError("The session's state machine failed; it was stopped.", { cause });
        this.#listener.crashed(error);
        this.#enter("error", error);
        if (this.#phase === "releasing") this.#settleDead();
      },
    });
    this.#listen(actor);
    return actor.start();
  }

  #listen(actor: TransportActor): void {
    const { errors } = this;
    const listener = this.#listener;
    actor.on("session.settled", () => {
      this.#settled();
    });
    for (const type of ["calls.decided", "call.accepted", "call.joined"] as const) {
      actor.on(type, (verdict) => {
        listener.decided(verdict);
      });
    }
    actor.on("mic.acquired", () => {
      listener.microphoneSettled();
    });
    actor.on("mic.failed", ({ fault }) => {
      listener.deviceFault(toDeviceError("mic", errors.errorOf(fault)));
      listener.microphoneSettled();
    });
    actor.on("mic.lost", ({ fault }) => {
      listener.deviceFault(toDeviceError("mic", errors.errorOf(fault)));
    });
    actor.on("playback.failed", ({ fault }) => {
      listener.deviceFault(toDeviceError("speaker", errors.errorOf(fault)));
    });
    actor.on("playback.interrupted", () => {
      listener.deviceFault(new DeviceError(["speaker"], "in-use", INTERRUPTED_ADVICE));
    });
    actor.on("playback.unblocked", () => {
      listener.speakerFreed();
    });
    actor.on("playback.blocked", () => {
      listener.deviceFault(new DeviceError(["speaker"], "permissions", AUTOPLAY_ADVICE));
    });
    const readyNoMore = (): void => {
      if (this.#entered === "ready") this.#readyUntil = this.#now();
    };
    actor.on("connection.changing", readyNoMore);
    actor.on("connection.lost", ({ fault }) => {
      readyNoMore();
      listener.connectionLost(errors.errorOf(fault));
    });
    actor.on("session.recovered", ({ recovery }) => {
      this.#recovery = recovery;
    });
  }

  #enter(state: TransportState, error: Error | undefined): void {
    if (state === this.#entered) return;
    this.#entered = state;
    // They may have just begun.
    this.#followTurns();
    const recovery = state === "ready" ? this.#recovery : undefined;
    this.#recovery = undefined;
    // What ends with a state is posted before it.
    this.#listener.entered(state, error);
    this.#listener.post(() => {
      this.#state = state;
      this.#listener.announced(state, error);
      if (recovery !== undefined) this.#listener.recovered(recovery);
    });
  }
}

/** XState stops no child of an actor that died by a throw: they are told to end by themselves, and drop their timers. */
function bury(actor: TransportActor): void {
  const { turns, connection, microphone, speaker } = actor.getSnapshot().children;
  turns?.send({ type: "session.ended" });
  connection?.send({ type: "connection.released" });
  microphone?.send({ type: "mic.released" });
  speaker?.send({ type: "speaker.released" });
}
