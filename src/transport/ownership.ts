import type { PipecatClientOptions, RTVIEventCallbacks, RTVIMessage } from "@pipecat-ai/client-js";
import { AlreadyConnectedError } from "../errors.js";
import type { Logger } from "../log.js";
import type { MediaManager } from "../media/media-manager.js";
import type { Uplink } from "../pipes/uplink.js";
import { OCCUPIED } from "./refusals.js";
import { feed } from "./uplink-of.js";

/** A client that has the transport, or wants it. */
export interface ClientOfTransport {
  readonly options: PipecatClientOptions;
  readonly handler: (message: RTVIMessage) => void;
  /** It has the transport now; with options whose callbacks do not throw. */
  readonly adopted: (options: PipecatClientOptions) => void;
}

/** What another has, and what the one without it is told. */
export interface Occupied {
  readonly what: keyof typeof OCCUPIED;
  readonly error: Error;
}

/** What ownership needs of its transport. */
export interface OwnershipPorts {
  readonly manager: MediaManager;
  readonly logger: Logger;
  /** Whether the app is on its way to a session, has one, or holds a device. */
  readonly isBusy: () => boolean;
  /** A client has the transport: calls go to it from now on. */
  readonly adopt: (client: ClientOfTransport, isFirst: boolean) => void;
  /** What the manager's microphone feeds. */
  readonly uplink: Uplink;
  /** The app's callbacks, for the manager. */
  readonly callbacks: () => RTVIEventCallbacks;
}

/** Whose manager it is. One serves one transport at a time. */
const owners = new WeakMap<MediaManager, Ownership>();

/**
 * Whose a transport is, and whether its media manager is its own: the newest client has the transport, and the transport that was
 * used last has the manager, unless the one before is busy with it. React's StrictMode makes two clients.
 */
export class Ownership {
  #client: ClientOfTransport | undefined;
  /** Waits until the client that has the transport is done with it. */
  #next: ClientOfTransport | undefined;

  constructor(private readonly ports: OwnershipPorts) {}

  /** Whether a client waits that may not use the transport yet. */
  get isContested(): boolean {
    return this.#next !== undefined;
  }

  /** A client wants the transport: it has it at once, or when the client before is done with it. */
  take(client: ClientOfTransport): void {
    const { logger, isBusy } = this.ports;
    if (this.#client !== undefined && isBusy()) {
      logger.warn(OCCUPIED.transport);
      this.#next = client;
      return;
    }
    if (this.#client !== undefined)
      logger.warn("The transport has a new PipecatClient; the one before hears no more of it.");
    this.#adopt(client);
  }

  /** Nothing is in use any more: a client that waits has its turn. */
  release(): void {
    const next = this.#next;
    if (next === undefined || this.ports.isBusy()) return;
    this.#next = undefined;
    this.ports.logger.warn("The transport is free: the PipecatClient that waited for it has it now.");
    this.#adopt(next);
  }

  /** Why a call that begins something, or goes on with it, cannot have the transport and the manager; undefined if it can. */
  occupied(call: "begins" | "continues"): Occupied | undefined {
    if (call === "begins" && this.isContested) return occupied("transport");
    return this.#claimManager() ? undefined : occupied("manager");
  }

  #adopt(client: ClientOfTransport): void {
    const isFirst = this.#client === undefined;
    this.#client = client;
    this.ports.adopt(client, isFirst);
    const hadManager = owners.get(this.ports.manager) === this;
    if (this.#claimManager() && hadManager) this.#bind(!isFirst);
  }

  /** The manager's microphone feeds this transport, and its callbacks are the client's. @param overrides It had others before. */
  #bind(overrides: boolean): void {
    const { manager, uplink, callbacks } = this.ports;
    feed(uplink, manager);
    const options = this.#client?.options;
    if (options !== undefined) manager.setClientOptions({ ...options, callbacks: callbacks() }, overrides);
  }

  /** Whether the manager is this transport's. */
  #claimManager(): boolean {
    const { manager, logger } = this.ports;
    const before = owners.get(manager);
    if (before === this) return true;
    if (before?.ports.isBusy() === true) return false;
    owners.set(manager, this);
    if (before !== undefined)
      logger.warn("The MediaManager serves another transport now: give each a manager of its own.");
    this.#bind(before !== undefined);
    return true;
  }
}

function occupied(what: keyof typeof OCCUPIED): Occupied {
  return { what, error: new AlreadyConnectedError(OCCUPIED[what]) };
}
