import type { Conversation } from "./conversation.js";

/** What the link is told. */
export interface PlannedReconnectPorts {
  /** Whether somebody speaks: no moment to change the connection. */
  busy(isBusy: boolean): void;
  /** The connection is to be changed within so many ms. */
  expiring(withinMs: number): void;
}

/** How long a change that nobody hurries may wait for a moment when nobody speaks, in ms. */
const UNHURRIED = 30_000;

/** Tells the link when to change the connection: because the service will end it, or because of what it cannot change. */
export class PlannedReconnect {
  #isBusy = false;
  #endsAt: number | undefined;
  #isRenewing = false;

  constructor(private readonly ports: PlannedReconnectPorts) {}

  /** A new connection: nothing has been told of it. */
  opened(): void {
    this.#isBusy = false;
    this.#endsAt = undefined;
    this.#isRenewing = false;
  }

  /** Something may have happened in the conversation. */
  look({ busy, lifetime }: Pick<Conversation, "busy" | "lifetime">): void {
    if (busy !== this.#isBusy) this.ports.busy(busy);
    this.#isBusy = busy;
    const left = lifetime.expiresInMs;
    if (left !== undefined && lifetime.endsAt !== this.#endsAt) this.ports.expiring(left);
    this.#endsAt = lifetime.endsAt;
  }

  /** What cannot change while connected is to change with the connection. Told once a connection. */
  renew({ lifetime }: Pick<Conversation, "lifetime">): void {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    this.ports.expiring(Math.min(UNHURRIED, lifetime.expiresInMs ?? UNHURRIED));
  }
}
