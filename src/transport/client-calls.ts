import type { TransportState } from "@pipecat-ai/client-js";
import { ConnectionAbortedError } from "../errors.js";
import type { Logger } from "../log.js";
import type { CallbackQueue } from "./callback-queue.js";
import type { LifecyclePromises } from "./lifecycle-promises.js";
import { isMicrophoneHeld } from "./microphone-state.js";
import type { Session } from "./session.js";
import { StartGuard } from "./start-guard.js";

/** What a client's calls need of its transport. */
export interface ClientCallsPorts {
  readonly queue: CallbackQueue;
  readonly session: Session;
  readonly promises: LifecyclePromises;
  readonly logger: Logger;
  /** A session begins with these parameters. @throws InvalidOptionsError */
  readonly prepare: (params: unknown) => void;
  /** Tells the app which microphone it has. */
  readonly reportMicrophone: () => void;
}

/** The client's calls on its way to a session and out of it. */
export class ClientCalls {
  readonly #ports: ClientCallsPorts;
  readonly #startGuard = new StartGuard();
  #asksForDevices = false;
  #callOf: "app" | "bot-left" = "app";

  constructor(ports: ClientCallsPorts) {
    this.#ports = ports;
  }

  /** Whether the client asks for devices before it connects. */
  asksForDevices(asks: boolean): void {
    this.#asksForDevices = asks;
  }

  /** Resolves when the microphone was granted or refused. */
  async initDevices(): Promise<void> {
    if (!this.#startGuard.devicesRequested()) return;
    const { queue, session, promises, reportMicrophone } = this.#ports;
    const held = isMicrophoneHeld(session.actor);
    await queue.enter(() => promises.initDevices());
    // The client takes a microphone that is not reported for one that it does not have.
    if (held && isMicrophoneHeld(session.actor)) reportMicrophone();
  }

  /** Resolves when connected. @throws ConnectionAbortedError; AlreadyConnectedError; the connection's error. */
  async connect(params: unknown): Promise<void> {
    if (this.#startGuard.takeCancelled()) {
      throw new ConnectionAbortedError("disconnect() was called before the connection was attempted.");
    }
    const { queue, promises, prepare } = this.#ports;
    await queue.enter(() => promises.connect(() => prepare(params)));
  }

  /** The client writes `authenticating` and `authenticated`; any other write is refused with a warning. */
  writeState(state: TransportState): void {
    const { queue, session, logger } = this.#ports;
    queue.enter(() => {
      if (state === "authenticating") {
        if (this.#startGuard.botStarting()) session.revive().send({ type: "bot.starting" });
      } else if (state === "authenticated") {
        if (this.#startGuard.botStarted()) session.actor.send({ type: "bot.started" });
      } else logger.warn(`transport.state = "${state}" was refused: the state follows the session.`);
    });
  }

  /** Legal in every state; resolves when nothing is held any more. */
  disconnect(): Promise<void> {
    if (this.#callOf === "bot-left") return Promise.resolve();
    const { queue, promises } = this.#ports;
    this.#startGuard.released(promises.awaitsDevices && this.#asksForDevices);
    return queue.enter(() => promises.disconnect());
  }

  /**
   * Tells the client that the bot has left, upon which it disconnects by itself. The session is ending already, and a second wish
   * might meet the next connect() of an app that has asked for one meanwhile.
   */
  botLeft(callback: () => void): void {
    this.#callOf = "bot-left";
    callback();
    this.#callOf = "app";
  }
}
